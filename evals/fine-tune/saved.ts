/** The checkpoints of a fine-tuning: what an interrupted one goes on from, and at its end the fine-tuned network. */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { TensorSource } from '../../checkpoints/safetensors.ts';
import { CheckpointStore } from '../../checkpoints/store.ts';
import { placeOf } from '../../checkpoints/tensor-places.ts';
import type { Executor } from '../../kernels/executor.ts';
import { isPersistent } from '../../program/values.ts';
import type { ClassifierState } from '../classifiers/classifier-state.ts';
import type { Split } from '../datasets/dataset.ts';
import { EvaluationError } from '../errors.ts';
import type { EvaluatedCheckpoint } from '../evaluated-checkpoint.ts';
import { type WeightSource, weightsOf } from '../features/encoder.ts';
import type { Recipe } from './recipe.ts';

/** Mean loss of the steps that began in an epoch. */
const epochSchema = z.object({ epoch: z.int().min(0), loss: z.number(), steps: z.int().min(1) });
export type EpochLoss = z.infer<typeof epochSchema>;

const progressSchema = z.object({
  identity: z.string(),
  /** Images drawn so far, those that could not be used included. */
  position: z.int().min(0),
  epochs: z.array(epochSchema),
  finished: z.boolean(),
});
export type SavedProgress = z.infer<typeof progressSchema>;

export interface SavedFineTuning extends SavedProgress {
  readonly step: number;
  /** Its folder. */
  readonly path: string;
  readonly weights: WeightSource;
}

/** What a step is computed by, whatever the machine: a fine-tuning goes on from checkpoints of the same only. */
export function identityOf(
  model: EvaluatedCheckpoint,
  { images, labels }: Split,
  classes: readonly string[],
  recipe: Recipe,
) {
  const { precision: _, threads: __, memoryBudget: ___, saveEvery: ____, ...steps } = recipe;
  const hash = createHash('sha256').update(JSON.stringify([model.digest, steps, classes]));
  for (let image = 0; image < images.length; image++) hash.update(JSON.stringify(images.name(image)));
  return hash.update(labels.kind === 'classes' ? labels.classes : labels.present).digest('hex');
}

/** @throws CheckpointError; EvaluationError WRONG_CHECKPOINT where the folder holds another fine-tuning */
export async function loadSaved(folder: string, identity: string): Promise<SavedFineTuning | undefined> {
  const store = new CheckpointStore(folder);
  if (await store.isEmpty()) return undefined;
  const { step, path, tensors, state } = await store.loadNewestGood();
  const saved = z.object({ fineTuning: progressSchema }).safeParse(state).data?.fineTuning;
  if (saved?.identity === identity) return { ...saved, step, path, weights: weightsOf(tensors) };
  throw new EvaluationError(
    'WRONG_CHECKPOINT',
    `${folder} holds a fine-tuning of another checkpoint, of other images or by other options; choose another folder, or remove it.`,
  );
}

/** @returns the checkpoint's folder. A finished one has no momentum. @throws CheckpointError CHECKPOINT_WRITE_FAILED */
export async function save(
  folder: string,
  step: number,
  executor: Executor,
  { config, architecture }: EvaluatedCheckpoint,
  classifier: ClassifierState,
  progress: SavedProgress,
): Promise<string> {
  const tensors = new Map<string, Map<string, TensorSource>>();
  for (const { name, shape, role } of executor.program.values.filter(isPersistent)) {
    if (progress.finished && role === 'momentum') continue;
    const { file, tensor } = placeOf(name);
    const group = tensors.get(file) ?? new Map<string, TensorSource>();
    tensors.set(file, group.set(tensor, { dtype: 'F32', shape, data: new Uint8Array(executor.read(name).buffer) }));
  }
  const state = { config, classifier, fineTuning: progress };
  const entry = await new CheckpointStore(folder).save(step, {
    tensors,
    metadata: { architecture, step: `${step}` },
    state,
  });
  return entry.path;
}
