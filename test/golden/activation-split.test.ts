import assert from 'node:assert/strict';
import { smallestSplitWithin, splitActivations } from '../../program/activation-split.ts';
import { loadFixture } from './fixture.ts';

interface Case {
  kind: string;
  m: number[];
  K: number;
  minimal_largest_sum: number;
  budget: number;
  smallest_K_within_budget: number | null | 'not computed';
}

const { cases } = loadFixture<unknown, { cases: Case[] }>('activation_split').scalars;

describe('golden: activation_split', () => {
  assert.ok(cases.length > 0);
  for (const [index, { kind, m, K, minimal_largest_sum: expected, budget, ...rest }] of cases.entries()) {
    it(`case ${index}: ${kind}, ${m.length} layers, ${K} groups`, () => {
      const { boundaries, largestSum } = splitActivations(m, K);
      assert.equal(largestSum, expected);
      assert.equal(boundaries.length, K - 1);
      const starts = [0, ...boundaries];
      const sums = starts.map((start, group) =>
        m.slice(start, boundaries[group]).reduce((sum, value) => sum + value, 0),
      );
      assert.ok(
        starts.every((start, group) => start < (boundaries[group] ?? m.length)),
        'every group has a layer',
      );
      assert.equal(Math.max(...sums), expected);
    });

    const smallest = rest.smallest_K_within_budget;
    if (smallest === 'not computed') continue;
    it(`case ${index}: the fewest groups within the budget are ${smallest}`, () => {
      const split = smallestSplitWithin(m, budget);
      assert.equal(split ? split.boundaries.length + 1 : null, smallest);
      if (split) assert.ok(split.largestSum <= budget);
    });
  }
});
