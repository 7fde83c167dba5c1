/**
 * What large files need natively: parts of a file are read by several threads to where they are wanted, with their checksums;
 * the checksums of what is written are taken off the JavaScript thread; and both can go past the system's page cache.
 */
import { loadAddon } from './addon.ts';

/** A stretch of a file. */
export interface FileStretch {
  readonly position: number;
  readonly bytes: number;
  /** Memory of `bytes` bytes for it; where there is none, only the checksum is taken. */
  readonly into?: Uint8Array | undefined;
}

interface NativeChecksums {
  update(bytes: Uint8Array): Promise<void>;
  crc32(): number;
  restartCrc32(): void;
  sha256(): string;
}

interface NativeFiles {
  NativeChecksums: new () => NativeChecksums;
  filesPassByCache(descriptor: number, passBy: boolean): boolean;
  filesAlignedMemory(bytes: number): Uint8Array;
  filesReadPieces(
    file: string,
    positions: Float64Array,
    lengths: Float64Array,
    parts: Float64Array,
    into: readonly (Uint8Array | null)[],
    numParts: number,
    threads: number,
    onBytes: (bytes: number) => void,
  ): Promise<Float64Array>;
}

let addon: NativeFiles | undefined;

function native(): NativeFiles {
  addon ??= loadAddon<NativeFiles>();
  return addon;
}

/**
 * @param parts of the file, each of stretches that follow one another. The memory must not be used until the promise settles.
 * @param onBytes told of bytes that were read.
 * @returns the CRC-32 of each part.
 * @throws Error whose message says why the file cannot be read, or where it ends too early; or what `onBytes` threw.
 */
export async function readParts(
  file: string,
  parts: readonly (readonly FileStretch[])[],
  threads: number,
  onBytes: (bytes: number) => void = () => undefined,
): Promise<readonly number[]> {
  const pieces = parts.flatMap((stretches, part) => stretches.map((stretch) => ({ ...stretch, part })));
  const column = (of: (piece: (typeof pieces)[number]) => number) => Float64Array.from(pieces, of);
  // What is thrown in a call from native code would end the process.
  let failure: { readonly error: unknown } | undefined;
  const report = (bytes: number) => {
    if (failure) return;
    try {
      onBytes(bytes);
    } catch (error) {
      failure = { error };
    }
  };
  const sums = await native().filesReadPieces(
    file,
    column(({ position }) => position),
    column(({ bytes }) => bytes),
    column(({ part }) => part),
    pieces.map(({ into }) => into ?? null),
    parts.length,
    threads,
    report,
  );
  if (failure) throw failure.error;
  return [...sums];
}

/** Files from this size on are better read and written past the page cache, which takes as long to fill as a disk to work. */
export const DIRECT_BYTES = 64 * 2 ** 20;

/** What positions, lengths and memory have to be multiples of then. */
export const ALIGNMENT = 4096;

/**
 * From now on a file that is open is read and written past the page cache, or no longer so.
 * @returns whether its file system does.
 */
export function passByCache(descriptor: number, passBy: boolean): boolean {
  return native().filesPassByCache(descriptor, passBy);
}

/** @param bytes a multiple of `ALIGNMENT`, as is the address of what is returned. Not zeroed. */
export function alignedMemory(bytes: number): Uint8Array {
  return native().filesAlignedMemory(bytes);
}

/** The checksums of bytes that come in order, taken off the JavaScript thread. */
export class Checksums {
  readonly #native = new (native().NativeChecksums)();
  #last: Promise<void> = Promise.resolve();

  /** The bytes must stay as they are until the promise settles. One update waits for another. */
  update(bytes: Uint8Array): Promise<void> {
    this.#last = this.#last.then(() => this.#native.update(bytes));
    return this.#last;
  }

  /** CRC-32 of the bytes since `restartCrc32`. Await the last update before. */
  crc32(): number {
    return this.#native.crc32();
  }

  restartCrc32(): void {
    this.#native.restartCrc32();
  }

  /** SHA-256 of all bytes, in hexadecimal. Await the last update before; nothing can be added afterwards. */
  sha256(): string {
    return this.#native.sha256();
  }
}
