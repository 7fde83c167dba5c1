/** The last lines of a log, without reading all of it. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const BYTES = 2 ** 16;

/** @returns lines, none where there is no such file */
export function lastLines(file: string, bytes = BYTES): string[] {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  try {
    const { size } = fstatSync(descriptor);
    const begin = Math.max(0, size - bytes);
    const end = Buffer.alloc(size - begin);
    const read = readSync(descriptor, end, 0, end.byteLength, begin);
    const lines = end.subarray(0, read).toString().split('\n');
    // The first may be half of one, and nothing follows the last end.
    return lines.slice(begin > 0 ? 1 : 0, -1);
  } finally {
    closeSync(descriptor);
  }
}
