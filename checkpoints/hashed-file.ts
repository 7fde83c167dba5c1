/** Writes a file and takes its checksums on the way: while one chunk is written, the same chunk is hashed. */
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

/** Bytes that are hashed and written in one piece, so that other work is not held up for long. */
const CHUNK_BYTES = 4 * 2 ** 20;
/** From so many new bytes on, the system is asked to bring them to the disk, so that it does not wait for the last. */
const FLUSH_BYTES = 64 * 2 ** 20;

export class HashedFile {
  readonly #handle: FileHandle;
  readonly #hash = createHash('sha256');
  #bytes = 0;
  #sum = 0;
  #unflushed = 0;
  #flush: Promise<unknown> | undefined;
  #flushError: { readonly cause: unknown } | undefined;

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

  async write(data: Uint8Array): Promise<void> {
    for (let begin = 0; begin < data.byteLength; begin += CHUNK_BYTES) {
      const chunk = data.subarray(begin, begin + CHUNK_BYTES);
      const written = this.#handle.writeFile(chunk);
      this.#hash.update(chunk);
      this.#sum = crc32(chunk, this.#sum);
      await written;
      this.#bytes += chunk.byteLength;
      this.#flushSome(chunk.byteLength);
    }
  }

  /** Waits for what is under way. @returns the SHA-256 of the whole file in hexadecimal. */
  async end(): Promise<string> {
    await this.#flush;
    if (this.#flushError) throw this.#flushError.cause;
    return this.#hash.digest('hex');
  }

  #flushSome(bytes: number): void {
    this.#unflushed += bytes;
    if (this.#unflushed < FLUSH_BYTES || this.#flush) return;
    this.#unflushed = 0;
    this.#flush = this.#handle
      .datasync()
      .catch((cause: unknown) => {
        this.#flushError ??= { cause };
      })
      .finally(() => {
        this.#flush = undefined;
      });
  }
}
