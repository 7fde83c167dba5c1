/** An encoder from what a run leaves behind. */
import { checkpointsFolder, entryOf, isCheckpoint } from '../../checkpoints/find-checkpoint.ts';
import { type LoadedCheckpoint, openCheckpoint } from '../../checkpoints/open-checkpoint.ts';
import { CheckpointStore } from '../../checkpoints/store.ts';
import { Encoder, type EncoderOptions, weightsOf } from '../../evals/features/encoder.ts';
import type { ResolvedConfig } from '../config/config.ts';
import { describeEncoder } from '../step.ts';
import { configIn } from './checkpoints-of-run.ts';

/**
 * Loads the encoder of a run folder (its latest checkpoint) or of one checkpoint's folder, sliced ones included, tensor by
 * tensor.
 * @throws CheckpointError where there is no good checkpoint.
 */
export async function loadEncoder(folder: string, options: EncoderOptions = {}): Promise<Encoder> {
  const [encoder] = await loadEncoders(folder, [options]);
  return encoder!;
}

/** The same encoder several times, such as for batches of several sizes. @throws CheckpointError as `loadEncoder`. */
export async function loadEncoders(folder: string, options: readonly EncoderOptions[]): Promise<Encoder[]> {
  const { tensors, config } = await loadCheckpoint(folder);
  return options.map((each) => new Encoder(describeEncoder(config), weightsOf(tensors), each));
}

/** An encoder of the same architecture whose weights were never trained: what a trained one is compared with. */
export async function loadUntrainedTwin(folder: string, options: EncoderOptions = {}): Promise<Encoder> {
  const { config } = await loadCheckpoint(folder);
  return Encoder.untrained(describeEncoder(config), config.training.seed, options);
}

/**
 * The latest checkpoint of a run folder, or the one that a folder is, with the configuration that it was made by.
 * @throws CheckpointError where there is none, or none that is good.
 */
export async function loadCheckpoint(folder: string): Promise<LoadedCheckpoint & { config: ResolvedConfig }> {
  const checkpoint = await openNearest(folder);
  return { ...checkpoint, config: configIn(checkpoint) };
}

/** The checkpoint that a folder is, or the latest of those that it holds. */
async function openNearest(folder: string): Promise<LoadedCheckpoint> {
  if (isCheckpoint(folder)) return openCheckpoint(await entryOf(folder));
  return new CheckpointStore(checkpointsFolder(folder)).load();
}
