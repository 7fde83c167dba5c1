/** What protocols of fine-tuning do alike: train on one split, and look at another with what came out. */
import path from 'node:path';
import { writeFileAtomically } from '../../checkpoints/atomic-file.ts';
import { openCheckpoint } from '../../checkpoints/open-checkpoint.ts';
import type { Split } from '../datasets/dataset.ts';
import { weightsOf } from '../features/encoder.ts';
import { writeClassifiedExamples } from '../protocols/classified-examples.ts';
import type { Outcome, Workbench } from '../protocols/protocol.ts';
import { scoreMetrics, truthOf } from '../protocols/scoring.ts';
import { classify } from './classify.ts';
import { fineTune } from './fine-tune.ts';
import type { Recipe } from './recipe.ts';

/** Folder of the fine-tuned checkpoint, in the folder of results. */
export const FINE_TUNED = 'fine-tuned';
const LOSSES_FILE = 'training-loss.json';

/** @param train images of the dataset's classes @throws as `fineTune` and `classify` */
export async function trainAndTest(bench: Workbench, recipe: Recipe, train: Split): Promise<Outcome> {
  const { classes } = bench.data;
  const split = await bench.split('test');
  const { scores, rows, files } = await tuneAndScore(bench, recipe, train, classes);
  const caption = 'Held-out images and the class that the fine-tuned network puts first.';
  const examples = await writeClassifiedExamples(bench.out, { split, classes, scores, rows, caption });
  const metrics = scoreMetrics(scores, truthOf(split, rows, classes.length), bench.data, {});
  return { metrics, files: { ...files, ...examples } };
}

export interface TunedScores {
  /** (rows, classes), before softmax. */
  readonly scores: Float32Array;
  /** The test image of each row. */
  readonly rows: Int32Array;
  readonly files: { readonly checkpoint: string; readonly losses: string };
}

/**
 * Trains on images of any classes, and scores the test images.
 * @param folder of the fine-tuned network, below or beside that of results
 * @throws as `fineTune` and `classify`
 */
export async function tuneAndScore(
  bench: Workbench,
  recipe: Recipe,
  train: Split,
  classes: readonly string[],
  folder = path.join(bench.out, FINE_TUNED),
): Promise<TunedScores> {
  const { model, out, signal } = bench;
  const { images } = await bench.split('test');
  const tuned = await fineTune({
    ...{ model, split: train, classes, recipe, folder, signal },
    onProgress: (done, total) => bench.progress('steps of fine-tuning', done, total),
  });
  bench.noteImages('train', train.images.length - tuned.skipped.length, tuned.skipped);
  const losses = `${JSON.stringify({ epochs: tuned.epochs }, null, 2)}\n`;
  await writeFileAtomically(path.join(out, LOSSES_FILE), (file) => file.writeFile(losses));

  const { tensors } = await openCheckpoint({ step: tuned.iterations, path: tuned.checkpoint });
  const numClasses = classes.length;
  const scores = new Float32Array(images.length * numClasses);
  const rows: number[] = [];
  const { size, batchSize, precision, threads, batchNorm } = recipe;
  const skipped = await classify({
    description: { ...model.description, classifier: { classes: numClasses, batchNorm } },
    weights: weightsOf(tensors),
    ...{ images, size, batchSize, precision, threads, signal },
    onProgress: (done, total) => bench.progress('test images', done, total),
    onScores: (image, given) => scores.set(given, (rows.push(image) - 1) * numClasses),
  });
  bench.noteImages('test', rows.length, skipped);
  return {
    scores: scores.subarray(0, rows.length * numClasses),
    rows: Int32Array.from(rows),
    files: { checkpoint: path.relative(out, tuned.checkpoint), losses: LOSSES_FILE },
  };
}
