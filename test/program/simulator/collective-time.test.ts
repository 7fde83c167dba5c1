/** Times of collectives, worked out by hand. */
import assert from 'node:assert/strict';
import { collectiveBytes, collectiveSeconds } from '../../../program/simulator/collective-time.ts';
import { roundDevice } from './round-device.ts';

function near(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-12 + 1e-9 * expected, `${actual} instead of ${expected}`);
}

describe('time of collectives', () => {
  it('of one rank, or of nothing, is none', () => {
    assert.equal(collectiveSeconds(roundDevice, 'allReduce', 1e6, { ranks: 1, perHost: 4 }), 0);
    assert.equal(collectiveSeconds(roundDevice, 'allGather', 0, { ranks: 4, perHost: 4 }), 0);
  });

  it('on one host is a start, a hop for every other rank, and what each rank lacks over its link', () => {
    const seconds = collectiveSeconds(roundDevice, 'allGather', 4e6, { ranks: 4, perHost: 4 });
    near(seconds, 1e-5 + 3 * 1e-4 + 3e6 / 1e9);
  });

  it('over hosts goes as quickly as the narrower of link and network', () => {
    const group = { ranks: 8, perHost: 4 };
    // 7 MB over the link take 7 ms; the half of 8 MB over the network takes 40 ms.
    near(collectiveSeconds(roundDevice, 'reduceScatter', 8e6, group), 1e-5 + 6 * 1e-4 + 3e-4 + 4e6 / 1e8);
    const wide = { ...roundDevice, network: { bytesPerSecond: 1e10 } };
    near(collectiveSeconds(wide, 'reduceScatter', 8e6, group), 1e-5 + 6 * 1e-4 + 3e-4 + 7e6 / 1e9);
  });

  it('shares the network among the groups of a host', () => {
    const alone = collectiveSeconds(roundDevice, 'allReduce', 1e6, { ranks: 8, perHost: 1 });
    const four = collectiveSeconds(roundDevice, 'allReduce', 1e6, { ranks: 8, perHost: 1, groupsPerHost: 4 });
    near(four - alone, (2 * 3 * 1e6 * 7) / 8 / 1e8);
  });

  it('of a small sum goes up and down a tree, of a small ring by quicker hops', () => {
    const many = { ranks: 64, perHost: 4 };
    const bytes = 640;
    // 16 hosts: four levels of the network, three ranks on a host.
    near(
      collectiveSeconds(roundDevice, 'allReduce', bytes, many),
      1e-5 + 2 * (3 * 2e-6 + 4 * 4e-6) + (2 * (bytes * 15)) / 16 / 1e8,
    );
    near(
      collectiveSeconds(roundDevice, 'allGather', bytes, { ranks: 4, perHost: 4 }),
      1e-5 + 3 * 1e-4 + (bytes * 3) / 4 / 1e9,
    );
    near(collectiveSeconds(roundDevice, 'allGather', 400, { ranks: 4, perHost: 4 }), 1e-5 + 3 * 1e-6 + 300 / 1e9);
  });

  it('bytes on the wire: a gather moves what a rank lacks, a sum twice as much', () => {
    assert.equal(collectiveBytes('allGather', 800, 8), 700);
    assert.equal(collectiveBytes('reduceScatter', 800, 8), 700);
    assert.equal(collectiveBytes('allReduce', 800, 8), 1400);
    assert.equal(collectiveBytes('allReduce', 800, 1), 0);
  });
});
