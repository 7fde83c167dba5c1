import { closeSync, openSync, readSync } from 'node:fs';
import { CheckpointError } from './errors.ts';

/** One system call reads less than 2 GiB. */
const MAXIMUM_READ = 2 ** 30;

/**
 * Reads a range of bytes of an open file.
 * @throws CheckpointError CHECKPOINT_DAMAGED if the file ends before it.
 */
export function readExactly(descriptor: number, position: number, bytes: number, file: string): Buffer {
  const buffer = Buffer.allocUnsafeSlow(bytes);
  fill(descriptor, position, buffer, file);
  return buffer;
}

/**
 * Fills `into` with a file's bytes from `position` on.
 * @throws CheckpointError CHECKPOINT_DAMAGED if the file ends before.
 */
export function readInto(file: string, position: number, into: Uint8Array): void {
  const descriptor = openSync(file, 'r');
  try {
    fill(descriptor, position, into, file);
  } finally {
    closeSync(descriptor);
  }
}

function fill(descriptor: number, position: number, into: Uint8Array, file: string): void {
  let done = 0;
  while (done < into.byteLength) {
    const read = readSync(descriptor, into, done, Math.min(into.byteLength - done, MAXIMUM_READ), position + done);
    if (read === 0) {
      throw new CheckpointError(
        'CHECKPOINT_DAMAGED',
        `${file}: ends at byte ${position + done}; the file is truncated`,
      );
    }
    done += read;
  }
}
