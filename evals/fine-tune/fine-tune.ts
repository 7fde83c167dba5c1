/**
 * Trains a whole trunk and a linear classifier on labelled images (Sec. 4.2.2):
 *
 *     order ──▶ random crops, flips ──▶ supervised step ──▶ checkpoints ──▶ the fine-tuned network
 *
 * All of it follows from recipe, images and checkpoint, so that one that was killed goes on with the same bits.
 */
import { availableParallelism } from 'node:os';
import { cropPolicy } from '../../data/crop-policy.ts';
import { openLoader } from '../../data/loader.ts';
import type { Executor } from '../../kernels/executor.ts';
import { SUPERVISED } from '../../program/supervised-step.ts';
import { isPersistent } from '../../program/values.ts';
import type { Labels, Split } from '../datasets/dataset.ts';
import { EvaluationError } from '../errors.ts';
import type { EvaluatedCheckpoint } from '../evaluated-checkpoint.ts';
import type { SkippedImage } from '../features/embed-images.ts';
import { weightsOf } from '../features/encoder.ts';
import { compileStep } from './compile-step.ts';
import { iterationsOf, type Recipe, rateAt } from './recipe.ts';
import { type EpochLoss, identityOf, loadSaved, type SavedProgress, save } from './saved.ts';

export interface FineTuneRequest {
  readonly model: EvaluatedCheckpoint;
  readonly split: Split;
  /** Names of the labels' classes. */
  readonly classes: readonly string[];
  readonly recipe: Recipe;
  /** Of its checkpoints; one that was interrupted is taken up again. */
  readonly folder: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface FineTuned {
  /** The folder of the fine-tuned checkpoint: its trunk loads as any other, `classifier.safetensors` lies beside it. */
  readonly checkpoint: string;
  readonly iterations: number;
  readonly epochs: readonly EpochLoss[];
  /** Images that could not be used, since it was last taken up. */
  readonly skipped: readonly SkippedImage[];
}

/**
 * @param request.signal ends it after the step that is under way, with a checkpoint
 * @throws EvaluationError LOSS_NOT_FINITE, WRONG_CHECKPOINT; BudgetError; DataError; CheckpointError; the signal's reason
 */
export async function fineTune(request: FineTuneRequest): Promise<FineTuned> {
  const { model, split, classes, recipe, folder, signal, onProgress } = request;
  const identity = identityOf(model, split, classes, recipe);
  const saved = await loadSaved(folder, identity);
  const total = iterationsOf(recipe, split.images.length);
  if (saved?.finished) return { checkpoint: saved.path, iterations: total, epochs: saved.epochs, skipped: [] };
  signal?.throwIfAborted();

  const form = split.labels.kind === 'classes' ? 'softmax' : 'sigmoid';
  const executor = compileStep(model.description, classes.length, form, recipe).allocate();
  if (saved) takeUp(executor, saved.weights);
  else begin(executor, model, recipe.seed);
  const classifier = { classes: [...classes], batchNorm: recipe.batchNorm };
  const write = (step: number, progress: Omit<SavedProgress, 'identity'>) =>
    save(folder, step, executor, model, classifier, { ...progress, identity });

  const loader = openLoader({
    source: split.images,
    policy: cropsOf(recipe),
    batchSize: recipe.batchSize,
    seed: recipe.seed,
    position: [saved?.position ?? 0],
    threads: recipe.threads ?? availableParallelism(),
  });
  const skipped = new Map<string, SkippedImage>();
  const epochs = [...(saved?.epochs ?? [])];
  try {
    for (let step = saved?.step ?? 0; ; ) {
      const batch = await loader.next();
      for (const { name, code, message } of batch.skipped) skipped.set(name, { name, code, message });
      executor.write(SUPERVISED.crops, batch.crops[0]!);
      executor.write(SUPERVISED.labels, labelsOf(split.labels, batch.images, classes.length));
      executor.write(SUPERVISED.control, Float32Array.of(rateAt(recipe, step, split.images.length), 0));
      const position = batch.position[0]!;
      loader.recycle(batch);
      await executor.run();
      requireApplied(executor, step, batch.names);
      noteLoss(epochs, Math.floor((step * recipe.batchSize) / split.images.length), executor.read(SUPERVISED.loss)[0]!);
      step++;
      onProgress?.(step, total);
      const finished = step === total;
      if (!finished && !signal?.aborted && step % recipe.saveEvery !== 0) continue;
      const checkpoint = await write(step, { position, epochs, finished });
      if (finished) return { checkpoint, iterations: total, epochs, skipped: [...skipped.values()] };
      signal?.throwIfAborted();
    }
  } finally {
    await loader.close();
    executor.free();
  }
}

function takeUp(executor: Executor, weights: (name: string) => Float32Array): void {
  for (const { name } of executor.program.values.filter(isPersistent)) executor.write(name, weights(name));
}

/** A trunk as it was trained, a classifier that knows nothing. */
function begin(executor: Executor, { weights }: EvaluatedCheckpoint, seed: number): void {
  executor.initialise(typeof weights === 'number' ? weights : seed);
  if (typeof weights === 'number') return;
  const trained = weightsOf(weights);
  for (const { name, role } of executor.program.values) {
    const trunk = name.startsWith('trunk.') && (role === 'parameter' || role === 'state');
    if (trunk) executor.write(name, trained(name));
  }
}

/** One crop and a coin for its flip; no change of colours. */
function cropsOf({ size, smallestCrop }: Recipe) {
  return cropPolicy({ groups: [{ count: 1, size, scale: [smallestCrop, 1] }], flip: 0.5, jitter: 0, grey: 0, blur: 0 });
}

/** As `crossEntropy` takes them. */
function labelsOf(labels: Labels, images: readonly number[], classes: number): Float32Array {
  if (labels.kind === 'classes') return Float32Array.from(images, (image) => labels.classes[image]!);
  const rows = new Float32Array(images.length * classes);
  for (const [row, image] of images.entries()) {
    rows.set(labels.present.subarray(image * classes, (image + 1) * classes), row * classes);
  }
  return rows;
}

function requireApplied(executor: Executor, step: number, names: readonly string[]): void {
  if (executor.read(SUPERVISED.applied)[0] === 1) return;
  throw new EvaluationError(
    'LOSS_NOT_FINITE',
    `Iteration ${step + 1} of the fine-tuning has a loss or gradient that is NaN or infinite (its first image is ${names[0]}). ` +
      'Lower learningRate, or look at the checkpoint; the last checkpoint of the fine-tuning is good.',
  );
}

function noteLoss(epochs: EpochLoss[], epoch: number, loss: number): void {
  const last = epochs.at(-1);
  if (last?.epoch !== epoch) epochs.push({ epoch, loss, steps: 1 });
  else
    epochs[epochs.length - 1] = {
      epoch,
      loss: last.loss + (loss - last.loss) / (last.steps + 1),
      steps: last.steps + 1,
    };
}
