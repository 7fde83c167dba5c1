import assert from 'node:assert/strict';
import { describeCosts, RanksCost } from '../../../training/run/costs.ts';

describe('cost of several ranks', () => {
  it('is a mean over the time, so that a long step counts for more', () => {
    const cost = new RanksCost();
    assert.equal(cost.summary(), undefined, 'nothing is known before the first step');
    cost.add({ count: 2, waitingShare: 0.1, hiddenShare: 1, overheadShare: 0.02 }, 3);
    cost.add({ count: 2, waitingShare: 0.5, hiddenShare: 0.6, overheadShare: 0.06 }, 1);
    for (const seconds of [0.1, 0.3]) cost.copied(seconds); // each rank tells of its own copy
    const summary = cost.summary()!;
    const close = (actual: number, expected: number) => assert.ok(Math.abs(actual - expected) < 1e-12, `${actual}`);
    assert.equal(summary.count, 2);
    close(summary.waitingShare, 0.2);
    close(summary.hiddenShare, 0.9);
    close(summary.overheadShare, 0.03);
    close(cost.copyingShare!, 0.05);
    assert.deepEqual(describeCosts({}), []);
    const lines = describeCosts({ copyingShare: cost.copyingShare, ranks: summary });
    assert.equal(lines[0], 'Steps waited 5.0 % of the time for checkpoints.');
    assert.match(lines[1]!, /^2 ranks: 90\.0 % of the communication was hidden .* 3\.0 % into actors\.$/);
  });
});
