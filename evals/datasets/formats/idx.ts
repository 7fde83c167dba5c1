/** MNIST's files: two zero bytes, a type, the number of dimensions, their sizes from the highest byte on, values. */
import { broken } from '../download-files.ts';

export interface IdxArray {
  readonly shape: readonly number[];
  readonly values: Uint8Array;
}

/** @throws DatasetError DATASET_FILE_BROKEN where it is no array of bytes */
export function parseIdx(file: string, bytes: Buffer): IdxArray {
  const dimensions = bytes[3] ?? 0;
  const start = 4 + 4 * dimensions;
  if (bytes.length < start || bytes.readUInt16BE(0) !== 0 || bytes[2] !== 8 || dimensions === 0)
    throw broken(file, 'it is no IDX file of bytes');
  const shape = Array.from({ length: dimensions }, (_, i) => bytes.readUInt32BE(4 + 4 * i));
  const values = bytes.subarray(start);
  if (values.length !== shape.reduce((product, size) => product * size, 1))
    throw broken(file, `it does not hold ${shape.join(' x ')} values`);
  return { shape, values };
}
