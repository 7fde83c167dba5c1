/** Fine-tuning on few labelled images, 1 % or 10 % of each class (App. F.2, Table 18). */
import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { messageOf } from '../../errors.ts';
import type { Labels, Split } from '../datasets/dataset.ts';
import { EvaluationError } from '../errors.ts';
import { LOW_SHOT, type Recipe, recipeSchema } from '../fine-tune/recipe.ts';
import { listedImages, shareOfEachClass, subsetOf } from '../fine-tune/subset.ts';
import { trainAndTest } from '../fine-tune/train-and-test.ts';
import { requireEveryClass, requireSeveralClasses } from '../labels.ts';
import type { Protocol } from './protocol.ts';

export type LowShotOptions = Recipe & {
  /** Of each class; with `list`, what the list is called. */
  readonly share: number;
  /** A file with the name of an image on each line: those, and not a share drawn by the seed. */
  readonly list: string | null;
};

const options: z.ZodType<LowShotOptions> = recipeSchema
  .partial()
  .extend({ share: z.number().gt(0).lte(1).default(0.01), list: z.string().min(1).nullable().default(null) })
  .transform((given) => ({ ...LOW_SHOT, ...given }) as LowShotOptions);

export const lowShotProtocol: Protocol<LowShotOptions> = {
  name: 'low-shot',
  description: 'a linear classifier and the whole network, trained together on few images',
  source: 'App. F.2, Table 18',
  options,
  paths: ['list'],
  splits: ['train', 'test'],
  layers: () => [],
  check(_options, splits, data) {
    const train = splits.get('train')!;
    if (train.labels.kind !== 'classes') {
      const message = `Images of ${data.name} have any number of classes, and a share of each class is drawn where they have one.`;
      throw new EvaluationError('LABELS_UNSUITABLE', message);
    }
    requireEveryClass(train, 'train', data);
    requireSeveralClasses(splits.get('test')!, 'test', data);
  },
  async run({ share, list, ...recipe }, bench) {
    const train = await bench.split('train');
    const { classes } = train.labels as Extract<Labels, { kind: 'classes' }>;
    const chosen = list === null ? shareOfEachClass(classes, share, recipe.seed) : await listed(train, list);
    requireSameClasses(classes, chosen);
    return trainAndTest(bench, recipe, subsetOf(train, chosen, bench.data.classes.length));
  },
};

async function listed(train: Split, list: string): Promise<number[]> {
  const text = await readFile(list, 'utf8').catch((cause: unknown) => {
    throw new EvaluationError('BAD_IMAGE_LIST', `${list} cannot be read: ${messageOf(cause)}`, { cause });
  });
  return listedImages(train, text, list);
}

/** A class without an image cannot be learned. */
function requireSameClasses(classes: Int32Array, chosen: readonly number[]): void {
  const left = new Set(chosen.map((image) => classes[image]));
  const missing = [...new Set(classes)].filter((label) => !left.has(label)).length;
  if (missing === 0) return;
  throw new EvaluationError(
    'BAD_IMAGE_LIST',
    `The list has no image of ${missing} classes; take the list that belongs to this data.`,
  );
}
