/** How a classifier of cells is trained, as options of the protocol. */
import * as z from 'zod';
import { FEATURE_LAYERS } from '../../program/encoder.ts';
import { IMAGENET, type Recipe, recipeSchema } from '../fine-tune/recipe.ts';
import type { PartitionRule } from './cells.ts';

/** Largest numbers of images of a cell (Müller-Budack et al., 2018); of MP-16 they give 3,298, 7,202 and 12,893 cells. */
const MAX_IMAGES = { coarse: 5000, middle: 2000, fine: 1000 } as const;
export type PartitionName = keyof typeof MAX_IMAGES;

/**
 * Sec. 5.1: 15 epochs, momentum 0.9, weight decay 1e-4, rate 0.05, less at epochs 8 and 12. "By 0.01" is taken to mean to a tenth, as in all
 * of the paper's recipes and in the reference code, which also has Nesterov's momentum and no decay of scales and shifts.
 */
const FINE_TUNED: Recipe = { ...IMAGENET, learningRate: 0.05, nesterov: true, decayVectors: false };

const common = z.strictObject({
  /** Of the cells whose means are predicted. */
  partition: z.enum(['coarse', 'middle', 'fine']).default('fine'),
  /** Cells of as many images or fewer are left out. */
  minImages: z.int().min(0).default(50),
  /** Cells of more images are divided. @default that of the partition */
  maxImages: z.int().min(1).optional(),
  /** Multiplies a cell's probability by those of the coarser cells that it lies in: a classifier for each partition. */
  hierarchy: z.boolean().default(false),
});

const fineTuned = common.extend({
  classifier: z.literal('fine-tuned'),
  ...recipeSchema.partial().shape,
  /** Where fine-tuned networks are kept, and a finished one is found again. @default in the folder of results */
  folder: z.string().min(1).nullable().default(null),
});

/** The rest is as in the linear probe (Sec. 4.2.5). */
const linear = common.extend({
  classifier: z.literal('linear'),
  /** One classifier for each; maps are averaged over their pixels. */
  layers: z.array(z.enum(FEATURE_LAYERS)).min(1).default(['pool']),
  size: z.int().min(8).max(4096).default(224),
  epochs: z.int().min(1).max(10_000).default(28),
  batchSize: z.int().min(2).max(1_000_000).default(256),
  learningRate: z.number().positive().default(0.01),
  milestones: z.array(z.int().min(0)).default([8, 16, 24]),
  momentum: z.number().min(0).max(1).default(0.9),
  weightDecay: z.number().min(0).default(5e-4),
  decayNorm: z.boolean().default(false),
  seed: z.int().min(0).default(0),
});

type Common = z.output<typeof common>;
export type FineTunedOptions = Common & Recipe & { readonly classifier: 'fine-tuned'; readonly folder: string | null };
export type LinearOptions = z.output<typeof linear>;
export type GeolocalisationOptions = FineTunedOptions | LinearOptions;

export const optionsSchema: z.ZodType<GeolocalisationOptions> = z.preprocess(
  (given) => ({ classifier: 'fine-tuned', ...(given as object) }),
  z
    .discriminatedUnion('classifier', [fineTuned, linear])
    .transform((given) => (given.classifier === 'linear' ? given : ({ ...FINE_TUNED, ...given } as FineTunedOptions))),
) as z.ZodType<GeolocalisationOptions>;

/** The partition that is predicted by, and those that it is multiplied with. */
export function partitionsOf({ partition, hierarchy, minImages, maxImages }: Common): {
  readonly name: PartitionName;
  readonly rule: PartitionRule;
}[] {
  const own = maxImages ?? MAX_IMAGES[partition];
  // Coarser ones keep their proportion to it.
  const factor = own / MAX_IMAGES[partition];
  const coarser = (['middle', 'coarse'] as const).filter((name) => MAX_IMAGES[name] > MAX_IMAGES[partition]);
  return [partition, ...(hierarchy ? coarser : [])].map((name) => ({
    name,
    rule: { minImages, maxImages: Math.max(1, Math.round(factor * MAX_IMAGES[name])) },
  }));
}
