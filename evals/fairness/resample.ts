/** Figures of groups in samples of people or households that are drawn with replacement, each with all of its images. */
import { seededRandom } from '../../data/random.ts';

/** What one unit adds to a group's mean. */
export interface Share {
  readonly group: number;
  readonly sum: number;
  readonly count: number;
}

export interface ResampleOptions {
  /** @default 1000 */
  readonly samples?: number;
  /** @default 0 */
  readonly seed?: number;
}

/**
 * @param shares of each unit
 * @returns (samples, groups): the mean of each group, NaN where a sample has none of it
 */
export function resample(
  shares: readonly (readonly Share[])[],
  numGroups: number,
  { samples = 1000, seed = 0 }: ResampleOptions = {},
): Float64Array {
  const { integer } = seededRandom(seed);
  const { first, group, sum, count } = flattened(shares);
  const means = new Float64Array(samples * numGroups);
  const [sums, counts] = [new Float64Array(numGroups), new Float64Array(numGroups)];
  for (let sample = 0; sample < samples; sample++) {
    sums.fill(0);
    counts.fill(0);
    for (let drawn = 0; drawn < shares.length; drawn++) {
      const unit = integer(shares.length);
      for (let share = first[unit]!; share < first[unit + 1]!; share++) {
        sums[group[share]!]! += sum[share]!;
        counts[group[share]!]! += count[share]!;
      }
    }
    // Of no unit of a group: 0 by 0, which is NaN.
    for (let i = 0; i < numGroups; i++) means[sample * numGroups + i] = sums[i]! / counts[i]!;
  }
  return means;
}

/** Shares of all units one after another; those of a unit begin at `first`. */
function flattened(shares: readonly (readonly Share[])[]) {
  const all = shares.flat();
  const first = new Int32Array(shares.length + 1);
  for (const [unit, own] of shares.entries()) first[unit + 1] = first[unit]! + own.length;
  return {
    first,
    group: Int32Array.from(all, ({ group }) => group),
    sum: Float64Array.from(all, ({ sum }) => sum),
    count: Float64Array.from(all, ({ count }) => count),
  };
}
