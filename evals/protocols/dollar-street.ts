/**
 * Things in homes all over the world, the paper's third indicator of fairness (Sec. 4.1.3, Table 5, Figure 5): "We measure performance by
 * computing the top-5 accuracy. For analysing fairness, we follow [51] and aggregate the model predictions by household and split per
 * income level and per region."
 *
 * The checkpoint was fine-tuned on a subset of ImageNet-22K. A photo is right where one of the five classes stands for its label. A group's
 * figure is the mean over its households, of the mean over a household's photos. Nothing is trained.
 */
import path from 'node:path';
import * as z from 'zod';
import { writeFileAtomically } from '../../checkpoints/atomic-file.ts';
import { aliasesIn } from '../classifiers/aliases.ts';
import type { Attributes } from '../datasets/attributes.ts';
import type { Labels } from '../datasets/dataset.ts';
import { EvaluationError } from '../errors.ts';
import { type Concepts, matchConcepts } from '../fairness/concepts.ts';
import type { Scores } from '../fairness/group-figures.ts';
import { allFigures, checkGroups, type GroupingOptions, groupingOptions } from '../fairness/options.ts';
import { type ClassifyOptions, type TopLabels, topLabels, writeLabels } from '../fairness/top-labels.ts';
import { requireClassifier } from '../fine-tune/require-classifier.ts';
import type { Outcome, Protocol, Workbench } from './protocol.ts';

export interface DollarStreetOptions extends GroupingOptions, ClassifyOptions {
  /** Labels of an image that are looked at. */
  readonly labels: number;
  /** JSON file: for classes of the test set, the names of the network's classes that are right. @default what the dataset says */
  readonly aliases: string | null;
}

/** In the folder of results. */
const FILES = { labels: 'labels.json', households: 'households.json', map: 'countries.svg' };

const COUNTRY = 'country';

const options: z.ZodType<DollarStreetOptions> = z.strictObject({
  size: z.int().min(8).default(224),
  batchSize: z.int().min(1).default(32),
  precision: z.enum(['auto', 'fp32', 'bf16']).default('auto'),
  labels: z.int().min(1).default(5),
  aliases: z.string().min(1).nullable().default(null),
  ...groupingOptions([['income'], ['region'], [COUNTRY]]),
});

export const dollarStreet: Protocol<DollarStreetOptions> = {
  name: 'dollar-street',
  description: 'whether a fine-tuned network knows the things of poor homes and of every country as well',
  source: 'Sec. 4.1.3, Table 5 and Figure 5',
  options,
  paths: { aliases: 'file' },
  splits: ['test'],
  layers: () => [],
  check(chosen, splits, data) {
    const test = splits.get('test')!;
    checkGroups(test, chosen, data);
    if (test.labels.kind === 'classes') return;
    throw new EvaluationError(
      'LABELS_UNSUITABLE',
      `Images of ${data.name} have several classes each; here each shows one thing.`,
    );
  },
  run,
};

async function run(chosen: DollarStreetOptions, bench: Workbench): Promise<Outcome> {
  const { data, out } = bench;
  const { classes } = requireClassifier(bench.model);
  const { images, labels, attributes } = await bench.split('test');
  const aliases = chosen.aliases === null ? data.aliases : await aliasesIn(chosen.aliases);
  const concepts = matchConcepts(classes, data.classes, aliases);
  const top = await topLabels(bench, chosen, chosen.labels);
  await writeLabels(out, FILES.labels, classes, images, top);
  const values = hitsOf(top, concepts, labels);
  if (values.every(Number.isNaN)) {
    const message = `No photo of ${data.name} shows what a class of the network stands for; nothing can be said.`;
    throw new EvaluationError('CLASSES_DIFFER', message);
  }
  const known = data.classes.length - concepts.unknown.length;
  const name = `top${chosen.labels}`;
  const of: NonNullable<Scores['of']> =
    known < data.classes.length ? { classes: `${known} of ${data.classes.length}` } : {};
  const { metrics, groups } = allFigures([{ name, values, of }], top.images, attributes!, chosen, 'units');
  await write(path.join(out, FILES.households), JSON.stringify(householdsOf(values, top.images, attributes!), null, 1));
  const { map, ...files } = FILES;
  const sizes = groups.find(({ attribute }) => attribute === COUNTRY);
  if (!sizes) return { metrics, groups, files };
  const { countriesOf, worldMap } = await import('../report/world-map.ts');
  await write(path.join(out, map), worldMap(countriesOf(metrics, name, sizes)));
  return { metrics, groups, files: { ...files, map } };
}

/** 1 where one of a photo's labels is right; NaN where the network has no class that could be. */
function hitsOf({ images, perImage, labels: given }: TopLabels, { rightFor }: Concepts, labels: Labels): Float64Array {
  if (labels.kind !== 'classes') throw new TypeError('labels were checked');
  return Float64Array.from(images, (image, row) => {
    const right = rightFor[labels.classes[image]!]!;
    if (right.size === 0) return Number.NaN;
    return Number(given.subarray(row * perImage, (row + 1) * perImage).some((label) => right.has(label)));
  });
}

/** Of each household its share of photos that are right, and whatever is known of it. */
function householdsOf(hits: Float64Array, images: Int32Array, { unit, units, values }: Attributes) {
  const households = new Map<string, { images: number; right: number; image: number }>();
  for (const [row, image] of images.entries()) {
    if (Number.isNaN(hits[row]!)) continue;
    const { images: number, right } = households.get(units[image]!) ?? { images: 0, right: 0 };
    households.set(units[image]!, { images: number + 1, right: right + hits[row]!, image });
  }
  const list = [...households].map(([name, { images, right, image }]) => ({
    [unit]: name,
    ...Object.fromEntries(Object.entries(values).map(([attribute, column]) => [attribute, column[image]])),
    images,
    share: right / images,
  }));
  return { formatVersion: 1, households: list };
}

async function write(file: string, text: string): Promise<void> {
  await writeFileAtomically(file, (handle) => handle.writeFile(`${text}\n`));
}
