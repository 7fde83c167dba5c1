/** Streams bytes of a checkpoint's files: the next chunk is read while the one before is hashed, compared or written. */
import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '../errors.ts';
import { CheckpointError } from './errors.ts';
import { cut, type Segment } from './tensor-map.ts';

/** Told of bytes that are done, as they are done. */
export type OnBytes = (bytes: number) => void;

/** Bytes that are read in one piece: as many as a core's cache holds. Two such buffers are all the memory that a stream takes. */
export const CHUNK_BYTES = 2 ** 20;

/** Files of a folder, opened when they are first read, and kept: one that is removed meanwhile can still be read to its end. */
export class OpenFiles {
  readonly #folder: string;
  readonly #handles = new Map<string, Promise<FileHandle>>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Fills `into` from a position on. @throws CheckpointError CHECKPOINT_DAMAGED where the file is missing or ends before. */
  async read(name: string, position: number, into: Uint8Array): Promise<void> {
    const file = path.join(this.#folder, name);
    const handle = await this.#open(name);
    for (let done = 0; done < into.byteLength; ) {
      const length = into.byteLength - done;
      const { bytesRead } = await handle.read(into, done, length, position + done).catch(unreadable(file));
      if (bytesRead === 0) {
        const end = position + done;
        throw new CheckpointError('CHECKPOINT_DAMAGED', `${file}: ends at byte ${end}; the file is truncated`);
      }
      done += bytesRead;
    }
  }

  /** @throws CheckpointError CHECKPOINT_DAMAGED */
  async size(name: string): Promise<number> {
    const { size } = await (await this.#open(name)).stat().catch(unreadable(path.join(this.#folder, name)));
    return size;
  }

  async close(): Promise<void> {
    const handles = [...this.#handles.values()];
    this.#handles.clear();
    // One that could not be opened was reported to whoever wanted to read it.
    for (const handle of await Promise.allSettled(handles))
      if (handle.status === 'fulfilled') await handle.value.close();
  }

  #open(name: string): Promise<FileHandle> {
    const file = path.join(this.#folder, name);
    const known = this.#handles.get(name) ?? open(file, 'r').catch(unreadable(file));
    this.#handles.set(name, known);
    return known;
  }
}

/**
 * Reads segments one after another, in chunks. A chunk is good until the next is asked for.
 * @throws CheckpointError CHECKPOINT_DAMAGED
 */
export async function* readSegments(files: OpenFiles, segments: readonly Segment[]): AsyncGenerator<Uint8Array> {
  const total = segments.reduce((sum, { bytes }) => sum + bytes, 0);
  const numChunks = Math.ceil(total / CHUNK_BYTES);
  const buffers = Array.from({ length: Math.min(2, numChunks) }, () =>
    Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, total)),
  );
  const fill = (chunk: number): Promise<Uint8Array> => {
    const begin = chunk * CHUNK_BYTES;
    const end = Math.min(total, begin + CHUNK_BYTES);
    return readParts(files, cut(segments, begin, end), buffers[chunk % 2]!.subarray(0, end - begin));
  };
  let next = numChunks > 0 ? fill(0) : undefined;
  try {
    for (let chunk = 0; next; chunk++) {
      const current = await next;
      next = chunk + 1 < numChunks ? fill(chunk + 1) : undefined;
      yield current;
    }
  } finally {
    // Whoever stops early must not close the files under a read; how that one ends is of no interest.
    await next?.catch(() => undefined);
  }
}

async function readParts(files: OpenFiles, parts: readonly Segment[], into: Uint8Array): Promise<Uint8Array> {
  let at = 0;
  for (const { file, position, bytes } of parts) {
    const part = into.subarray(at, at + bytes);
    if (file === null) part.fill(0);
    else await files.read(file, position, part);
    at += bytes;
  }
  return into;
}

function unreadable(file: string): (cause: unknown) => never {
  return (cause) => {
    throw new CheckpointError('CHECKPOINT_DAMAGED', `${file}: cannot be read (${messageOf(cause)})`, { cause });
  };
}
