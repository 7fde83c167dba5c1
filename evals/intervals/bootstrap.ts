/** Confidence intervals by the bootstrap: how a figure varies over samples, as large as the data, drawn from it with replacement. */
import { seededRandom } from '../../data/random.ts';
import { EvaluationError } from '../errors.ts';
import { wilsonInterval } from './confidence.ts';

export interface Interval {
  /** Of the data themselves. */
  readonly value: number;
  /** Percentiles 2.5 and 97.5 of the samples. */
  readonly low: number;
  readonly high: number;
}

export interface BootstrapOptions {
  /**
   * Of each row, where rows of a group are not independent, such as queries made from one photo: whole groups are drawn.
   * @default each row is a group of its own
   */
  readonly groups?: readonly (string | number)[] | undefined;
  /** @default 1000 */
  readonly samples?: number;
  /** @default 0 */
  readonly seed?: number;
}

/**
 * Of the mean of one value for each row. Where all rows are hits, or none is, samples cannot differ, which says nothing of how sure
 * that is: the interval is then Wilson's, of as many trials as there are groups.
 * @throws EvaluationError TOO_FEW_ROWS
 */
export function bootstrapMean(values: ArrayLike<number>, options: BootstrapOptions = {}): Interval {
  const all = Float64Array.from(values);
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
  const { groupOf, numGroups } = numberedGroups(all.length, options.groups);
  if (all.length > 0 && (all.every((value) => value === 0) || all.every((value) => value === 1))) {
    return wilsonInterval(mean * numGroups, numGroups);
  }
  const [sums, rows] = [new Float64Array(numGroups), new Float64Array(numGroups)];
  for (const [row, group] of groupOf.entries()) {
    sums[group]! += all[row]!;
    rows[group]! += 1;
  }
  return interval(numGroups, mean, options, (draw) => {
    let [sum, drawn] = [0, 0];
    for (let i = 0; i < numGroups; i++) {
      const group = draw(numGroups);
      sum += sums[group]!;
      drawn += rows[group]!;
    }
    return sum / drawn;
  });
}

/**
 * Of any figure of rows.
 * @param statistic of a sample that has row i `counts[i]` times; the array is used again. NaN where such a sample has no value
 * @throws EvaluationError TOO_FEW_ROWS
 */
export function bootstrap(
  rows: number,
  statistic: (counts: Uint16Array) => number,
  options: BootstrapOptions = {},
): Interval {
  const counts = new Uint16Array(rows);
  const { groupOf, numGroups } = numberedGroups(rows, options.groups);
  const times = new Uint16Array(numGroups);
  return interval(numGroups, statistic(new Uint16Array(rows).fill(1)), options, (draw) => {
    times.fill(0);
    for (let i = 0; i < numGroups; i++) times[draw(numGroups)]!++;
    for (let row = 0; row < rows; row++) counts[row] = times[groupOf[row]!]!;
    return statistic(counts);
  });
}

/** The number of each row's group, counted in the order of their first rows. */
function numberedGroups(
  rows: number,
  groups: BootstrapOptions['groups'],
): { readonly groupOf: Int32Array; readonly numGroups: number } {
  if (!groups) return { groupOf: Int32Array.from({ length: rows }, (_, row) => row), numGroups: rows };
  const numbers = new Map<string | number, number>();
  const groupOf = Int32Array.from({ length: rows }, (_, row) => {
    const number = numbers.get(groups[row]!) ?? numbers.size;
    numbers.set(groups[row]!, number);
    return number;
  });
  return { groupOf, numGroups: numbers.size };
}

function interval(
  rows: number,
  value: number,
  { samples = 1000, seed = 0 }: BootstrapOptions,
  sample: (draw: (bound: number) => number) => number,
): Interval {
  if (rows === 0)
    throw new EvaluationError('TOO_FEW_ROWS', 'There is nothing to take a mean of; give at least one row.');
  const { integer } = seededRandom(seed);
  const values = Float64Array.from({ length: samples }, () => sample(integer)).filter((each) => !Number.isNaN(each));
  values.sort();
  return { value, low: quantile(values, 0.025), high: quantile(values, 0.975) };
}

/** Between the two nearest of sorted values, in proportion. */
function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const [low, high] = [sorted[below], sorted[Math.min(below + 1, sorted.length - 1)]];
  return low === undefined || high === undefined ? Number.NaN : low + (place - below) * (high - low);
}
