/**
 * Figures by group, how far groups are apart, and how many images each has: what a result of a fairness protocol consists of.
 *
 *     scores of images ──▶ groups ──▶ a mean of each, over images or over people's means
 *                             └─────▶ samples of people ──▶ intervals, highest and lowest group
 */

import type { Attributes } from '../datasets/attributes.ts';
import { EvaluationError } from '../errors.ts';
import type { Interval } from '../intervals/bootstrap.ts';
import { wilsonInterval } from '../intervals/confidence.ts';
import { tQuantile } from '../intervals/student-t.ts';
import { checkRows } from '../metrics/check-rows.ts';
import type { GroupSize, GroupSizes, Metric } from '../result.ts';
import { disparity } from './disparity.ts';
import { type GroupedRows, type Grouping, groupRows } from './groups.ts';
import { resample, type Share } from './resample.ts';

/** What each image scored, of a measure such as `P@1`. */
export interface Scores {
  readonly name: string;
  /** For each row, from 0 to 1; NaN for an image that has no right answer, the same rows in all measures. */
  readonly values: ArrayLike<number>;
  /** What else the figures are of, such as a layer. */
  readonly of?: NonNullable<Metric['of']>;
}

export interface GroupOptions {
  /** Fewer images are too few for a group to be compared. */
  readonly minimum: number;
  /** So are fewer people or households. */
  readonly minimumUnits: number;
  /** @default 'images' */
  readonly mean?: GroupSizes['mean'];
}

export interface GroupFigures {
  readonly metrics: Metric[];
  readonly sizes: GroupSizes;
}

/** Half the width of an interval, in standard deviations. */
const NORMAL = 1.959963984540054;

/** A grouping of everything into one group, for the figure of all images. */
const ALL: Grouping = { by: [] };

/** The mean over all images that were judged. @param images the image of each row @throws EvaluationError SHAPES_DIFFER, NO_USABLE_IMAGES */
export function overallFigure(
  { name, values, of = {} }: Scores,
  images: ArrayLike<number>,
  attributes: Attributes,
  options: GroupOptions,
): Metric {
  checkRows(values.length, images.length, 'scores');
  const [group] = measure(groupRows(attributes, images, ALL), values, images, attributes, options).groups;
  if (group && group.size.images > 0) return { name, ...group.interval, count: group.size.images, of };
  const message = `Of ${images.length} images that could be used none has a right answer for ${name}; nothing can be said.`;
  throw new EvaluationError('NO_USABLE_IMAGES', message);
}

/**
 * @param images the image of each row
 * @returns the figures of groups, then `NAME difference` and `NAME ratio` of the highest and the lowest that are not too small
 * @throws EvaluationError LABELS_UNSUITABLE, SHAPES_DIFFER
 */
export function groupFigures(
  scores: readonly Scores[],
  images: ArrayLike<number>,
  attributes: Attributes,
  grouping: Grouping,
  options: GroupOptions,
): GroupFigures {
  for (const { values } of scores) checkRows(values.length, images.length, 'scores');
  const grouped = groupRows(attributes, images, grouping);
  const measured = scores.map(({ values }) => measure(grouped, values, images, attributes, options));
  const metrics = scores.flatMap(({ name, of = {} }, i) => metricsOf(name, of, grouped.attribute, measured[i]!));
  const { minimum, minimumUnits, mean = 'images' } = options;
  const groups = measured[0]?.groups.map(({ size }) => size) ?? [];
  const unlabelled = grouped.unlabelled.length;
  const sizes = {
    attribute: grouped.attribute,
    unit: attributes.unit,
    mean,
    minimum,
    minimumUnits,
    groups,
    unlabelled,
  };
  return { metrics, sizes };
}

interface Measured {
  readonly groups: readonly { readonly size: GroupSize; readonly interval: Interval }[];
  /** (samples, groups) */
  readonly samples: Float64Array;
  readonly hiddenVariances: readonly number[];
}

