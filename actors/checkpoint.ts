/**
 * The checkpoint actor of a rank: writes what the worker copied out of its executor while the next steps run, and confirms it
 * to the coordinator, which publishes the checkpoint when all ranks have confirmed.
 *
 *     idle ──save──▶ writing ──▶ saved | saveFailed to the coordinator ──▶ idle
 *
 * Saves are written one after another; the coordinator begins none before the last is published or given up.
 */
import { type SavedFile, writeReplicated, writeShard } from '../checkpoints/shards.ts';
import { messageOf } from '../errors.ts';
import type { RankSnapshot } from '../training/checkpoints/rank-checkpoint.ts';
import type { ShardCoordinatorMessage } from './messages.ts';
import type { ActorRef, Behaviour } from './runtime/index.ts';
import type { WorldNumber } from './world.ts';

export type CheckpointMessage = {
  readonly kind: 'save';
  readonly world: WorldNumber;
  /** Of the save that the coordinator has begun. */
  readonly folder: string;
  readonly rank: number;
  readonly worldSize: number;
  readonly snapshot: RankSnapshot;
  /** Text for the files' headers. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly coordinator: ActorRef<ShardCoordinatorMessage>;
};

export const checkpoint: Behaviour<undefined, CheckpointMessage> = {
  start: () => undefined,

  async receive(_, { world, rank, coordinator, ...save }) {
    const of = { world, rank, folder: save.folder };
    try {
      coordinator.tell({ kind: 'saved', ...of, files: await write(rank, save) });
    } catch (error) {
      coordinator.tell({ kind: 'saveFailed', ...of, message: messageOf(error) });
    }
    return undefined;
  },
};

type Save = Pick<CheckpointMessage, 'folder' | 'worldSize' | 'snapshot' | 'metadata'>;

async function write(rank: number, { folder, worldSize, snapshot, metadata }: Save): Promise<SavedFile[]> {
  const files = [await writeShard(folder, rank, worldSize, snapshot.shard, metadata)];
  if (rank === 0) files.push(await writeReplicated(folder, snapshot.replicated, metadata));
  return files;
}
