/**
 * A checkpoint's folder, opened in one of two ways:
 *
 * - `openCheckpoint` verifies every file, and shows the tensors as `trunk`, `head` and `optimizer` however many ranks saved
 *   them. One process does that when a run is taken up again: its coordinator.
 * - `openReader` verifies a file when it is first opened. With N ranks that each verified everything, a checkpoint would be
 *   read N times; so each rank verifies what it reads.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { messageOf } from '../errors.ts';
import { assembleTensors } from './assembled.ts';
import { readChecksums, requireListed, verifyChecksums, verifyFile } from './checksums.ts';
import { CheckpointError } from './errors.ts';
import { openSafetensors, type SafetensorsFile, type TensorFile } from './safetensors.ts';
import { type Sharding, shardedFiles } from './shards.ts';

export const STATE_FILE = 'state.json';
export const TENSOR_SUFFIX = '.safetensors';
const UNSHARDED_VERSION = 1;
/** An Auspex that knows the first version only would take shards for the checkpoint of another network. */
const SHARDED_VERSION = 2;

export interface CheckpointEntry {
  readonly step: number;
  /** The checkpoint's folder. */
  readonly path: string;
}

/** A checkpoint whose checksums were right when it was loaded. */
export interface LoadedCheckpoint extends CheckpointEntry {
  /** By file, without the ending: those of several ranks as they would be for one. */
  readonly tensors: ReadonlyMap<string, TensorFile>;
  readonly state: unknown;
  /** How several ranks saved it. */
  readonly sharding?: Sharding;
}

/** A checkpoint of which one rank reads what it needs. */
export interface CheckpointReader extends CheckpointEntry {
  readonly state: unknown;
  /** Missing where one rank saved it. */
  readonly sharding?: Sharding;
  /**
   * Opens one of its files, and verifies it at the first time.
   * @throws CheckpointError CHECKPOINT_DAMAGED
   */
  open(name: string): Promise<SafetensorsFile>;
}

/** state.json. */
export function formatState(step: number, state: unknown, sharding?: Sharding): string {
  const formatVersion = sharding ? SHARDED_VERSION : UNSHARDED_VERSION;
  return `${JSON.stringify({ formatVersion, step, state, sharding }, null, 2)}\n`;
}

/**
 * Opens one checkpoint's folder after verifying its checksums.
 * @throws CheckpointError CHECKPOINT_NOT_FOUND, CHECKPOINT_DAMAGED that names the file, or CHECKPOINT_TOO_NEW.
 */
export async function openCheckpoint(entry: CheckpointEntry): Promise<LoadedCheckpoint> {
  const sums = await verifyChecksums(entry.path, [STATE_FILE]);
  const { state, sharding } = await readState(entry.path, sums);
  const open = (name: string) => openSafetensors(path.join(entry.path, name));
  if (sharding) return { ...entry, state, sharding, tensors: assembleTensors(sharding, open) };
  const names = [...sums.keys()].filter((name) => name.endsWith(TENSOR_SUFFIX));
  return { ...entry, state, tensors: new Map(names.map((name) => [name.slice(0, -TENSOR_SUFFIX.length), open(name)])) };
}

/**
 * Opens a checkpoint for one of several readers: only state.json is verified here, every other file when it is read.
 * @throws CheckpointError as openCheckpoint.
 */
export async function openReader(entry: CheckpointEntry): Promise<CheckpointReader> {
  const sums = await readChecksums(entry.path);
  await verifyFile(entry.path, STATE_FILE, sums);
  const { state, sharding } = await readState(entry.path, sums);
  const opened = new Map<string, Promise<SafetensorsFile>>();
  const openVerified = async (name: string) => {
    await verifyFile(entry.path, name, sums);
    return openSafetensors(path.join(entry.path, name));
  };
  const open = (name: string) => {
    const known = opened.get(name) ?? openVerified(name);
    opened.set(name, known);
    return known;
  };
  return { ...entry, state, open, ...(sharding && { sharding }) };
}

async function readState(
  folder: string,
  sums: ReadonlyMap<string, string>,
): Promise<{ state: unknown; sharding: Sharding | undefined }> {
  const file = path.join(folder, STATE_FILE);
  let document: { formatVersion?: unknown; state?: unknown; sharding?: unknown };
  try {
    document = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw damaged(file, `is not JSON (${messageOf(cause)})`, cause);
  }
  if (typeof document.formatVersion === 'number' && document.formatVersion > SHARDED_VERSION) {
    throw new CheckpointError('CHECKPOINT_TOO_NEW', `${file}: written by a newer Auspex; update Auspex`);
  }
  if (document.sharding === undefined) return { state: document.state, sharding: undefined };
  const sharding = shardingSchema.safeParse(document.sharding);
  if (!sharding.success) throw damaged(file, `has a sharding that cannot be: ${z.prettifyError(sharding.error)}`);
  requireListed(folder, sums, shardedFiles(sharding.data.worldSize));
  return { state: document.state, sharding: sharding.data };
}

const count = z.int().min(0);
const shardingSchema = z
  .object({
    worldSize: z.int().min(1),
    flats: z.array(
      z.object({
        name: z.string(),
        unit: z.string(),
        elements: count,
        parameters: z.array(z.object({ name: z.string(), shape: z.array(count), offset: count })),
      }),
    ),
    queue: z.object({ assignedCrops: count, length: count, width: count, batchSize: z.int().min(1) }).optional(),
  })
  .refine(({ worldSize, flats }) => flats.every(({ elements }) => elements % worldSize === 0), {
    error: 'a flat does not divide by the number of ranks',
  })
  .transform(({ queue, ...rest }): Sharding => ({ ...rest, ...(queue && { queue }) }));

function damaged(file: string, problem: string, cause?: unknown): CheckpointError {
  return new CheckpointError('CHECKPOINT_DAMAGED', `${file}: ${problem}`, { cause });
}
