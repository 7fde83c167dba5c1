/** Compares files with their checksums, the large ones in threads. */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { CHECKSUMS_FILE, readChecksums, requireListed } from './checksums.ts';
import { CheckpointError } from './errors.ts';
import { readInThread } from './hash-thread.ts';
import { type OnBytes, OpenFiles, readSegments } from './read-segments.ts';

/** From so many bytes on a file gets a thread of its own; starting one takes about as long as hashing 30 MB. */
const THREAD_BYTES = 64 * 2 ** 20;
/** Files that are read at once: more would not make a disk faster. */
const MAXIMUM_THREADS = 4;

export interface VerifyListeners {
  /** Told how many bytes are verified. */
  readonly onBytes?: OnBytes | undefined;
  /** Sees a file's bytes from a position on; they are good during the call only. */
  readonly onChunk?: (name: string, position: number, chunk: Uint8Array) => void;
}

/**
 * Compares every file that a folder's SHA256SUMS lists.
 * @param required - names that must be listed.
 * @param onBytes - is told how many bytes are verified.
 * @returns the checksums that are listed, by name.
 * @throws CheckpointError CHECKPOINT_DAMAGED that names the file.
 */
export async function verifyChecksums(
  folder: string,
  required: readonly string[],
  onBytes?: OnBytes,
): Promise<Map<string, string>> {
  const sums = await readChecksums(folder);
  requireListed(folder, sums, required);
  await verifyFiles(folder, [...sums.keys()], sums, { onBytes });
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
  { onBytes, onChunk }: VerifyListeners = {},
): Promise<void> {
  requireListed(folder, sums, [name]);
  const chunks = hashedChunks(folder, name);
  let next = await chunks.next();
  for (let position = 0; !next.done; next = await chunks.next()) {
    onChunk?.(name, position, next.value);
    onBytes?.(next.value.byteLength);
    position += next.value.byteLength;
  }
  if (next.value === sums.get(name)) return;
  const file = path.join(folder, name);
  throw new CheckpointError('CHECKPOINT_DAMAGED', `${file}: differs from its checksum in ${CHECKSUMS_FILE}`);
}

/**
 * A file's bytes, a chunk at a time, which is good until the next is asked for.
 * @returns its SHA-256.
 * @throws CheckpointError CHECKPOINT_DAMAGED where it cannot be read.
 */
async function* hashedChunks(folder: string, name: string): AsyncGenerator<Uint8Array, string> {
  const files = new OpenFiles(folder);
  try {
    const bytes = await files.size(name);
    if (bytes >= THREAD_BYTES) return yield* readInThread(path.join(folder, name));
    const hash = createHash('sha256');
    for await (const chunk of readSegments(files, [{ file: name, position: 0, bytes }])) {
      hash.update(chunk);
      yield chunk;
    }
    return hash.digest('hex');
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
