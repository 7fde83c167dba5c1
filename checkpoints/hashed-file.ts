/**
 * Writes a file and takes its checksums on the way: while some chunks are written, the next are hashed. The system is asked
 * early to bring what is written to the disk, so that the flush at the end has little left to wait for.
 */
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

/** Bytes that are hashed and written in one piece: as many as a core's cache holds, for two checksums are taken of them. */
const CHUNK_BYTES = 2 ** 20;
/** Writes that may be under way while the next chunk is hashed. */
const MAXIMUM_WRITES = 4;
/** From so many new bytes on a flush begins, unless one is under way. */
const FLUSH_BYTES = 32 * 2 ** 20;

export class HashedFile {
  readonly #handle: FileHandle;
  readonly #hash = createHash('sha256');
  readonly #writes: Promise<void>[] = [];
  #bytes = 0;
  #sum = 0;
  #unflushed = 0;
  #flush: Promise<void> | undefined;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Begins a part whose CRC-32 is wanted. */
  beginPart(): void {
    this.#sum = 0;
  }

  /** CRC-32 of what was written since, 8 hexadecimal digits. */
  endPart(): string {
    return this.#sum.toString(16).padStart(8, '0');
  }

  /** The data is in use until the promise is kept. */
  async write(data: Uint8Array): Promise<void> {
    try {
      for (let begin = 0; begin < data.byteLength; begin += CHUNK_BYTES) {
        const chunk = data.subarray(begin, begin + CHUNK_BYTES);
        this.#start(chunk);
        this.#hash.update(chunk);
        this.#sum = crc32(chunk, this.#sum);
        if (this.#writes.length >= MAXIMUM_WRITES) await this.#writes.shift();
      }
    } finally {
      // All of them, also where one has failed: the data is the caller's again, and the file may be closed.
      const writes = this.#writes.splice(0);
      await Promise.allSettled(writes);
      await Promise.all(writes);
    }
  }

  /** Waits for what is under way. @returns the SHA-256 of the whole file in hexadecimal. */
  async end(): Promise<string> {
    await this.#flush;
    return this.#hash.digest('hex');
  }

  #start(chunk: Uint8Array): void {
    const write = writeAll(this.#handle, chunk, this.#bytes);
    // Whoever awaits it is told; until then it must not count as an error that nobody handles.
    write.catch(() => undefined);
    this.#writes.push(write);
    this.#bytes += chunk.byteLength;
    this.#unflushed += chunk.byteLength;
    if (this.#unflushed < FLUSH_BYTES || this.#flush) return;
    this.#unflushed = 0;
    const flush = this.#handle.datasync().then(() => {
      this.#flush = undefined;
    });
    // One that fails stays, and is reported at the end.
    flush.catch(() => undefined);
    this.#flush = flush;
  }
}

async function writeAll(handle: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < chunk.byteLength; ) {
    const { bytesWritten } = await handle.write(chunk, done, chunk.byteLength - done, position + done);
    done += bytesWritten;
  }
}
