/** An encoder from what a run leaves behind. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { CheckpointStore, type LoadedCheckpoint, openCheckpoint } from '../checkpoints/store.ts';
import { Encoder, type EncoderOptions, weightsOf } from '../evals/encoder.ts';
import type { ResolvedConfig } from './config.ts';
import { describeEncoder } from './step.ts';

/**
 * Loads the encoder of a run folder (its latest checkpoint) or of one checkpoint's folder.
 * @throws CheckpointError where there is no good checkpoint.
 */
export async function loadEncoder(folder: string, options: EncoderOptions = {}): Promise<Encoder> {
  const { tensors, state } = await findCheckpoint(folder);
  const { config } = state as { config: ResolvedConfig };
  return new Encoder(describeEncoder(config), weightsOf(tensors), options);
}

/** An encoder of the same architecture whose weights were never trained: what a trained one is compared with. */
export async function loadUntrainedTwin(folder: string, options: EncoderOptions = {}): Promise<Encoder> {
  const { state } = await findCheckpoint(folder);
  const { config } = state as { config: ResolvedConfig };
  return Encoder.untrained(describeEncoder(config), config.training.seed, options);
}

function findCheckpoint(folder: string): Promise<LoadedCheckpoint> {
  const step = /^step-(\d+)$/.exec(path.basename(path.resolve(folder)))?.[1];
  if (step !== undefined) return openCheckpoint({ step: Number(step), path: folder });
  const inRun = path.join(folder, 'checkpoints');
  return new CheckpointStore(existsSync(inRun) ? inRun : folder).load();
}
