/**
 * The quickstart's question, asked of photos that the training never saw: does an edited copy find its original among all
 * photos? The trained encoder answers, and beside it those who know nothing of it: chance, pixels, colour histograms, and the
 * same network untrained. Each baseline is given the form that suits it best; the encoder has one form, fixed beforehand.
 */
import { decodeImage, isSkipped } from '../../data/decode.ts';
import type { ImageSource } from '../../data/source.ts';
import type { EditRecipe } from '../../evals/copy-attacks/edits.ts';
import type { Encoder } from '../../evals/features/encoder.ts';
import type { Interval } from '../../evals/intervals/bootstrap.ts';
import { histogramBaseline, pixelBaseline } from '../../evals/retrieval/baselines.ts';
import { type RgbImage, resizeImage } from '../../kernels/images.ts';
import type { Division } from '../held-out.ts';
import {
  buildCopyDetection,
  type CopyDetectionTask,
  chance,
  type Embed,
  evaluateBaseline,
  evaluateBestComparison,
  evaluateMethod,
  type MethodResult,
} from './copy-detection.ts';
import { QuickstartError } from './errors.ts';
import { differenceOverPhotos } from './retrieval.ts';

/** What happens to a photo on its way through the world: cropped, mirrored, recoloured, blurred, compressed. */
export const EDITS: EditRecipe = {
  area: [0.3, 0.7],
  aspect: [3 / 4, 4 / 3],
  mirrorChance: 0.5,
  brightness: [0.4, 1.6],
  contrast: [0.4, 1.6],
  saturation: [0.4, 1.6],
  hue: [-0.5, 0.5],
  greyChance: 0.3,
  blurChance: 0.5,
  blur: [0.5, 2],
  quality: [20, 50],
};

const EDITS_PER_PHOTO = 4;
/** Fewer held-out photos than this say nothing. */
const MINIMUM_HELD_OUT = 20;

/** Side of the square to which every picture is scaled for the encoder, in pixels. */
export const VIEW_SIZE = 64;

export interface HeldOutTask extends CopyDetectionTask {
  /** Name of each gallery photo. */
  readonly names: readonly string[];
}

/** To be asked before the training: its minutes would be lost. @throws QuickstartError TOO_FEW_PHOTOS */
export function requireEnoughPhotos(heldOut: number): void {
  if (heldOut >= MINIMUM_HELD_OUT) return;
  throw new QuickstartError(
    'TOO_FEW_PHOTOS',
    `Only ${heldOut} photos are held out; the test needs ${MINIMUM_HELD_OUT}. Give a folder of at least 200 photos.`,
  );
}

/** All photos, those held out first, and edited copies of the latter. The same seed makes the same task. */
export async function buildHeldOutTask({ heldOut, training }: Division, seed: number): Promise<HeldOutTask> {
  const unseen = await readAll(heldOut);
  const seen = await readAll(training);
  requireEnoughPhotos(unseen.photos.length);
  const photos = [...unseen.photos, ...seen.photos];
  const indices = [...photos.keys()];
  const split = { heldOut: indices.slice(0, unseen.photos.length), trained: indices.slice(unseen.photos.length) };
  const task = await buildCopyDetection(photos, split, { recipe: EDITS, editsPerPhoto: EDITS_PER_PHOTO, seed });
  return { ...task, names: [...unseen.names, ...seen.names] };
}

async function readAll(source: ImageSource): Promise<{ photos: RgbImage[]; names: string[] }> {
  const [photos, names]: [RgbImage[], string[]] = [[], []];
  for (let index = 0; index < source.length; index++) {
    const photo = await decodeImage(source.path?.(index) ?? (await source.read(index)));
    if (isSkipped(photo)) continue;
    photos.push(photo);
    names.push(source.name(index));
  }
  return { photos, names };
}

/** Precision at 1 of the trained encoder and of everything it is compared with, on one scale. */
export interface HeldOutScores {
  readonly trained: MethodResult;
  readonly baselines: { readonly [name: string]: Interval & { readonly form?: string } };
  /** How far the trained encoder is above the best baseline, query by query. */
  readonly margin: Interval & { readonly over: string };
  readonly queries: number;
  readonly gallery: number;
  readonly photosTrainedOn: number;
}

export async function scoreHeldOut(task: HeldOutTask, trained: Encoder, untrained: Encoder): Promise<HeldOutScores> {
  const guess = chance(task).precisionAt1;
  const result = await evaluateMethod(task, embedWith(trained), 'plain');
  const methods = {
    pixels: evaluateBaseline(task, pixelBaseline),
    colourHistogram: evaluateBaseline(task, histogramBaseline),
    untrainedNetwork: await evaluateBestComparison(task, embedWith(untrained)),
  };
  const [over, best] = Object.entries(methods).reduce((left, right) =>
    right[1].precisionAt1.value > left[1].precisionAt1.value ? right : left,
  );
  const shown = ({ form, precisionAt1 }: MethodResult) => ({ ...precisionAt1, form });
  return {
    trained: result,
    baselines: {
      chance: { value: guess, low: guess, high: guess },
      ...Object.fromEntries(Object.entries(methods).map(([name, method]) => [name, shown(method)])),
    },
    margin: { over, ...differenceOverPhotos(result.first, best.first, task.targets) },
    queries: task.queries.length,
    gallery: task.gallery.length,
    photosTrainedOn: task.split.trained.length,
  };
}

/** Whole pictures, scaled to squares. */
export function embedWith(encoder: Encoder): Embed {
  return async (images) => {
    const [height, width] = encoder.viewShape;
    const viewBytes = height * width * 3;
    const views = new Uint8Array(images.length * viewBytes);
    for (const [row, image] of images.entries()) {
      views.set((await resizeImage(image, width, height)).data, row * viewBytes);
    }
    const features = await encoder.embed(views);
    return images.map((_, row) => features.slice(row * encoder.width, (row + 1) * encoder.width));
  };
}
