/** Datasets whose images are rows of bytes. */
import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Reader } from '../contents.ts';
import type { Labels, Split } from '../dataset.ts';
import { broken, find, otherVersion, readBytes, readLines } from '../download-files.ts';
import { parseIdx } from '../formats/idx.ts';
import { type NorbMatrix, openNorb } from '../formats/norb.ts';
import { pixelSource, readAt, rgbOfGrey, rgbOfPlanes } from '../pixel-split.ts';

interface CifarLayout {
  readonly folder: string;
  readonly names: string;
  readonly train: readonly string[];
  readonly test: readonly string[];
  /** Before the pixels; the last one is the class. */
  readonly labelBytes: number;
}

/** The binary versions: labels, then 32 x 32 of red, of green and of blue. */
function cifar({ folder, names, train, test, labelBytes }: CifarLayout): Reader {
  const pixelBytes = 3 * 32 * 32;
  const rowBytes = labelBytes + pixelBytes;
  return async ({ download }) => {
    const root = find(download, folder, '.');
    const classes = await readLines(root, names);
    const read = (prefix: string, files: readonly string[]) => {
      const found = files.map((file) => find(root, file));
      return async (): Promise<Split> => {
        const rows = Buffer.concat(await Promise.all(found.map((file) => wholeRows(file, rowBytes))));
        const length = rows.length / rowBytes;
        const labels = Int32Array.from({ length }, (_, index) => rows[index * rowBytes + labelBytes - 1]!);
        if (labels.some((label) => label >= classes.length))
          throw otherVersion(root, `a label is none of ${classes.length} classes`);
        const pixels = (index: number) => {
          const start = index * rowBytes + labelBytes;
          return rgbOfPlanes(rows.subarray(start, start + pixelBytes), 32, 32);
        };
        return { images: pixelSource(prefix, length, pixels), labels: { kind: 'classes', classes: labels } };
      };
    };
    return { classes, splits: { train: read('train', train), test: read('test', test) } };
  };
}

async function wholeRows(file: string, rowBytes: number): Promise<Buffer> {
  const bytes = await readFile(file);
  if (bytes.length % rowBytes !== 0) throw broken(file, `its ${bytes.length} bytes are no multiple of ${rowBytes}`);
  return bytes;
}

export const readCifar10 = cifar({
  folder: 'cifar-10-batches-bin',
  names: 'batches.meta.txt',
  train: [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`),
  test: ['test_batch.bin'],
  labelBytes: 1,
});

/** Each image has a coarse class and then the fine one, which is the one that is asked for. */
export const readCifar100 = cifar({
  folder: 'cifar-100-binary',
  names: 'fine_label_names.txt',
  train: ['train.bin'],
  test: ['test.bin'],
  labelBytes: 2,
});

export const readMnist: Reader = async ({ download }) => {
  const root = find(download, 'MNIST/raw', '.');
  const read = (prefix: string, stem: string) => async (): Promise<Split> => {
    const imagesName = `${stem}-images-idx3-ubyte`;
    const labelsName = `${stem}-labels-idx1-ubyte`;
    const images = parseIdx(path.join(root, imagesName), await readBytes(root, imagesName));
    const labels = parseIdx(path.join(root, labelsName), await readBytes(root, labelsName));
    const [length, height, width] = images.shape as [number, number, number];
    if (images.shape.length !== 3 || labels.shape.length !== 1 || labels.shape[0] !== length)
      throw otherVersion(path.join(root, labelsName), `it has ${labels.shape[0]} labels for ${length} images`);
    const size = width * height;
    const pixels = (index: number) =>
      rgbOfGrey(images.values.subarray(index * size, (index + 1) * size), width, height);
    return { images: pixelSource(prefix, length, pixels), labels: classesOf(labels.values) };
  };
  const classes = Array.from({ length: 10 }, (_, digit) => String(digit));
  return { classes, splits: { train: read('train', 'train'), test: read('test', 't10k') } };
};

/** Pixels go down the columns, and classes count from 1. */
export const readStl10: Reader = async ({ download }) => {
  const root = find(download, 'stl10_binary', '.');
  const classes = await readLines(root, 'class_names.txt');
  const size = 96 * 96 * 3;
  const read = (split: string) => {
    const file = find(root, `${split}_X.bin`);
    find(root, `${split}_y.bin`);
    return async (): Promise<Split> => {
      const labels = Int32Array.from(await readFile(path.join(root, `${split}_y.bin`)), (label) => label - 1);
      if (statSync(file).size !== labels.length * size)
        throw otherVersion(file, `it has not 96 x 96 x 3 bytes for each of ${labels.length} labels`);
      const pixels = (index: number) => rgbOfPlanes(readAt(file, index * size, size), 96, 96, true);
      return { images: pixelSource(split, labels.length, pixels), labels: { kind: 'classes', classes: labels } };
    };
  };
  return { classes, splits: { train: read('train'), test: read('test') } };
};

/** The elevation of the camera, 30 to 70 degrees by steps of 5, from the first image of each stereo pair. */
export const readSmallNorbElevation: Reader = async ({ download }) => {
  const classes = Array.from({ length: 9 }, (_, index) => `${30 + 5 * index} degrees`);
  const read = (prefix: string, stem: string) => {
    const dat = openNorb(find(download, `smallnorb-${stem}-dat.mat`));
    const info = openNorb(find(download, `smallnorb-${stem}-info.mat`));
    return async () => norbSplit(prefix, dat, info);
  };
  return {
    classes,
    splits: {
      train: read('train', '5x46789x9x18x6x2x96x96-training'),
      test: read('test', '5x01235x9x18x6x2x96x96-testing'),
    },
  };
};

function norbSplit(prefix: string, dat: NorbMatrix, info: NorbMatrix): Split {
  const [length, views, height, width] = dat.shape as [number, number, number, number];
  if (dat.shape.length !== 4 || dat.bytesPerValue !== 1) throw broken(dat.file, 'it holds no pairs of images');
  if (info.shape[0] !== length || info.shape[1] !== 4 || info.bytesPerValue !== 4)
    throw otherVersion(info.file, `it does not describe ${length} pairs of images by four numbers each`);
  const rows = readAt(info.file, info.offset, length * 16);
  const numbers = new Int32Array(rows.buffer);
  const elevations = Int32Array.from({ length }, (_, index) => numbers[4 * index + 1]!);
  if (elevations.some((elevation) => elevation < 0 || elevation > 8))
    throw broken(info.file, 'an elevation is none of nine');
  const size = width * height;
  const pixels = (index: number) => rgbOfGrey(readAt(dat.file, dat.offset + index * views * size, size), width, height);
  return { images: pixelSource(prefix, length, pixels), labels: { kind: 'classes', classes: elevations } };
}

function classesOf(labels: Uint8Array): Labels {
  return { kind: 'classes', classes: Int32Array.from(labels) };
}
