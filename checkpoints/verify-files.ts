/** Compares files with their checksums, the large ones in threads. */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { CHECKSUMS_FILE, readChecksums, requireListed } from './checksums.ts';
import { CheckpointError } from './errors.ts';
import { readInThread, type Sums } from './hash-thread.ts';
import { type OnBytes, OpenFiles, readSegments } from './read-segments.ts';
import { HEADER_PART } from './safetensors.ts';
import { type FilePart, PartSums, partsOf, readTensorSums, TENSOR_SUMS_FILE, type TensorSums } from './tensor-sums.ts';

/** From so many bytes on a file gets a thread of its own; starting one takes about as long as hashing 30 MB. */
const THREAD_BYTES = 64 * 2 ** 20;
/** Files that are read at once: more would not make a disk faster. */
const MAXIMUM_THREADS = 4;

export interface VerifyListeners {
  /** Told how many bytes are verified. */
  readonly onBytes?: OnBytes | undefined;
  /** Sees a file's bytes from a position on; they are good during the call only. */
  readonly onChunk?: (name: string, position: number, chunk: Uint8Array) => void;
  /** To compare with the CRC-32 of tensors, where they are known, and not with SHA256SUMS: for loading. */
  readonly tensorSums?: TensorSums | undefined;
}

/**
 * Compares every file that a folder's SHA256SUMS lists.
 * @param required - names that must be listed.
 * @returns the checksums that are listed, by name.
 * @throws CheckpointError CHECKPOINT_DAMAGED that names the file.
 */
export async function verifyChecksums(
  folder: string,
  required: readonly string[],
  listeners: VerifyListeners = {},
): Promise<Map<string, string>> {
  const sums = await readChecksums(folder);
  requireListed(folder, sums, required);
  await verifyFiles(folder, [...sums.keys()], sums, listeners);
  return sums;
}

/**
 * Compares files with their checksums, several at once.
 * @throws CheckpointError CHECKPOINT_DAMAGED that names the first that is damaged.
 */
export async function verifyFiles(
  folder: string,
  names: readonly string[],
  sums: ReadonlyMap<string, string>,
  listeners: VerifyListeners = {},
): Promise<void> {
  const failures = new Map<string, unknown>();
  // The largest first, so that the threads end together.
  const sizes = new Map<string, number>();
  for (const name of names) sizes.set(name, await sizeOf(path.join(folder, name)));
  const remaining = [...names].sort((one, other) => sizes.get(other)! - sizes.get(one)!).values();
  const workOff = async () => {
    for (const name of remaining) {
      await verifyFile(folder, name, sums, listeners).catch((error: unknown) => failures.set(name, error));
    }
  };
  await Promise.all(Array.from({ length: Math.min(MAXIMUM_THREADS, availableParallelism()) }, workOff));
  for (const name of names) if (failures.has(name)) throw failures.get(name);
}

/**
 * Compares one file with its checksum.
 * @throws CheckpointError CHECKPOINT_DAMAGED that names it.
 */
export async function verifyFile(
  folder: string,
  name: string,
  sums: ReadonlyMap<string, string>,
  { onBytes, onChunk, tensorSums }: VerifyListeners = {},
): Promise<void> {
  requireListed(folder, sums, [name]);
  const parts = tensorSums && wholeParts(folder, name, sums.get(name)!, tensorSums);
  const chunks = summedChunks(folder, name, parts);
  let next = await chunks.next();
  try {
    for (let position = 0; !next.done; next = await chunks.next()) {
      onChunk?.(name, position, next.value);
      onBytes?.(next.value.byteLength);
      position += next.value.byteLength;
    }
  } finally {
    // Ends the thread also where a listener throws.
    await chunks.return({ parts: [] });
  }
  const file = path.join(folder, name);
  if ('sha256' in next.value) {
    if (next.value.sha256 === sums.get(name)) return;
    throw new CheckpointError('CHECKPOINT_DAMAGED', `${file}: differs from its checksum in ${CHECKSUMS_FILE}`);
  }
  const found = next.value.parts;
  const damaged = parts!.find(({ sum }, index) => found[index] !== sum);
  if (!damaged) return;
  const what = damaged.name === HEADER_PART ? 'its header' : `tensor ${damaged.name}`;
  throw new CheckpointError('CHECKPOINT_DAMAGED', `${file}: ${what} differs from its checksum in ${TENSOR_SUMS_FILE}`);
}

/** Undefined where the SHA-256 has to decide: also where the file is longer than its parts, or its header cannot be read. */
function wholeParts(folder: string, name: string, sha256: string, sums: TensorSums): FilePart[] | undefined {
  try {
    return partsOf(folder, name, sha256, sums);
  } catch (error) {
    if (error instanceof CheckpointError) return undefined;
    throw error;
  }
}

/**
 * A file's bytes, a chunk at a time, which is good until the next is asked for.
 * @returns the CRC-32 of its parts, or its SHA-256 where there are none.
 * @throws CheckpointError CHECKPOINT_DAMAGED where it cannot be read.
 */
async function* summedChunks(
  folder: string,
  name: string,
  parts?: readonly FilePart[],
): AsyncGenerator<Uint8Array, Sums> {
  const files = new OpenFiles(folder);
  const ends = parts?.map(({ end }) => end);
  try {
    const bytes = await files.size(name);
    if (bytes >= THREAD_BYTES) return yield* readInThread(path.join(folder, name), ends);
    const hash = createHash('sha256');
    const partSums = ends && new PartSums(ends);
    for await (const chunk of readSegments(files, [{ file: name, position: 0, bytes }])) {
      if (partSums) partSums.add(chunk);
      else hash.update(chunk);
      yield chunk;
    }
    return partSums ? { parts: partSums.sums } : { sha256: hash.digest('hex') };
  } finally {
    await files.close();
  }
}

/** Of a file that is missing 0: whoever reads it says so. */
function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}

/** tensors.json once it is known to be good; undefined where a checkpoint has none, or a damaged one: SHA256SUMS decides then. */
export async function verifiedTensorSums(
  folder: string,
  sums: ReadonlyMap<string, string>,
): Promise<TensorSums | undefined> {
  if (!sums.has(TENSOR_SUMS_FILE)) return undefined;
  const isGood = await verifyFile(folder, TENSOR_SUMS_FILE, sums).then(
    () => true,
    () => false,
  );
  return isGood ? readTensorSums(folder) : undefined;
}