function measure(
  { groups }: GroupedRows,
  values: ArrayLike<number>,
  images: ArrayLike<number>,
  attributes: Attributes,
  { minimum, minimumUnits, mean = 'images' }: GroupOptions,
): Measured {
  const shares = new Map<string, Share[]>();
  const sizes = groups.map(({ name, rows }, group): GroupSize => {
    const judged = rows.filter((row) => !Number.isNaN(values[row]!));
    const byUnit = new Map<string, { sum: number; count: number }>();
    for (const row of judged) {
      const unit = attributes.units[images[row]!]!;
      const total = byUnit.get(unit) ?? { sum: 0, count: 0 };
      byUnit.set(unit, { sum: total.sum + values[row]!, count: total.count + 1 });
    }
    for (const [unit, { sum, count }] of byUnit) {
      const share = mean === 'images' ? { group, sum, count } : { group, sum: sum / count, count: 1 };
      shares.set(unit, [...(shares.get(unit) ?? []), share]);
    }
    const isSmall = judged.length < minimum || byUnit.size < Math.max(2, minimumUnits);
    const status = judged.length === 0 ? 'not judged' : isSmall ? 'too few' : 'enough';
    const unjudged = rows.length - judged.length;
    return { group: name, images: judged.length, units: byUnit.size, unjudged, status };
  });
  const samples = resample([...shares.values()], groups.length);
  const all = [...shares.values()].flat();
  const figures = sizes.map((size, group) => {
    const own = all.filter((share) => share.group === group);
    const total = (of: 'sum' | 'count') => own.reduce((sum, share) => sum + share[of], 0);
    const value = total('sum') / total('count');
    widen(samples, group, groups.length, value, size.units);
    const drawn = column(samples, group, groups.length);
    const interval = intervalOf(value, drawn, size.units);
    const half = Math.max(interval.high - value, value - interval.low);
    const hidden = isConstant(drawn) ? (half / NORMAL) ** 2 : 0;
    return { size, interval, hidden };
  });
  return { groups: figures, samples, hiddenVariances: figures.map(({ hidden }) => hidden) };
}

/** Samples of n units vary by (n - 1) / n of what means of n units do. */
function widen(samples: Float64Array, group: number, numGroups: number, value: number, units: number): void {
  if (units < 2) return;
  const factor = Math.sqrt(units / (units - 1));
  for (let i = group; i < samples.length; i += numGroups) samples[i] = value + factor * (samples[i]! - value);
}

/** All units of a group are alike: all are right, or none, or half of the images of each. */
function isConstant(sorted: Float64Array): boolean {
  return sorted.length > 0 && sorted.at(-1)! - sorted[0]! < 1e-9;
}

function column(samples: Float64Array, group: number, numGroups: number): Float64Array {
  const all = Float64Array.from(
    { length: samples.length / numGroups },
    (_, sample) => samples[sample * numGroups + group]!,
  );
  return all.filter((value) => !Number.isNaN(value)).sort();
}

/**
 * Percentiles 2.5 and 97.5, drawn out as Student's t is against the normal distribution: few units say little of how much units differ.
 * Of a single unit nothing is known of how others would do: anything from 0 to 1. Where all units are alike, samples are too; the interval is
 * then Wilson's, of as many trials as there are units.
 */
function intervalOf(value: number, sorted: Float64Array, units: number): Interval {
  if (units < 2) return { value, low: 0, high: 1 };
  if (isConstant(sorted)) {
    const { low, high } = wilsonInterval(value * units, units);
    return { value, low: Math.min(low, value), high: Math.max(high, value) };
  }
  const factor = tQuantile(units - 1) / NORMAL;
  const at = (share: number) => value + factor * (sorted[Math.round(share * (sorted.length - 1))]! - value);
  return { value, low: Math.max(0, at(0.025)), high: Math.min(1, at(0.975)) };
}

function metricsOf(
  name: string,
  of: NonNullable<Metric['of']>,
  attribute: string,
  { groups, samples, hiddenVariances }: Measured,
): Metric[] {
  const shown = groups.filter(({ size }) => size.status !== 'not judged');
  const figures = shown.map(({ size, interval }): Metric => {
    const few = size.status === 'too few' && { samples: 'too few' };
    return { name, ...interval, count: size.images, of: { ...of, attribute, group: size.group, ...few } };
  });
  const among = [...groups.keys()].filter((group) => groups[group]!.size.status === 'enough');
  if (among.length < 2) return figures;
  const values = groups.map(({ interval }) => interval.value);
  const { highest, lowest, difference, ratio } = disparity({ values, samples, hiddenVariances }, among);
  const [high, low] = [groups[highest]!.size, groups[lowest]!.size];
  const what = {
    count: high.images + low.images,
    of: { ...of, attribute, highest: high.group, lowest: low.group },
  };
  figures.push({ name: `${name} difference`, ...difference, ...what });
  if (ratio) figures.push({ name: `${name} ratio`, ...ratio, ...what });
  return figures;
}
