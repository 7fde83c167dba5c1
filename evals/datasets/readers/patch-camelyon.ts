/** PatchCamelyon: for each split an HDF5 file `x` of (images, 96, 96, 3) and another `y` of (images, 1, 1, 1). */
import { statSync } from 'node:fs';
import type { File as Hdf5File } from 'h5wasm/node';
import type { RgbImage } from '../../../kernels/images.ts';
import type { Reader } from '../contents.ts';
import type { Split } from '../dataset.ts';
import { broken, find, otherVersion } from '../download-files.ts';
import { pixelSource, readAt } from '../pixel-split.ts';

type Hdf5 = typeof import('h5wasm/node');

export const readPatchCamelyon: Reader = async ({ download }) => {
  const read = (prefix: string, name: string) => {
    const x = find(download, `camelyonpatch_level_2_split_${name}_x.h5`);
    const y = find(download, `camelyonpatch_level_2_split_${name}_y.h5`);
    return () => readSplit(prefix, x, y);
  };
  return {
    classes: ['no tumor', 'tumor'],
    splits: { train: read('train', 'train'), val: read('val', 'valid'), test: read('test', 'test') },
  };
};

async function readSplit(prefix: string, x: string, y: string): Promise<Split> {
  // Loaded here: it takes a tenth of a second, which no other command should pay for.
  const hdf5 = await import('h5wasm/node');
  await hdf5.ready;
  const classes = labelsOf(hdf5, y);
  const images = openFile(hdf5, x);
  const array = images.get('x');
  const [length, height, width, channels] = (array instanceof hdf5.Dataset && array.shape) || [];
  if (!(array instanceof hdf5.Dataset) || length !== classes.length || !height || !width || channels !== 3) {
    images.close();
    if (length !== undefined && length !== classes.length)
      throw otherVersion(y, `it has ${classes.length} labels for ${length} images`);
    throw broken(x, 'it has no array x of colour images');
  }
  const pixels = (index: number): RgbImage => {
    const data = array.slice([[index, index + 1]]);
    if (!(data instanceof Uint8Array)) throw broken(x, 'x does not hold bytes');
    return { width, height, data };
  };
  return { images: pixelSource(prefix, length, pixels), labels: { kind: 'classes', classes } };
}

function labelsOf(hdf5: Hdf5, file: string): Int32Array {
  const opened = openFile(hdf5, file);
  try {
    const array = opened.get('y');
    const values = array instanceof hdf5.Dataset ? array.value : undefined;
    if (!(values instanceof Uint8Array)) throw broken(file, 'it has no array y of bytes');
    return Int32Array.from(values);
  } finally {
    // A file that stays open is not looked at again, whatever is written in its place.
    opened.close();
  }
}

const signature = Buffer.from('\x89HDF\r\n\x1a\n', 'latin1');

function openFile(hdf5: Hdf5, file: string): Hdf5File {
  // The library would print what it thinks of other files.
  if (statSync(file).size < signature.length || !signature.equals(readAt(file, 0, signature.length)))
    throw broken(file, 'it is no HDF5 file');
  let opened: Hdf5File | undefined;
  try {
    opened = new hdf5.File(file, 'r');
  } catch (error) {
    throw broken(file, 'it is no HDF5 file', error);
  }
  if (opened.file_id < 0n) throw broken(file, 'it is no HDF5 file');
  return opened;
}
