/** Confidence intervals by the bootstrap: how a figure varies over samples, as large as the data, drawn from it with replacement. */
import { seededRandom } from '../data/random.ts';
import { wilsonInterval } from './confidence.ts';
import { EvaluationError } from './errors.ts';

export interface Interval {
  /** Of the data themselves. */
  readonly value: number;
  /** Percentiles 2.5 and 97.5 of the samples. */
  readonly low: number;
  readonly high: number;
}

export interface BootstrapOptions {
  /** @default 1000 */
  readonly samples?: number;
  /** @default 0 */
  readonly seed?: number;
}

/**
 * Of the mean of one value for each row. Where all rows are hits, or none is, samples cannot differ, which says nothing of how sure
 * that is: the interval is then Wilson's.
 * @throws EvaluationError TOO_FEW_ROWS
 */
export function bootstrapMean(values: ArrayLike<number>, options: BootstrapOptions = {}): Interval {
  const { length } = values;
  const all = Float64Array.from(values);
  const mean = all.reduce((sum, value) => sum + value, 0) / length;
  if (length > 0 && (all.every((value) => value === 0) || all.every((value) => value === 1))) {
    return wilsonInterval(mean * length, length);
  }
  return interval(length, mean, options, (draw) => {
    let sum = 0;
    for (let i = 0; i < length; i++) sum += all[draw(length)]!;
    return sum / length;
  });
}

/**
 * Of the mean of one value for each row, where rows of a group, such as queries made from one photo, are not independent: whole
 * groups are drawn.
 * @param groups (rows), what each row's group is called
 * @throws EvaluationError TOO_FEW_ROWS
 */
export function bootstrapMeanOfGroups(
  values: ArrayLike<number>,
  groups: readonly number[],
  options: BootstrapOptions = {},
): Interval {
  const totals = new Map<number, { sum: number; rows: number }>();
  for (const [row, group] of groups.entries()) {
    const { sum, rows } = totals.get(group) ?? { sum: 0, rows: 0 };
    totals.set(group, { sum: sum + values[row]!, rows: rows + 1 });
  }
  const all = [...totals.values()];
  const mean = (counts: Uint16Array) => {
    let [sum, rows] = [0, 0];
    for (const [index, group] of all.entries()) {
      sum += counts[index]! * group.sum;
      rows += counts[index]! * group.rows;
    }
    return sum / rows;
  };
  return bootstrap(all.length, mean, options);
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
  return interval(rows, statistic(new Uint16Array(rows).fill(1)), options, (draw) => {
    counts.fill(0);
    for (let i = 0; i < rows; i++) counts[draw(rows)]!++;
    return statistic(counts);
  });
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
