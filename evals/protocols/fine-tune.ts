/**
 * Full fine-tuning of any dataset, by the recipe for ImageNet (Sec. 4.2.2), those for fine-grained recognition (Sec. 4.2.3), or the one that
 * comes before indicators of fairness (Sec. 4.1.2 and 4.1.3).
 */
import * as z from 'zod';
import {
  IMAGENET,
  IMAGENET_22K_SUBSET,
  INATURALIST18,
  IWILDCAM,
  type Recipe,
  recipeSchema,
} from '../fine-tune/recipe.ts';
import { trainAndTest } from '../fine-tune/train-and-test.ts';
import { requireEveryClass, requireSeveralClasses } from '../labels.ts';
import type { Protocol } from './protocol.ts';

const RECIPES = {
  imagenet: IMAGENET,
  inaturalist18: INATURALIST18,
  iwildcam: IWILDCAM,
  'imagenet-22k-subset': IMAGENET_22K_SUBSET,
};

export type FineTuneOptions = Recipe & { readonly recipe: keyof typeof RECIPES };

const options: z.ZodType<FineTuneOptions> = recipeSchema
  .partial()
  .extend({ recipe: z.enum(['imagenet', 'inaturalist18', 'iwildcam', 'imagenet-22k-subset']).default('imagenet') })
  .transform((given) => ({ ...RECIPES[given.recipe], ...given }) as FineTuneOptions);

export const fineTuneProtocol: Protocol<FineTuneOptions> = {
  name: 'fine-tune',
  description: 'a linear classifier and the whole network, trained together',
  source: 'Sec. 4.2.2 and 4.2.3, Table 9',
  options,
  splits: ['train', 'test'],
  layers: () => [],
  check(_options, splits, data) {
    requireEveryClass(splits.get('train')!, 'train', data);
    requireSeveralClasses(splits.get('test')!, 'test', data);
  },
  async run({ recipe: _, ...recipe }, bench) {
    return trainAndTest(bench, recipe, await bench.split('train'));
  },
};
