/** An encoder from what a run leaves behind. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { CheckpointError } from '../checkpoints/errors.ts';
import { type CheckpointEntry, type LoadedCheckpoint, openCheckpoint } from '../checkpoints/open-checkpoint.ts';
import { CheckpointStore } from '../checkpoints/store.ts';
import { Encoder, type EncoderOptions, weightsOf } from '../evals/encoder.ts';
import type { ResolvedConfig } from './config.ts';
import { describeEncoder } from './step.ts';

/**
 * Loads the encoder of a run folder (its latest checkpoint) or of one checkpoint's folder.
 * @throws CheckpointError where there is no good checkpoint.
 */
export async function loadEncoder(folder: string, options: EncoderOptions = {}): Promise<Encoder> {
  const { tensors, config } = await findCheckpoint(folder);
  return new Encoder(describeEncoder(config), weightsOf(tensors), options);
}

/** An encoder of the same architecture whose weights were never trained: what a trained one is compared with. */
export async function loadUntrainedTwin(folder: string, options: EncoderOptions = {}): Promise<Encoder> {
  const { config } = await findCheckpoint(folder);
  return Encoder.untrained(describeEncoder(config), config.training.seed, options);
}

/**
 * The latest checkpoint of a run folder, or the one that a folder is, with the configuration it was made by.
 * @throws CheckpointError where there is none, or none that is good.
 */
export async function findCheckpoint(folder: string): Promise<LoadedCheckpoint & { config: ResolvedConfig }> {
  if (!existsSync(folder)) {
    throw new CheckpointError(
      'CHECKPOINT_NOT_FOUND',
      `${folder} does not exist. Give a run folder or a checkpoint's folder.`,
    );
  }
  const checkpoint = await openNearest(folder);
  const { config } = checkpoint.state as { config?: ResolvedConfig };
  if (!config?.model) {
    throw new CheckpointError(
      'CHECKPOINT_MISMATCH',
      `${checkpoint.path} is no checkpoint of a training: it has no config.`,
    );
  }
  return { ...checkpoint, config };
}

/** The checkpoint that a folder is, or the latest of those that it holds. */
function openNearest(folder: string): Promise<LoadedCheckpoint> {
  const own = checkpointFolder(folder);
  return own ? openCheckpoint(own) : storeOf(folder).load();
}

/** The same, without opening it. @throws CheckpointError where there is none */
export async function locateCheckpoint(folder: string): Promise<CheckpointEntry> {
  return checkpointFolder(folder) ?? storeOf(folder).latest();
}

function checkpointFolder(folder: string): CheckpointEntry | undefined {
  const step = /^step-(\d+)$/.exec(path.basename(path.resolve(folder)))?.[1];
  return step === undefined ? undefined : { step: Number(step), path: folder };
}

/** Of a run folder, or of the folder of its checkpoints. */
function storeOf(folder: string): CheckpointStore {
  const inRun = path.join(folder, 'checkpoints');
  return new CheckpointStore(existsSync(inRun) ? inRun : folder);
}
