import assert from 'node:assert/strict';
import { smallestSplitWithin, splitActivations } from '../../program/activation-split.ts';
import { integer, seed, uniform } from './random.ts';

/** The smallest largest sum over every split into exactly `groups` groups. */
function enumerated(bytes: readonly number[], groups: number): number {
  if (groups === 1) return bytes.reduce((sum, value) => sum + value, 0);
  let best = Number.POSITIVE_INFINITY;
  for (let end = 1; end <= bytes.length - groups + 1; end++) {
    const first = bytes.slice(0, end).reduce((sum, value) => sum + value, 0);
    best = Math.min(best, Math.max(first, enumerated(bytes.slice(end), groups - 1)));
  }
  return best;
}

describe('splitActivations', () => {
  it('equals enumeration on random chains, zeros among them', () => {
    const random = uniform(seed);
    for (let trial = 0; trial < 300; trial++) {
      const layers = integer(random, 1, 9);
      const bytes = Array.from({ length: layers }, () => (random() < 0.3 ? 0 : Math.floor(random() ** 3 * 1000)));
      const groups = integer(random, 1, layers);
      const what = `seed ${seed}, ${JSON.stringify(bytes)} in ${groups}`;
      const { boundaries, largestSum } = splitActivations(bytes, groups);
      assert.equal(largestSum, enumerated(bytes, groups), what);
      assert.equal(new Set([0, ...boundaries, layers]).size, groups + 1, what);
      assert.deepEqual(
        [...boundaries],
        [...boundaries].sort((a, b) => a - b),
        what,
      );

      const budget = Math.floor(random() * 1500);
      const fewest = bytes.findIndex((_, index) => enumerated(bytes, index + 1) <= budget);
      const within = smallestSplitWithin(bytes, budget);
      assert.equal(within ? within.boundaries.length : -1, fewest, `${what}, budget ${budget}`);
    }
  });

  it('handles hundreds of layers, each its own group', () => {
    const bytes = Array.from({ length: 800 }, (_, index) => (index * 7919) % 1009);
    assert.equal(splitActivations(bytes, 800).largestSum, Math.max(...bytes));
  });

  it('refuses more groups than layers, and bytes that are none', () => {
    assert.throws(() => splitActivations([1, 2], 3), { code: 'INVALID_SPLIT', message: /2 layers .* 3 groups/ });
    assert.throws(() => splitActivations([1, -2], 1), { code: 'INVALID_SPLIT', message: /layer 1 has -2/ });
    assert.throws(() => smallestSplitWithin([Number.NaN], 1), { code: 'INVALID_SPLIT' });
  });

  it('a budget below the largest layer has no split', () => {
    assert.equal(smallestSplitWithin([3, 9, 3], 8), null);
    assert.deepEqual(smallestSplitWithin([3, 9, 3], 9), { boundaries: [1, 2], largestSum: 9 });
  });
});
