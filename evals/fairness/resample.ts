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
  const means = new Float64Array(samples * numGroups);
  const [sums, counts] = [new Float64Array(numGroups), new Float64Array(numGroups)];
  for (let sample = 0; sample < samples; sample++) {
    sums.fill(0);
    counts.fill(0);
    for (let drawn = 0; drawn < shares.length; drawn++) {
      for (const { group, sum, count } of shares[integer(shares.length)]!) {
        sums[group]! += sum;
        counts[group]! += count;
      }
    }
    for (let group = 0; group < numGroups; group++) {
      means[sample * numGroups + group] = counts[group]! > 0 ? sums[group]! / counts[group]! : Number.NaN;
    }
  }
  return means;
}
