/** Generated photos that a tiny network can tell apart: the class is a colour under noise and stripes. */

import sharp from 'sharp';
import type { ImageSource } from '../../../data/source.ts';
import type { Split } from '../../../evals/datasets/dataset.ts';
import type { EvaluatedCheckpoint } from '../../../evals/evaluated-checkpoint.ts';
import type { EncoderDescription } from '../../../evals/features/encoder.ts';
import type { Recipe } from '../../../evals/fine-tune/recipe.ts';
import { IMAGENET } from '../../../evals/fine-tune/recipe.ts';
import type { RgbImage } from '../../../kernels/images.ts';
import { regnetTrunk } from '../../../model/regnet.ts';
import { uniform } from '../../program/random.ts';

export const COLOURS = [
  [200, 60, 60],
  [60, 200, 60],
  [60, 60, 200],
  [190, 190, 50],
] as const;

const SIDE = 40;

function photo(label: number, number: number): RgbImage {
  const random = uniform(1000 * label + number);
  const colour = COLOURS[label]!;
  const data = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => {
    const stripe = ((Math.floor(i / 3) % SIDE) >> 3) % 2 === 0 ? 25 : -25;
    return Math.min(255, Math.max(0, colour[i % 3]! + stripe + (random() - 0.5) * 160));
  });
  return { width: SIDE, height: SIDE, data };
}

/** Images of these classes by turns. @param first number of the first, so that splits have other images */
export function photos(count: number, labels: readonly number[], first = 0): Split {
  const classes = Int32Array.from({ length: count }, (_, i) => labels[i % labels.length]!);
  const images: ImageSource = {
    length: count,
    name: (index) => `photo-${first + index}.png`,
    pixels: (index) => photo(classes[index]!, first + index),
    read: (index) => {
      const { data, width, height } = photo(classes[index]!, first + index);
      return sharp(data, { raw: { width, height, channels: 3 } })
        .png()
        .toBuffer();
    },
  };
  return { images, labels: { kind: 'classes', classes } };
}

const description: EncoderDescription = {
  trunk: regnetTrunk({ depth: 3, w0: 16, wa: 16, wm: 1.7, groupWidth: 8 }),
  head: { widths: [16], prototypes: 4 },
  mean: [0.5, 0.5, 0.5],
  std: [0.25, 0.25, 0.25],
};

/** First weights alone. */
export const UNTRAINED: EvaluatedCheckpoint = {
  ...{ path: 'untrained', step: 0, digest: 'none', architecture: 'tiny', parameters: 1 },
  ...{ description, weights: 3, config: { model: 'tiny' } },
};

export const TINY: Recipe = {
  ...IMAGENET,
  ...{
    size: 32,
    epochs: 4,
    batchSize: 16,
    learningRate: 0.8,
    milestones: [3],
    threads: 1,
    precision: 'fp32',
    saveEvery: 7,
  },
};
