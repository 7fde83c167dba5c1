/**
 * A checkpoint of N ranks. Parameters and momentum lie in flats (`program/flat-layout.ts`), of which rank r has the elements
 * r * E / N to (r + 1) * E / N; every rank writes a file of its own:
 *
 *     step-00001000/
 *       shard-00000-of-00004.safetensors   `parameter.<flat>` and `momentum.<flat>`, this rank's part; `queue`, its rows
 *       ...
 *       replicated.safetensors             what is the same on every rank, by its name in the program; rank 0 writes it
 *       state.json                         with `sharding`, which is all that is needed to read them
 *       SHA256SUMS
 */
import path from 'node:path';
import type { FlatLayout } from '../program/flat-layout.ts';
import { writeError, writeFileDurably } from './atomic-file.ts';
import type { QueueShape } from './queue-rows.ts';
import { streamSafetensors, type TensorSource, type WrittenFile } from './safetensors.ts';

/** How a checkpoint's tensors are divided. */
export interface Sharding {
  readonly worldSize: number;
  readonly flats: readonly FlatLayout[];
  /** Only where there is a queue. */
  readonly queue?: QueueShape;
}

/** What a flat holds: the parameters themselves, or their momentum. */
export type FlatKind = 'parameter' | 'momentum';

/** A file of a checkpoint that is being saved. Plain data: a rank tells its coordinator. */
export interface SavedFile extends WrittenFile {
  readonly name: string;
}

export const REPLICATED_FILE = 'replicated.safetensors';
export const QUEUE = 'queue';

export function shardFile(rank: number, worldSize: number): string {
  const digits = (number: number) => String(number).padStart(5, '0');
  return `shard-${digits(rank)}-of-${digits(worldSize)}.safetensors`;
}

export function flatTensor(kind: FlatKind, flat: string): string {
  return `${kind}.${flat}`;
}

/** Every file of tensors that a checkpoint of so many ranks has. */
export function shardedFiles(worldSize: number): string[] {
  return [...Array.from({ length: worldSize }, (_, rank) => shardFile(rank, worldSize)), REPLICATED_FILE];
}

/**
 * Writes one rank's part into the folder of a save that `CheckpointStore.begin` has begun, in the rank's own process. The
 * file is on the disk when the promise is kept; it becomes part of a checkpoint when the coordinator publishes it.
 * @throws CheckpointError CHECKPOINT_WRITE_FAILED
 */
export function writeShard(
  folder: string,
  rank: number,
  worldSize: number,
  tensors: ReadonlyMap<string, TensorSource>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<SavedFile> {
  return writeOrExplain(folder, shardFile(rank, worldSize), tensors, metadata);
}

/** Writes what is the same on every rank; one of them does. @throws CheckpointError CHECKPOINT_WRITE_FAILED */
export function writeReplicated(
  folder: string,
  tensors: ReadonlyMap<string, TensorSource>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<SavedFile> {
  return writeOrExplain(folder, REPLICATED_FILE, tensors, metadata);
}

/** Writes a file of tensors into the folder of a save, durably. Rejects with the system's error. */
export async function writeTensors(
  folder: string,
  name: string,
  tensors: ReadonlyMap<string, TensorSource>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<SavedFile> {
  const file = path.join(folder, name);
  const write = writeFileDurably(file, (handle) => streamSafetensors(handle, file, tensors, metadata));
  return { name, ...(await write) };
}

async function writeOrExplain(...args: Required<Parameters<typeof writeTensors>>): Promise<SavedFile> {
  const [folder, name] = args;
  try {
    return await writeTensors(...args);
  } catch (cause) {
    throw writeError(path.join(folder, name), cause);
  }
}
