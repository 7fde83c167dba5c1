import { createHash } from 'node:crypto';

/** Hexadecimal digits of a digest: 64 bits. */
const digits = 16;

/**
 * A short digest of which images lie in a batch's rows, in their order, and of which epoch each is: two batches of the same
 * digest were fed the same images. It is the beginning of the SHA-256 of epoch and index, as f64 and by turns, so that
 * whoever holds a run's records can compute it again.
 */
export function digestOf({ epochs, images }: { epochs: readonly number[]; images: readonly number[] }): string {
  const pairs = new Float64Array(2 * images.length);
  for (const [row, index] of images.entries()) {
    pairs[2 * row] = epochs[row]!;
    pairs[2 * row + 1] = index;
  }
  return createHash('sha256').update(pairs).digest('hex').slice(0, digits);
}
