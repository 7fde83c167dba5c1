import { mergeCheckpoint } from '../../checkpoints/merge.ts';
import type { CheckpointEntry } from '../../checkpoints/open-checkpoint.ts';
import { reshardCheckpoint } from '../../checkpoints/reshard.ts';
import { sliceCheckpoint } from '../../checkpoints/slice.ts';
import { shardingOf } from './sharded-contents.ts';

/** What makes a checkpoint of another. */
export const transformations = {
  slice: (from: CheckpointEntry, to: string) => sliceCheckpoint(from, to, { momentum: true }),
  merge: (from: CheckpointEntry, to: string) => mergeCheckpoint(from, to),
  reshard: (from: CheckpointEntry, to: string) => reshardCheckpoint(from, to, shardingOf(3)),
} as const;

export type Transformation = keyof typeof transformations;
