/** What one rank of several puts into a checkpoint, and takes from one that any number of ranks have saved. */
import type { CheckpointReader } from '../../checkpoints/open-checkpoint.ts';
import { type QueueShape, queueOfRank } from '../../checkpoints/queue-rows.ts';
import { readFlatRange, readQueue, readReplicated } from '../../checkpoints/read-shards.ts';
import type { TensorSource } from '../../checkpoints/safetensors.ts';
import { type FlatKind, flatTensor, QUEUE, type Sharding } from '../../checkpoints/shards.ts';
import type { Executor } from '../../kernels/executor.ts';
import type { FlatLayout } from '../../program/flat-layout.ts';
import { SHARDED } from '../../program/shard.ts';
import { STEP } from '../../program/training-step.ts';
import type { ResolvedConfig } from '../config/config.ts';
import type { RankOf } from '../rank-step.ts';

/** Copied out of the executor, so that the next step can begin. */
export interface RankSnapshot {
  /** This rank's shards, and its rows of the queue. */
  readonly shard: ReadonlyMap<string, TensorSource>;
  /** What is the same on every rank; rank 0 saves it. */
  readonly replicated: ReadonlyMap<string, TensorSource>;
}

const SHARDS: readonly (readonly [FlatKind, (flat: string) => string])[] = [
  ['parameter', SHARDED.shard],
  ['momentum', SHARDED.momentum],
];

export function snapshotRank(executor: Executor, layouts: readonly FlatLayout[]): RankSnapshot {
  const source = (name: string): TensorSource => {
    const values = executor.read(name);
    return { dtype: 'F32', shape: executor.value(name).shape, data: new Uint8Array(values.buffer) };
  };
  const shard = new Map<string, TensorSource>();
  for (const { name } of layouts) {
    for (const [kind, nameOf] of SHARDS) shard.set(flatTensor(kind, name), source(nameOf(name)));
  }
  const states = stateNames(executor);
  if (states.includes(STEP.queue)) shard.set(QUEUE, source(STEP.queue));
  const replicated = new Map(states.filter((name) => name !== STEP.queue).map((name) => [name, source(name)]));
  return { shard, replicated };
}

/** How the shards of these ranks make up the model: for the checkpoint's state.json. */
export function shardingOf(config: ResolvedConfig, flats: readonly FlatLayout[], worldSize: number): Sharding {
  const queue = queueShape(config);
  return { worldSize, flats, ...(queue && { queue }) };
}

/**
 * Reads this rank's part, whatever number of ranks saved the checkpoint, and only the bytes of that part.
 * @throws CheckpointError
 */
export async function restoreRank(
  executor: Executor,
  layouts: readonly FlatLayout[],
  config: ResolvedConfig,
  { rank, worldSize }: RankOf,
  checkpoint: CheckpointReader,
): Promise<void> {
  for (const layout of layouts) {
    const elements = layout.elements / worldSize;
    const values = new Float32Array(elements);
    for (const [kind, nameOf] of SHARDS) {
      await readFlatRange(checkpoint, layout, kind, rank * elements, (rank + 1) * elements, values);
      executor.write(nameOf(layout.name), values);
    }
  }
  for (const name of stateNames(executor)) {
    if (name !== STEP.queue) executor.write(name, (await readReplicated(checkpoint, name)).data);
  }
  const queue = queueShape(config);
  if (queue) executor.write(STEP.queue, queueOfRank(await readQueue(checkpoint), queue, rank, worldSize));
}

function stateNames({ program }: Executor): string[] {
  return program.values.filter(({ role }) => role === 'state').map(({ name }) => name);
}

function queueShape({ crops, loss, model, training }: ResolvedConfig): QueueShape | undefined {
  if (loss.queueLength === 0) return undefined;
  const { batchSize } = training;
  const [assignedCrops, width] = [crops.groups[0]!.count, model.head.at(-1)!];
  return { assignedCrops, length: loss.queueLength, width, batchSize };
}
