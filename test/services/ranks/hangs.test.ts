/** Processes that do not end but hang: somebody has to notice. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { temporaryFolder, writePhotos } from '../../training/tiny-training.ts';
import { childrenOf, lossesOf, ranksConfig, runRanked } from './ranks-training.ts';

describe('training on ranks that hang', () => {
  const temporary = temporaryFolder();
  const photos = path.join(temporary.path, 'photos');
  const out = (name: string) => path.join(temporary.path, name);
  let expected: (number | null)[];

  before(async () => {
    await writePhotos(photos, 40);
    await runRanked(ranksConfig(photos, out('whole'), ...settings), { ranks: 2 });
    expected = lossesOf(out('whole'));
  });
  after(() => temporary.remove());

  const settings = ['training.iterations=40', 'checkpoint.everyIterations=10'];

  it('goes on when the coordinator is stopped', async () => {
    const folder = out('stopped');
    let stopped: number | undefined;
    const { events, result } = await runRanked(ranksConfig(photos, folder, ...settings), {
      ranks: 2,
      onEvent(event) {
        if (event.kind !== 'step' || event.step !== 15 || stopped !== undefined) return;
        stopped = JSON.parse(readFileSync(path.join(folder, 'run.lock'), 'utf8')).pid as number;
        process.kill(stopped, 'SIGSTOP');
      },
    });
    assert.equal(result.status, 'finished');
    assert.ok(events.some((event) => event.kind === 'warning' && /coordinator did not answer/.test(event.message)));
    assert.deepEqual(lossesOf(folder), expected);
  });

  it('leaves no process behind', () => {
    assert.deepEqual(childrenOf(process.pid), []);
  });
});
