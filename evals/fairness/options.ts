/** Options and checks that protocols of groups share. */
import * as z from 'zod';
import type { Dataset, Split } from '../datasets/dataset.ts';
import { EvaluationError } from '../errors.ts';
import type { GroupSizes, Metric } from '../result.ts';
import { groupFigures, overallFigure, type Scores } from './group-figures.ts';
import { CROSS, type Grouping, groupRows, requireKnownValues } from './groups.ts';
import { KNOWN_VALUES } from './known-values.ts';

export interface GroupingOptions {
  /** By which attributes images are divided, each alone or several crossed. */
  readonly groups: readonly (readonly string[])[];
  /** Images below which a group is not compared with others. */
  readonly minimum: number;
  /** People or households below which it is not, either. */
  readonly minimumUnits: number;
}

/** @param groups their default */
export function groupingOptions(groups: readonly (readonly string[])[]) {
  return {
    groups: z
      .array(z.array(z.string().min(1)).min(1).refine(areDistinct, 'an attribute is crossed with itself'))
      .min(1)
      .refine((given) => areDistinct(given.map((by) => by.join(CROSS))), 'a grouping is given twice')
      .default(groups.map((by) => [...by])),
    minimum: z.int().min(1).default(30),
    minimumUnits: z.int().min(2).default(10),
  };
}

function areDistinct(names: readonly string[]): boolean {
  return new Set(names).size === names.length;
}

/**
 * All that divides the images is there and known.
 * @throws EvaluationError LABELS_UNSUITABLE, LABELS_WRONG
 */
export function checkGroups(
  { images, attributes }: Split,
  { groups }: GroupingOptions,
  { name, folder }: Dataset,
): void {
  if (!attributes) {
    const message = `Nobody has said whom or what the images of ${name} in ${folder} show, and it is never guessed: give the labels as attributes.csv beside the images.`;
    throw new EvaluationError('LABELS_UNSUITABLE', message);
  }
  requireKnownValues(attributes, KNOWN_VALUES, (image) => images.name(image));
  for (const by of groups) {
    const { attribute, groups: found } = groupRows(attributes, [...Array(images.length).keys()], { by });
    if (found.length > 0) continue;
    throw new EvaluationError(
      'LABELS_UNSUITABLE',
      `No image of ${name} has a label for ${attribute}; leave it out of \`groups\`.`,
    );
  }
}

/** @param images the image of each row @param mean of a group's figure, @default 'images' */
export function allFigures(
  scores: readonly Scores[],
  images: ArrayLike<number>,
  attributes: NonNullable<Split['attributes']>,
  { groups, minimum, minimumUnits }: GroupingOptions,
  mean: GroupSizes['mean'] = 'images',
): { metrics: Metric[]; groups: GroupSizes[] } {
  const options = { minimum, minimumUnits, mean };
  const divided = groups.map((by) => groupFigures(scores, images, attributes, groupingBy(by), options));
  return {
    metrics: [
      ...scores.map((each) => overallFigure(each, images, attributes, options)),
      ...divided.flatMap(({ metrics }) => metrics),
    ],
    groups: divided.map(({ sizes }) => sizes),
  };
}

/** In the order of the paper's tables. */
function groupingBy(by: readonly string[]): Grouping {
  const order = by.length === 1 ? KNOWN_VALUES[by[0]!] : undefined;
  return order ? { by, order } : { by };
}
