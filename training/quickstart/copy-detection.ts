/**
 * The quickstart's held-out task, copy detection as in Table 10 of the paper, made small: people cut, mirror and recolour
 * a photo that the encoder never saw; which photo was it? The gallery holds every photo in its original form, those
 * trained on among them as distractors. No label is used anywhere.
 */

import { seededRandom } from '../../data/random.ts';
import { type EditRecipe, editPicture } from '../../evals/copy-attacks/edits.ts';
import type { Interval } from '../../evals/intervals/bootstrap.ts';
import type { BaselineFamily } from '../../evals/retrieval/baselines.ts';
import type { RgbImage } from '../../kernels/images.ts';
import { mean, meanOverPhotos, type QueryScores, scoreQueries } from './retrieval.ts';

/** One feature vector per image, all of one length. */
export type Embed = (images: readonly RgbImage[]) => Promise<Float32Array[]>;

/** Which photos are trained on and which are kept unseen, as ascending indices of the photos. */
export interface Split {
  readonly trained: readonly number[];
  readonly heldOut: readonly number[];
}

export interface CopyDetectionTask {
  /** Every photo, unedited. */
  readonly gallery: readonly RgbImage[];
  /** Edited copies of the held-out photos. */
  readonly queries: readonly RgbImage[];
  /** Per query, the gallery's index of its original. */
  readonly targets: readonly number[];
  readonly split: Split;
}

/** How a method's features are compared: as they are, or after removing what is common to the photos trained on. */
export type Comparison = 'plain' | 'centred' | 'standardised';

export interface MethodResult {
  /** The form of the method that this is the result of, such as `16x16 grey, centred`. */
  readonly form: string;
  readonly precisionAt1: Interval;
  readonly meanAveragePrecision: Interval;
  /** Per query, 1 where the original came first. */
  readonly first: Float64Array;
}

/** Makes `editsPerPhoto` queries of every held-out photo; the same seed makes the same queries. */
export async function buildCopyDetection(
  photos: readonly RgbImage[],
  split: Split,
  options: { recipe: EditRecipe; editsPerPhoto: number; seed: number },
): Promise<CopyDetectionTask> {
  const random = seededRandom(options.seed);
  const queries: RgbImage[] = [];
  const targets: number[] = [];
  for (const photo of split.heldOut) {
    for (let edit = 0; edit < options.editsPerPhoto; edit++) {
      queries.push(await editPicture(photos[photo]!, options.recipe, random));
      targets.push(photo);
    }
  }
  return { gallery: photos, queries, targets, split };
}

/** What guessing scores: 1 in the size of the gallery. */
export function chance(task: CopyDetectionTask): { precisionAt1: number; meanAveragePrecision: number } {
  const size = task.gallery.length;
  let harmonic = 0;
  for (let rank = 1; rank <= size; rank++) harmonic += 1 / rank;
  return { precisionAt1: 1 / size, meanAveragePrecision: harmonic / size };
}

/** The result of an embedding under one given comparison. */
export async function evaluateMethod(
  task: CopyDetectionTask,
  embed: Embed,
  comparison: Comparison,
): Promise<MethodResult> {
  const [queries, gallery] = [await embed(task.queries), await embed(task.gallery)];
  return estimate(task, score(task, { form: comparison, queries, gallery }, comparison));
}

/** The result of an embedding under the comparison that suits it best: how a baseline is to be treated. */
export async function evaluateBestComparison(task: CopyDetectionTask, embed: Embed): Promise<MethodResult> {
  const [queries, gallery] = [await embed(task.queries), await embed(task.gallery)];
  return bestOf(task, [{ form: '', queries, gallery }]);
}

/** The result of a family of baselines: of its best form under the comparison that suits it best. */
export function evaluateBaseline(task: CopyDetectionTask, family: BaselineFamily): MethodResult {
  const queries = task.queries.map((image) => family.describe(image));
  const gallery = task.gallery.map((image) => family.describe(image));
  const forms = [...gallery[0]!.keys()].map((form) => ({
    form,
    queries: queries.map((vectors) => vectors.get(form)!),
    gallery: gallery.map((vectors) => vectors.get(form)!),
  }));
  return bestOf(task, forms);
}

/** One form of a method: its name, empty where there is only one, and the features of the task's images. */
interface Features {
  readonly form: string;
  readonly queries: readonly Float32Array[];
  readonly gallery: readonly Float32Array[];
}

interface Scored extends QueryScores {
  readonly form: string;
}

const COMPARISONS: readonly Comparison[] = ['plain', 'centred', 'standardised'];

function bestOf(task: CopyDetectionTask, forms: readonly Features[]): MethodResult {
  let best: Scored | undefined;
  for (const features of forms) {
    for (const comparison of COMPARISONS) {
      const form = features.form === '' ? comparison : `${features.form}, ${comparison}`;
      const scored = score(task, { ...features, form }, comparison);
      if (!best || mean(scored.first) > mean(best.first)) best = scored;
    }
  }
  return estimate(task, best!);
}

function score(task: CopyDetectionTask, features: Features, comparison: Comparison): Scored {
  const compare = comparisonOf(
    comparison,
    task.split.trained.map((index) => features.gallery[index]!),
  );
  const scores = scoreQueries({
    queries: features.queries.map(compare),
    gallery: features.gallery.map(compare),
    targets: task.targets,
  });
  return { ...scores, form: features.form };
}

function estimate(task: CopyDetectionTask, { form, first, reciprocalRank }: Scored): MethodResult {
  return {
    form,
    first,
    precisionAt1: meanOverPhotos(first, task.targets),
    meanAveragePrecision: meanOverPhotos(reciprocalRank, task.targets),
  };
}

/** Means and standard deviations come from the photos trained on only. */
function comparisonOf(
  comparison: Comparison,
  trained: readonly Float32Array[],
): (vector: Float32Array) => Float32Array {
  if (comparison === 'plain') return (vector) => vector;
  const length = trained[0]!.length;
  const means = new Float64Array(length);
  const deviations = new Float64Array(length).fill(1);
  for (let d = 0; d < length; d++) {
    const values = trained.map((vector) => vector[d]!);
    means[d] = mean(values);
    if (comparison === 'standardised') {
      deviations[d] = Math.sqrt(mean(values.map((value) => (value - means[d]!) ** 2))) + 1e-6;
    }
  }
  return (vector) => vector.map((value, d) => (value - means[d]!) / deviations[d]!);
}
