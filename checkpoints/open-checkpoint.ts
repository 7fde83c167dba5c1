/**
 * A checkpoint's folder, opened in one of two ways:
 *
 * - `openCheckpoint` verifies every file, and shows the tensors as `trunk`, `head` and `optimizer` however they are divided
 *   into files. One process does that when a run is taken up again: its coordinator.
 * - `openReader` verifies a file when it is first opened. With N ranks that each verified everything, a checkpoint would be
 *   read N times; so each rank verifies what it reads.
 */
import path from 'node:path';
import { assembleTensors } from './assembled.ts';
import { readChecksums, requireListed } from './checksums.ts';
import { CheckpointError } from './errors.ts';
import type { OnBytes } from './read-segments.ts';
import { openSafetensors, type SafetensorsFile, type TensorFile } from './safetensors.ts';
import type { Sharding } from './shards.ts';
import { sliceOf } from './slices.ts';
import { type Layout, readState, STATE_FILE, TENSOR_SUFFIX } from './state-file.ts';
import { type MemoryOf, streamTensors } from './stream-tensors.ts';
import type { TensorMap } from './tensor-map.ts';
import type { TensorPlace } from './tensor-places.ts';
import { verifiedTensorSums, verifyChecksums, verifyFile, verifyFiles } from './verify-files.ts';

export interface CheckpointEntry {
  readonly step: number;
  /** The checkpoint's folder. */
  readonly path: string;
}

/** A checkpoint whose checksums were right when it was loaded. */
export interface LoadedCheckpoint extends CheckpointEntry {
  /** By file, without the ending: as they would be if one rank had saved them. */
  readonly tensors: ReadonlyMap<string, TensorFile>;
  /** Where the same tensors lie. */
  readonly map: TensorMap;
  readonly state: unknown;
  readonly layout: Layout;
  /** How several ranks saved it. */
  readonly sharding?: Sharding;
}

/** A checkpoint of which one rank reads what it needs. */
export interface CheckpointReader extends CheckpointEntry {
  readonly state: unknown;
  readonly layout: Layout;
  /** Missing unless several ranks saved it. */
  readonly sharding?: Sharding;
  /**
   * Opens one of its files, and verifies it at the first time.
   * @throws CheckpointError CHECKPOINT_DAMAGED
   */
  open(name: string): Promise<SafetensorsFile>;
}

export interface OpenOptions {
  /** Told how many bytes are verified. */
  readonly onBytes?: OnBytes | undefined;
  /**
   * Gives the memory for the tensors, which are read while their files are verified, in the same pass: called once, when it is
   * known which there are. What it throws is thrown, unless something is damaged.
   */
  readonly receive?: ((checkpoint: LoadedCheckpoint) => MemoryOf) | undefined;
}

/**
 * Opens one checkpoint's folder and verifies its checksums.
 * @throws CheckpointError CHECKPOINT_NOT_FOUND, CHECKPOINT_DAMAGED that names the file, or CHECKPOINT_TOO_NEW.
 */
export async function openCheckpoint(
  entry: CheckpointEntry,
  { onBytes, receive }: OpenOptions = {},
): Promise<LoadedCheckpoint> {
  const { path: folder } = entry;
  if (!receive) return assemble(entry, await verifyChecksums(folder, [STATE_FILE], { onBytes }));
  const sums = await readChecksums(folder);
  requireListed(folder, sums, [STATE_FILE]);
  const verifyThenThrow = async (error: unknown): Promise<never> => {
    await verifyFiles(folder, [...sums.keys()], sums);
    throw error;
  };
  const opened = await verifyFile(folder, STATE_FILE, sums)
    .then(() => assemble(entry, sums))
    .catch(verifyThenThrow);
  const received = await Promise.resolve(opened).then(receive).catch(verifyThenThrow);
  await streamTensors(folder, opened.map, sums, received, onBytes);
  return opened;
}

/** The files' headers are looked at. */
async function assemble(entry: CheckpointEntry, sums: ReadonlyMap<string, string>): Promise<LoadedCheckpoint> {
  const { state, layout } = await readState(entry.path, sums);
  const open = (name: string) => openSafetensors(path.join(entry.path, name));
  return { ...entry, state, layout, ...shardingOf(layout), ...assembleTensors(entry.path, layout, open) };
}

/**
 * Opens a checkpoint for one of several readers: only state.json is verified here, every other file when it is read.
 * @throws CheckpointError as openCheckpoint.
 */
export async function openReader(entry: CheckpointEntry): Promise<CheckpointReader> {
  const sums = await readChecksums(entry.path);
  await verifyFile(entry.path, STATE_FILE, sums);
  const { state, layout } = await readState(entry.path, sums);
  const tensorSums = await verifiedTensorSums(entry.path, sums);
  const opened = new Map<string, Promise<SafetensorsFile>>();
  const openVerified = async (name: string) => {
    await verifyFile(entry.path, name, sums, { tensorSums });
    return openSafetensors(path.join(entry.path, name));
  };
  const open = (name: string) => {
    const known = opened.get(name) ?? openVerified(name);
    opened.set(name, known);
    return known;
  };
  return { ...entry, state, layout, open, ...shardingOf(layout) };
}

/**
 * The file of a tensor, of a checkpoint that holds each of them in one piece.
 * @throws CheckpointError CHECKPOINT_MISMATCH where no file is for it.
 */
export function fileOf({ layout, path: folder }: CheckpointReader, place: TensorPlace): string {
  if (layout.kind !== 'sliced') return `${place.file}${TENSOR_SUFFIX}`;
  const { unit } = sliceOf(place);
  const slice = layout.slices.find((slice) => slice.unit === unit && slice.group === place.file);
  if (slice) return slice.file;
  throw new CheckpointError('CHECKPOINT_MISMATCH', `${folder}: no slice is for ${place.tensor} of ${unit}`);
}

function shardingOf(layout: Layout): { sharding?: Sharding } {
  return layout.kind === 'sharded' ? { sharding: layout.sharding } : {};
}
