/**
 * How far apart the groups of an attribute are: the difference and the ratio of the highest and the lowest, with intervals.
 *
 * Of several groups that are alike, the highest and the lowest of a sample differ by chance alone, and an interval of those two as if
 * they had been chosen beforehand would say so too seldom. So intervals hold for all pairs of groups at once (single-step maximum of
 * studentised deviations, Westfall and Young 1993), and the pair that was looked up is one of them.
 */
import type { Interval } from '../intervals/bootstrap.ts';

export interface Disparity {
  /** Numbers of the two groups. */
  readonly highest: number;
  readonly lowest: number;
  /** Highest minus lowest. */
  readonly difference: Interval;
  /** Lowest by highest; undefined where the highest is 0. */
  readonly ratio: Interval | undefined;
}

const CONFIDENCE = 0.95;
/** Its normal quantile, of one pair alone: no interval is narrower than that. */
const SINGLE = 1.959963984540054;

export interface GroupMeans {
  /** Of each group, from 0 to 1. */
  readonly values: readonly number[];
  /** (samples, groups) of the bootstrap, NaN where a sample has none of a group. */
  readonly samples: Float64Array;
  /** Of each group, what is to be added to the variance of its samples: those of a group in which all are alike do not differ. */
  readonly hiddenVariances: readonly number[];
}

/** @param among groups that are compared, two at least */
export function disparity(means: GroupMeans, among: readonly number[]): Disparity {
  const { values } = means;
  const [lowest, highest] = extremes(values, among);
  const pairs = among.flatMap((one, i) => among.slice(i + 1).map((other) => extremes(values, [one, other])));
  const difference = simultaneous(means, pairs, [lowest, highest], {
    of: (high, low) => high - low,
    slopes: () => [1, 1],
  });
  const divisible = pairs.filter(([, high]) => values[high]! > 0);
  const ratio =
    values[highest]! > 0
      ? simultaneous(means, divisible, [lowest, highest], {
          of: (high, low) => low / high,
          slopes: (high, low) => [low / high ** 2, 1 / high],
        })
      : undefined;
  return {
    highest,
    lowest,
    difference: { ...difference, low: Math.max(-1, difference.low), high: Math.min(1, difference.high) },
    ratio: ratio && { ...ratio, low: Math.max(0, ratio.low) },
  };
}

type Pair = readonly [lowest: number, highest: number];

/** Of equal groups the first is the highest, and the last the lowest. */
function extremes(values: readonly number[], among: readonly number[]): Pair {
  let [lowest, highest] = [among.at(-1)!, among[0]!];
  for (const group of among) if (values[group]! > values[highest]!) highest = group;
  for (const group of [...among].reverse()) if (values[group]! < values[lowest]!) lowest = group;
  return [lowest, highest];
}

interface Comparison {
  readonly of: (high: number, low: number) => number;
  /** How much it changes with each of the two, without sign. */
  readonly slopes: (high: number, low: number) => readonly [number, number];
}

/** An interval of one pair that holds for all of them at once. */
function simultaneous(
  { values, samples, hiddenVariances }: GroupMeans,
  pairs: readonly Pair[],
  [lowest, highest]: Pair,
  comparison: Comparison,
): Interval {
  const numSamples = samples.length / values.length;
  const largest = new Float64Array(numSamples);
  let deviation = 0;
  for (const [low, high] of pairs) {
    const own = comparison.of(values[high]!, values[low]!);
    const drawn = Float64Array.from({ length: numSamples }, (_, sample) => {
      const at = sample * values.length;
      return comparison.of(samples[at + high]!, samples[at + low]!) - own;
    });
    const [ofHigh, ofLow] = comparison.slopes(values[high]!, values[low]!);
    const hidden = ofHigh ** 2 * hiddenVariances[high]! + ofLow ** 2 * hiddenVariances[low]!;
    const spread = Math.sqrt(spreadOf(drawn) ** 2 + hidden);
    if (low === lowest && high === highest) deviation = spread;
    if (spread === 0) continue;
    for (const [sample, each] of drawn.entries()) {
      if (Number.isFinite(each)) largest[sample] = Math.max(largest[sample]!, Math.abs(each) / spread);
    }
  }
  const value = comparison.of(values[highest]!, values[lowest]!);
  const half = Math.max(SINGLE, quantile(largest.sort(), CONFIDENCE)) * deviation;
  return { value, low: value - half, high: value + half };
}

/** Root mean square of what is finite, which is the standard deviation of a bootstrap about the figure of the data. */
function spreadOf(deviations: Float64Array): number {
  const finite = deviations.filter(Number.isFinite);
  return finite.length === 0 ? 0 : Math.sqrt(finite.reduce((sum, each) => sum + each * each, 0) / finite.length);
}

function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0;
}
