/** Rows of files of features, block after block, read ahead of their use. */
import { type FileHandle, open } from 'node:fs/promises';
import { CheckpointError } from '../../checkpoints/errors.ts';
import { ALIGNMENT, alignedMemory, DIRECT_BYTES, passByCache } from '../../kernels/files.ts';
import type { FeatureFile } from '../features/feature-file.ts';

export type RowFile = Pick<FeatureFile, 'path' | 'begin' | 'count'>;

export interface RowBlock {
  /** Number of the file. */
  readonly file: number;
  /** Of the file, the first of the block. */
  readonly first: number;
  readonly count: number;
  /** (count, width). Good until the next block but one is asked for. */
  readonly values: Float32Array;
}

/** Bytes of a block. */
const BLOCK_BYTES = 16 * 2 ** 20;
/** Blocks that are read while one is used. */
const AHEAD = 2;

/**
 * @param files all of this width
 * @throws CheckpointError CHECKPOINT_DAMAGED where a file ends too early; the signal's reason
 */
export async function* rowBlocks(
  files: readonly RowFile[],
  width: number,
  signal?: AbortSignal,
): AsyncGenerator<RowBlock> {
  const rows = Math.max(1, Math.floor(BLOCK_BYTES / 4 / width));
  const parts = files.flatMap(({ count }, file) =>
    Array.from({ length: Math.ceil(count / rows) }, (_, i) => ({
      ...{ file, first: i * rows, count: Math.min(rows, count - i * rows) },
    })),
  );
  const blockBytes = Math.ceil((rows * width * 4) / ALIGNMENT + 1) * ALIGNMENT;
  // One is in use beside those, and the one before it may still be.
  const memory = Array.from({ length: Math.min(AHEAD + 2, parts.length) }, () => alignedMemory(blockBytes));
  const opened = new Map<number, Promise<DirectFile>>();
  const readPart = async (index: number): Promise<RowBlock | undefined> => {
    const part = parts[index];
    if (!part) return undefined;
    const { path, begin, count } = files[part.file]!;
    if (!opened.has(part.file)) opened.set(part.file, DirectFile.open(path, count * width * 4));
    const file = await opened.get(part.file)!;
    const position = begin + part.first * width * 4;
    const values = await file.read(position, part.count * width, memory[index % memory.length]!);
    return { ...part, values };
  };
  const read = (index: number) => {
    const block = readPart(index);
    block.catch(() => undefined); // whoever awaits it hears of it
    return block;
  };
  const reads = parts.slice(0, AHEAD).map((_, index) => read(index));
  try {
    for (let index = 0; index < parts.length; index++) {
      signal?.throwIfAborted();
      const block = await reads.shift();
      reads.push(read(index + AHEAD));
      yield block!;
    }
  } finally {
    await Promise.allSettled(reads);
    for (const file of await Promise.allSettled(opened.values()))
      if (file.status === 'fulfilled') await file.value.close();
  }
}

/** A file that is read past the page cache where it is large and its file system can: that leaves the processor to whoever uses the rows. */
class DirectFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  #isDirect: boolean;

  static async open(path: string, bytes: number): Promise<DirectFile> {
    return new DirectFile(path, await open(path), bytes);
  }

  private constructor(path: string, handle: FileHandle, bytes: number) {
    this.#path = path;
    this.#handle = handle;
    this.#isDirect = bytes >= DIRECT_BYTES && passByCache(handle.fd, true);
  }

  /**
   * @param position in bytes; need not be aligned
   * @param memory aligned, with `ALIGNMENT` bytes to spare
   * @returns numbers that lie in it
   */
  async read(position: number, count: number, memory: Uint8Array): Promise<Float32Array> {
    const before = position % ALIGNMENT;
    const needed = before + count * 4;
    const asked = Math.ceil(needed / ALIGNMENT) * ALIGNMENT;
    for (let done = 0; done < needed; ) {
      const direct = this.#isDirect;
      try {
        const { bytesRead } = await this.#handle.read(memory, done, asked - done, position - before + done);
        if (bytesRead === 0)
          throw new CheckpointError('CHECKPOINT_DAMAGED', `${this.#path} was cut off while it was read.`);
        done += bytesRead;
      } catch (error) {
        // Some file systems agree to pass by the cache and then cannot.
        if (!direct || (error as NodeJS.ErrnoException).code !== 'EINVAL') throw error;
        this.#isDirect = !passByCache(this.#handle.fd, false);
      }
    }
    if (before % 4 === 0) return new Float32Array(memory.buffer, memory.byteOffset + before, count);
    memory.copyWithin(0, before, needed);
    return new Float32Array(memory.buffer, memory.byteOffset, count);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
