/** The last files of a checkpoint's folder, written by the process that publishes it. */
import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { syncFolder, writeFileDurably } from './atomic-file.ts';
import { CHECKSUMS_FILE, formatChecksums } from './checksums.ts';
import { CheckpointError } from './errors.ts';
import { openSafetensors, type SafetensorsFile } from './safetensors.ts';
import { type SavedFile, type Sharding, shardedFiles } from './shards.ts';
import { type Slices, slicedFiles } from './slices.ts';
import { formatState, STATE_FILE } from './state-file.ts';
import { openAll } from './tensor-map.ts';
import { formatTensorSums, TENSOR_SUMS_FILE } from './tensor-sums.ts';

/** What the coordinator publishes. */
export interface SavedCheckpoint {
  /** What every writer has confirmed. */
  readonly files: readonly SavedFile[];
  /** Anything that JSON can hold. */
  readonly state: unknown;
  /** Missing unless several ranks saved it. */
  readonly sharding?: Sharding;
  /** Missing unless every layer has a file. */
  readonly slices?: Slices;
}

/** Writes what completes a checkpoint's folder, after a look at what is there. */
export async function finishFolder(
  folder: string,
  step: number,
  { files, state, sharding, slices }: SavedCheckpoint,
): Promise<void> {
  await checkFiles(folder, files, sharding ? shardedFiles(sharding.worldSize) : slices && slicedFiles(slices));
  if (sharding) openAll(sharding, (name) => openConfirmed(folder, name));
  const sums = new Map(files.map(({ name, sha256 }) => [name, sha256]));
  for (const [name, text] of [
    [TENSOR_SUMS_FILE, formatTensorSums(files)],
    [STATE_FILE, formatState(step, state, { sharding, slices })],
  ] as const) {
    sums.set(name, createHash('sha256').update(text).digest('hex'));
    await writeFileDurably(path.join(folder, name), (file) => file.writeFile(text));
  }
  await writeFileDurably(path.join(folder, CHECKSUMS_FILE), (file) => file.writeFile(formatChecksums(sums)));
  await syncFolder(folder);
}

/** That every file is there as it was confirmed, and none besides; contents were hashed as they were written. */
async function checkFiles(folder: string, files: readonly SavedFile[], wanted?: readonly string[]): Promise<void> {
  const confirmed = new Set(files.map(({ name }) => name));
  const present = await readdir(folder);
  const expected = wanted ?? [...confirmed];
  for (const name of expected) if (!confirmed.has(name)) throw wrongFile(folder, name, 'no rank has confirmed it');
  for (const name of [...confirmed, ...present]) {
    if (!expected.includes(name)) throw wrongFile(folder, name, 'it belongs to no rank of this checkpoint');
  }
  for (const { name, bytes } of files) {
    if (!present.includes(name)) throw wrongFile(folder, name, 'it is not there, though it was confirmed');
    const { size } = await stat(path.join(folder, name));
    if (size !== bytes) throw wrongFile(folder, name, `it has ${size} bytes, and ${bytes} were confirmed`);
  }
}

/** Another process that saves into the same place may clear this folder away at any moment. */
function openConfirmed(folder: string, name: string): SafetensorsFile {
  try {
    return openSafetensors(path.join(folder, name));
  } catch (error) {
    if (!(error instanceof CheckpointError) || error.code !== 'CHECKPOINT_NOT_FOUND') throw error;
    throw wrongFile(folder, name, 'it is not there any more, though it was confirmed');
  }
}

function wrongFile(folder: string, name: string, problem: string): CheckpointError {
  return new CheckpointError('CHECKPOINT_WRITE_FAILED', `${path.join(folder, name)}: cannot be published: ${problem}`);
}
