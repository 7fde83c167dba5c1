/** What a run's configuration says about its checkpoints: which are kept, and how any number of ranks would divide them. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { CheckpointError } from '../../checkpoints/errors.ts';
import type { CheckpointEntry } from '../../checkpoints/open-checkpoint.ts';
import type { RetentionPolicy } from '../../checkpoints/retention.ts';
import type { Sharding } from '../../checkpoints/shards.ts';
import { shard } from '../../program/shard.ts';
import { trainingStep } from '../../program/training-step.ts';
import type { ResolvedConfig } from '../config/config.ts';
import { configOfRun } from '../config/config-of-run.ts';
import { lockRunFolder } from '../run/run-lock.ts';
import { stepSpecOf } from '../step.ts';
import { requireDivisible } from '../world-size.ts';
import { shardingOf } from './rank-checkpoint.ts';

/** The run folder that a folder is, or that it is the `checkpoints` of. */
export function runOf(folder: string): string | undefined {
  const absolute = path.resolve(folder);
  return [absolute, path.dirname(absolute)].find((candidate) => existsSync(path.join(candidate, 'run.json')));
}

/** The policy of a run's config.yaml; undefined where there is no run. @throws ConfigError */
export function retentionOf(folder: string): RetentionPolicy | undefined {
  const run = runOf(folder);
  return run === undefined ? undefined : configOfRun(run).checkpoint;
}

/** Does something while no training writes into the run. @throws RunError RUN_FOLDER_LOCKED */
export async function whileLocked<T>(folder: string, action: () => Promise<T>): Promise<T> {
  const run = runOf(folder);
  const lock = run === undefined ? undefined : lockRunFolder(run);
  try {
    return await action();
  } finally {
    lock?.release();
  }
}

/**
 * How so many ranks divide the network of a checkpoint's configuration: what they would train and save.
 * @throws TrainingError BAD_WORLD_SIZE
 */
export function shardingFor(config: ResolvedConfig, worldSize: number): Sharding {
  requireDivisible(config, worldSize);
  const { layouts } = shard(trainingStep(stepSpecOf(config)), {
    rank: 0,
    worldSize,
    precision: 'f32',
    batchNormRanks: worldSize,
  });
  return shardingOf(config, layouts, worldSize);
}

/** The configuration in a checkpoint's state. @throws CheckpointError CHECKPOINT_MISMATCH where there is none. */
export function configIn({ path: folder, state }: CheckpointEntry & { readonly state: unknown }): ResolvedConfig {
  const { config } = state as { config?: ResolvedConfig };
  if (config?.model) return config;
  throw new CheckpointError('CHECKPOINT_MISMATCH', `${folder} is no checkpoint of a training: it has no config.`);
}
