/** Compares files with their checksums, which are taken off the JavaScript thread. */
import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { messageOf } from '../errors.ts';
import { Checksums, type FileStretch, readParts } from '../kernels/files.ts';
import { CHECKSUMS_FILE, readChecksums, requireListed } from './checksums.ts';
import { CheckpointError } from './errors.ts';
import { type OnBytes, OpenFiles, readSegments } from './read-segments.ts';
import { HEADER_PART } from './safetensors.ts';
import { type FilePart, partsOf, readTensorSums, TENSOR_SUMS_FILE, type TensorSums } from './tensor-sums.ts';

/** Files that are read at once where each is verified as a whole: more would not make a disk faster. */
const MAXIMUM_FILES = 4;

/** Threads that read one file where parts of it can be verified on their own. */
const THREADS_OF_FILE = 4;

/** Where bytes of a file are wanted, from a position on. */
export interface Destination {
  readonly position: number;
  readonly into: Uint8Array;
}

export interface VerifyOptions {
  /** Told how many bytes are verified. */
  readonly onBytes?: OnBytes | undefined;
  /** What is wanted of each file, in the order of the file and nothing twice; whether it is good is known at the end. */
  readonly destinations?: ReadonlyMap<string, readonly Destination[]>;
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
  options: VerifyOptions = {},
): Promise<Map<string, string>> {
  const sums = await readChecksums(folder);
  requireListed(folder, sums, required);
  await verifyFiles(folder, [...sums.keys()], sums, options);
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
  options: VerifyOptions = {},
): Promise<void> {
  const failures = new Map<string, unknown>();
  // The largest first, so that the threads end together.
  const sizes = new Map<string, number>();
  for (const name of names) sizes.set(name, await sizeOf(path.join(folder, name)));
  const remaining = [...names].sort((one, other) => sizes.get(other)! - sizes.get(one)!).values();
  const workOff = async () => {
    for (const name of remaining) {
      await verifyFile(folder, name, sums, options).catch((error: unknown) => failures.set(name, error));
    }
  };
  const filesAtOnce = options.tensorSums ? 1 : Math.min(MAXIMUM_FILES, availableParallelism());
  await Promise.all(Array.from({ length: filesAtOnce }, workOff));
  for (const name of names) if (failures.has(name)) throw failures.get(name);
}

/**
 * Compares one file with its checksum.
 * @throws CheckpointError CHECKPOINT_DAMAGED that names it, and the tensor where that is known.
 */
export async function verifyFile(
  folder: string,
  name: string,
  sums: ReadonlyMap<string, string>,
  { onBytes, destinations, tensorSums }: VerifyOptions = {},
): Promise<void> {
  requireListed(folder, sums, [name]);
  const sha256 = sums.get(name)!;
  const parts = tensorSums && wholeParts(folder, name, sha256, tensorSums);
  const file = path.join(folder, name);
  const wanted = destinations?.get(name) ?? [];
  if (!parts) {
    if ((await readAndHash(folder, name, wanted, onBytes)) === sha256) return;
    throw new CheckpointError('CHECKPOINT_DAMAGED', `${file}: differs from its checksum in ${CHECKSUMS_FILE}`);
  }
  const found = await readParts(file, stretchesOf(parts, wanted), THREADS_OF_FILE, onBytes).catch((cause: unknown) => {
    throw new CheckpointError('CHECKPOINT_DAMAGED', `${file}: ${messageOf(cause)}`, { cause });
  });
  const damaged = parts.find(({ sum }, index) => found[index] !== sum);
  if (!damaged) return;
  const what = damaged.name === HEADER_PART ? 'its header' : `tensor ${damaged.name}`;
  throw new CheckpointError('CHECKPOINT_DAMAGED', `${file}: ${what} differs from its checksum in ${TENSOR_SUMS_FILE}`);
}

/** Each part cut where a destination begins or ends. */
function stretchesOf(parts: readonly FilePart[], destinations: readonly Destination[]): FileStretch[][] {
  let next = 0;
  let position = 0;
  return parts.map(({ end }) => {
    const stretches: FileStretch[] = [];
    while (position < end) {
      const wanted = destinations[next];
      const begin = wanted?.position ?? end;
      const offset = position - begin;
      const bytes = Math.min(end, offset < 0 ? begin : begin + wanted!.into.byteLength) - position;
      const into = offset < 0 ? undefined : wanted!.into.subarray(offset, offset + bytes);
      if (bytes > 0) stretches.push({ position, bytes, into });
      position += bytes;
      if (wanted && position >= begin + wanted.into.byteLength) next++;
    }
    return stretches;
  });
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
 * Reads a file, its bytes to where they are wanted.
 * @returns its SHA-256 in hexadecimal.
 * @throws CheckpointError CHECKPOINT_DAMAGED where it cannot be read.
 */
async function readAndHash(
  folder: string,
  name: string,
  destinations: readonly Destination[],
  onBytes?: OnBytes,
): Promise<string> {
  const files = new OpenFiles(folder);
  try {
    const bytes = await files.size(name);
    const chunks = hashedSegments(files, name, bytes);
    for (let position = 0; ; ) {
      const next = await chunks.next();
      if (next.done) return next.value;
      copyTo(destinations, position, next.value);
      position += next.value.byteLength;
      onBytes?.(next.value.byteLength);
    }
  } finally {
    await files.close();
  }
}

async function* hashedSegments(files: OpenFiles, file: string, bytes: number): AsyncGenerator<Uint8Array, string> {
  const checksums = new Checksums();
  for await (const chunk of readSegments(files, [{ file, position: 0, bytes }])) {
    const hashed = checksums.update(chunk);
    yield chunk;
    await hashed;
  }
  return checksums.sha256();
}

/** @param at where in its file the chunk begins. */
function copyTo(destinations: readonly Destination[], at: number, chunk: Uint8Array): void {
  for (const { position, into } of destinations) {
    const begin = Math.max(position, at);
    const end = Math.min(position + into.byteLength, at + chunk.byteLength);
    if (begin < end) into.set(chunk.subarray(begin - at, end - at), begin - position);
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
