/** The binary matrices of SmallNORB: a magic number for the type, the number of dimensions, at least three sizes, values. */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { broken } from '../download-files.ts';

const BYTES = 0x1e3d4c55;
const INTEGERS = 0x1e3d4c54;

export interface NorbMatrix {
  readonly file: string;
  readonly shape: readonly number[];
  /** Where the values begin. */
  readonly offset: number;
  readonly bytesPerValue: 1 | 4;
}

/** @throws DatasetError DATASET_FILE_BROKEN */
export function openNorb(file: string): NorbMatrix {
  const head = Buffer.alloc(40);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, head, 0, head.length, 0);
  } finally {
    closeSync(descriptor);
  }
  const magic = head.readUInt32LE(0);
  const dimensions = head.readInt32LE(4);
  if ((magic !== BYTES && magic !== INTEGERS) || dimensions < 1 || dimensions > 8)
    throw broken(file, 'it is no matrix of SmallNORB');
  const shape = Array.from({ length: dimensions }, (_, i) => head.readInt32LE(8 + 4 * i));
  const bytesPerValue = magic === BYTES ? 1 : 4;
  const offset = 8 + 4 * Math.max(3, dimensions);
  const size = shape.reduce((product, length) => product * length, bytesPerValue as number);
  if (statSync(file).size !== offset + size)
    throw broken(file, `it does not have the ${offset + size} bytes that its head says`);
  return { file, shape, offset, bytesPerValue };
}
