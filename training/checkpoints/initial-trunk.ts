/**
 * A training that starts with the trunk of another checkpoint (`model.init`): one that was imported, or that of another run. Head,
 * prototypes and optimiser start anew.
 */
import { findCheckpoint } from '../../checkpoints/find-checkpoint.ts';
import { openCheckpoint } from '../../checkpoints/open-checkpoint.ts';
import { elementsOf } from '../../checkpoints/safetensors-header.ts';
import { type WeightSource, weightsOf } from '../../evals/features/encoder.ts';
import type { Executor } from '../../kernels/executor.ts';
import { trunkOf } from '../../model/families.ts';
import type { FlatLayout } from '../../program/flat-layout.ts';
import { SHARDED } from '../../program/shard.ts';
import { isPersistent } from '../../program/values.ts';
import type { ResolvedConfig } from '../config/config.ts';
import type { RankOf } from '../rank-step.ts';
import { TrainingError } from '../training-errors.ts';
import { configIn } from './checkpoints-of-run.ts';

const isTrunk = (name: string) => name.startsWith('trunk.');

/** Overwrites the trunk's first values. @throws CheckpointError; TrainingError CHECKPOINT_MISMATCH */
export async function startFromTrunk(executor: Executor, init: string, config: ResolvedConfig): Promise<void> {
  const weights = await openTrunk(init, config);
  for (const { name } of executor.program.values.filter(isPersistent)) {
    if (isTrunk(name)) executor.write(name, weights(name));
  }
}

/** The same for one rank of several: its part of every parameter. @throws as above */
export async function startRankFromTrunk(
  executor: Executor,
  layouts: readonly FlatLayout[],
  init: string,
  config: ResolvedConfig,
  { rank, worldSize }: RankOf,
): Promise<void> {
  const weights = await openTrunk(init, config);
  for (const layout of layouts) {
    const length = layout.elements / worldSize;
    const first = rank * length;
    // A flat may hold parameters of trunk and head; those of the head stay as they are.
    const shard = executor.read(SHARDED.shard(layout.name));
    for (const { name, shape, offset } of layout.parameters) {
      const [begin, end] = [Math.max(first, offset), Math.min(first + length, offset + elementsOf(shape))];
      if (isTrunk(name) && begin < end) shard.set(weights(name).subarray(begin - offset, end - offset), begin - first);
    }
    executor.write(SHARDED.shard(layout.name), shard);
  }
  for (const { name, role } of executor.program.values) {
    if (role === 'state' && isTrunk(name)) executor.write(name, weights(name));
  }
}

async function openTrunk(init: string, config: ResolvedConfig): Promise<WeightSource> {
  const checkpoint = await openCheckpoint(await findCheckpoint(init));
  requireSameTrunk(init, configIn(checkpoint), config);
  return weightsOf(checkpoint.tensors);
}

function requireSameTrunk(init: string, theirs: ResolvedConfig, ours: ResolvedConfig): void {
  const [other, own] = [theirs, ours].map(({ model }) => JSON.stringify(trunkOf(model.architecture)));
  if (other === own) return;
  throw new TrainingError(
    'CHECKPOINT_MISMATCH',
    `${init} is of another trunk (${JSON.stringify(theirs.model.architecture)}) than the configuration ` +
      `(${JSON.stringify(ours.model.architecture)}): set model.architecture to that of the checkpoint, or leave out model.init.`,
  );
}
