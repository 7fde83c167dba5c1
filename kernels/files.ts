/**
 * Reads large files natively: parts of a file are read by several threads straight to where they are wanted, and their
 * checksums are taken while a core's cache still holds them.
 */
import { loadAddon } from './addon.ts';

/** A stretch of a file. */
export interface FileStretch {
  readonly position: number;
  readonly bytes: number;
  /** Memory of `bytes` bytes for it; where there is none, only the checksum is taken. */
  readonly into?: Uint8Array | undefined;
}

interface NativeFiles {
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

/** Bytes that a thread reads before it looks for more: a disk is asked for much at a time. */
const PIECE_BYTES = 8 * 2 ** 20;

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
  addon ??= loadAddon<NativeFiles>();
  const pieces = parts.flatMap((stretches, part) => stretches.flatMap(cut).map((piece) => ({ ...piece, part })));
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
  const sums = await addon.filesReadPieces(
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

function cut({ position, bytes, into }: FileStretch): FileStretch[] {
  return Array.from({ length: Math.ceil(bytes / PIECE_BYTES) }, (_, i) => {
    const begin = i * PIECE_BYTES;
    const end = Math.min(bytes, begin + PIECE_BYTES);
    return { position: position + begin, bytes: end - begin, into: into?.subarray(begin, end) };
  });
}
