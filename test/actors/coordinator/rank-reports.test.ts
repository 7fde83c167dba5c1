import assert from 'node:assert/strict';
import { mergeReports } from '../../../actors/coordinator/rank-reports.ts';
import { differenceOf, fingerprintOf } from '../../../actors/data-fingerprint.ts';
import type { RankReport, StepTimes } from '../../../actors/world.ts';
import type { ImageCollection } from '../../../data/source.ts';

function report(names: string[], digest: string, times: Partial<StepTimes>): RankReport {
  return {
    ...{ step: 5, start: [32], position: [41], loss: 2, applied: true, skipped: [], alarms: [] },
    prototypeUse: Float32Array.of(3, 1),
    norms: Float32Array.of(1, 2),
    ratios: Float32Array.of(1, 2),
    names,
    digest,
    times: {
      seconds: 2,
      waitingForData: 0,
      running: 1.9,
      waitingForRanks: 0,
      communicating: 0.5,
      exposed: 0,
      ...times,
    },
  };
}

describe('reports of ranks', () => {
  const merged = mergeReports([
    report(['a', 'b'], 'one', { waitingForRanks: 0.4, exposed: 0.1 }),
    report(['c', 'd'], 'two', { seconds: 2.2, running: 2, waitingForData: 0.1, exposed: 0.1 }),
  ]);

  it('become one: images and digests in rank order, the time of the slowest', () => {
    assert.deepEqual(merged.names, ['a', 'b', 'c', 'd']);
    assert.deepEqual(merged.digests, ['one', 'two']);
    assert.equal(merged.seconds, 2.2);
    assert.equal(merged.secondsWaitedForData, 0.1);
    assert.equal(merged.loss, 2);
  });

  it('say what being several cost', () => {
    const { count, waitingShare, hiddenShare, overheadShare } = merged.ranks!;
    assert.equal(count, 2);
    assert.ok(Math.abs(waitingShare - 0.4 / 4.2) < 1e-12);
    assert.ok(Math.abs(hiddenShare - 0.8) < 1e-12);
    assert.ok(Math.abs(overheadShare - 0.2 / 4.2) < 1e-12);
  });
});

describe('fingerprint of the data', () => {
  const source = (...names: string[]): ImageCollection => ({
    root: '/photos',
    passedOver: { count: 0, first: [] },
    length: names.length,
    name: (index) => names[index]!,
    read: async () => new Uint8Array(),
  });

  it('tells sources of other images apart, and says how they differ', async () => {
    const one = await fingerprintOf(source('a', 'b'));
    assert.equal(differenceOf(await fingerprintOf(source('a', 'b')), one), undefined);
    assert.match(differenceOf(await fingerprintOf(source('a')), one)!, /1 images, where the others see 2/);
    assert.match(differenceOf(await fingerprintOf(source('a', 'c')), one)!, /other names/);
    assert.notEqual(differenceOf(await fingerprintOf(source('ab', '')), one), undefined);
    const topic = { ...source(), length: Number.POSITIVE_INFINITY, identity: 'x' };
    assert.deepEqual(await fingerprintOf(topic), { images: null, names: 'x' });
  });
});
