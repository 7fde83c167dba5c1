import { readSync } from 'node:fs';
import { CheckpointError } from './errors.ts';

/** One system call reads less than 2 GiB. */
const MAXIMUM_READ = 2 ** 30;

/**
 * Reads a range of bytes of an open file.
 * @throws CheckpointError CHECKPOINT_DAMAGED if the file ends before it.
 */
export function readExactly(descriptor: number, position: number, bytes: number, file: string): Buffer {
  const buffer = Buffer.allocUnsafeSlow(bytes);
  let done = 0;
  while (done < bytes) {
    const read = readSync(descriptor, buffer, done, Math.min(bytes - done, MAXIMUM_READ), position + done);
    if (read === 0) {
      throw new CheckpointError(
        'CHECKPOINT_DAMAGED',
        `${file}: ends at byte ${position + done}; the file is truncated`,
      );
    }
    done += read;
  }
  return buffer;
}
