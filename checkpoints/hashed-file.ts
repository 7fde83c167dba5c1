/**
 * Writes a file and takes its checksums on the way, in a thread beside those that write. The system is asked early to bring
 * what is written to the disk, so that the flush at the end has little left to wait for.
 */
import type { FileHandle } from 'node:fs/promises';
import { Checksums } from '../kernels/files.ts';

/** Bytes that are hashed and written in one piece. */
const CHUNK_BYTES = 2 ** 20;
/** Chunks that may be under way. */
const MAXIMUM_CHUNKS = 4;
/** From so many new bytes on a flush begins, unless one is under way. */
const FLUSH_BYTES = 32 * 2 ** 20;

export class HashedFile {
  readonly #handle: FileHandle;
  readonly #checksums = new Checksums();
  readonly #underWay: Promise<void>[] = [];
  #bytes = 0;
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
    this.#checksums.restartCrc32();
  }

  /** CRC-32 of what was written since, 8 hexadecimal digits. */
  endPart(): string {
    return this.#checksums.crc32().toString(16).padStart(8, '0');
  }

  /** The data is in use until the promise is kept. */
  async write(data: Uint8Array): Promise<void> {
    try {
      for (let begin = 0; begin < data.byteLength; begin += CHUNK_BYTES) {
        const chunk = data.subarray(begin, begin + CHUNK_BYTES);
        this.#start(chunk);
        if (this.#underWay.length >= MAXIMUM_CHUNKS) await this.#underWay.shift();
      }
    } finally {
      // All of them, also where one has failed: the data is the caller's again, and the file may be closed.
      await allSettled(...this.#underWay.splice(0));
    }
  }

  /** Waits for what is under way. @returns the SHA-256 of the whole file in hexadecimal. */
  async end(): Promise<string> {
    await this.#flush;
    return this.#checksums.sha256();
  }

  #start(chunk: Uint8Array): void {
    const done = allSettled(writeAll(this.#handle, chunk, this.#bytes), this.#checksums.update(chunk));
    // Whoever awaits it is told; until then it must not count as an error that nobody handles.
    done.catch(() => undefined);
    this.#underWay.push(done);
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

/** Rejects only when none uses its data any more. */
async function allSettled(...work: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(work);
  await Promise.all(work);
}

async function writeAll(handle: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < chunk.byteLength; ) {
    const { bytesWritten } = await handle.write(chunk, done, chunk.byteLength - done, position + done);
    done += bytesWritten;
  }
}
