/**
 * Writes a file and takes its checksums on the way, in a thread beside those that write. A large one is written past the
 * system's page cache, where its file system can: nothing else is driven out of the cache, hardly any processor time is
 * taken from a training that goes on beside it, and little is left for the flush at the end to wait for.
 */
import type { FileHandle } from 'node:fs/promises';
import { ALIGNMENT, alignedMemory, Checksums, DIRECT_BYTES, passByCache } from '../kernels/files.ts';

/** Bytes that are written in one piece. */
const BLOCK_BYTES = 4 * 2 ** 20;
/** Blocks that may be under way. */
const MAXIMUM_BLOCKS = 3;

export class HashedFile {
  readonly #handle: FileHandle;
  readonly #checksums = new Checksums();
  readonly #blockBytes: number;
  readonly #free: Uint8Array[] = [];
  readonly #underWay: Promise<void>[] = [];
  /** What is being filled, how far it is, and how far its checksums are taken. */
  #block: Uint8Array;
  #filled = 0;
  #hashed = 0;
  /** The checksums of all that was given to `update`. */
  #hashing: Promise<void> = Promise.resolve();
  /** Position in the file where it goes. */
  #position = 0;
  #isDirect: boolean;

  /** @param expectedBytes of the whole file: how it is written, and not how much may be. */
  constructor(handle: FileHandle, expectedBytes: number) {
    this.#handle = handle;
    this.#blockBytes = Math.min(BLOCK_BYTES, Math.ceil((expectedBytes + 1) / ALIGNMENT) * ALIGNMENT);
    this.#block = alignedMemory(this.#blockBytes);
    this.#isDirect = expectedBytes >= DIRECT_BYTES && passByCache(handle.fd, true);
  }

  /** Bytes that were given to `write`. */
  get bytes(): number {
    return this.#position + this.#filled;
  }

  /** Begins a part whose CRC-32 is wanted. */
  beginPart(): void {
    this.#checksums.restartCrc32();
  }

  /** @returns CRC-32 of what was written since, 8 hexadecimal digits. */
  async endPart(): Promise<string> {
    await this.#hash();
    return this.#checksums.crc32().toString(16).padStart(8, '0');
  }

  /** The data is the caller's again when the promise is kept; it may not be in the file then. */
  async write(data: Uint8Array): Promise<void> {
    for (let begin = 0; begin < data.byteLength; ) {
      const piece = data.subarray(begin, begin + this.#blockBytes - this.#filled);
      this.#block.set(piece, this.#filled);
      this.#filled += piece.byteLength;
      begin += piece.byteLength;
      if (this.#filled === this.#blockBytes) await this.#nextBlock();
    }
  }

  /** Writes what is left. @returns the SHA-256 of the whole file in hexadecimal. */
  async end(): Promise<string> {
    await this.#hash();
    await Promise.all(this.#underWay);
    // The last block is none, and only whole blocks go past the cache.
    if (this.#isDirect) this.#isDirect = !passByCache(this.#handle.fd, false);
    await this.#writeAll(this.#block.subarray(0, this.#filled), this.#position);
    return this.#checksums.sha256();
  }

  /** Kept when nothing is under way any more, also after a failure: the file may be closed then. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }

  async #nextBlock(): Promise<void> {
    const block = this.#block;
    const done = allSettled(this.#hash(), this.#writeAll(block, this.#position)).then(() => {
      this.#free.push(block);
    });
    // Whoever awaits it is told; until then it must not count as an error that nobody handles.
    done.catch(() => undefined);
    this.#underWay.push(done);
    this.#position += block.byteLength;
    this.#filled = 0;
    this.#hashed = 0;
    if (this.#underWay.length >= MAXIMUM_BLOCKS) {
      await this.#underWay[0];
      this.#underWay.shift();
    }
    this.#block = this.#free.pop() ?? alignedMemory(this.#blockBytes);
  }

  /** Takes the checksums of what the block has got since the last time. Kept when those of all before it are taken as well. */
  #hash(): Promise<void> {
    const bytes = this.#block.subarray(this.#hashed, this.#filled);
    this.#hashed = this.#filled;
    if (bytes.byteLength > 0) this.#hashing = this.#checksums.update(bytes);
    return this.#hashing;
  }

  async #writeAll(bytes: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < bytes.byteLength; ) {
      try {
        done += (await this.#handle.write(bytes, done, bytes.byteLength - done, position + done)).bytesWritten;
      } catch (error) {
        // Some file systems agree to pass by the cache and then cannot, or no longer, after a part of a block.
        if (!this.#isDirect || (error as NodeJS.ErrnoException).code !== 'EINVAL') throw error;
        this.#isDirect = !passByCache(this.#handle.fd, false);
      }
    }
  }
}

/** Rejects only when none uses its data any more. */
async function allSettled(...work: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(work);
  await Promise.all(work);
}
