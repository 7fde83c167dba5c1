/** PASCAL VOC 2007: for each class a list of all images with 1 where it is, -1 where it is not, 0 where it is hard to tell. */
import path from 'node:path';
import type { Reader } from '../contents.ts';
import type { Split } from '../dataset.ts';
import { broken, find, listFiles, otherVersion, readLines } from '../download-files.ts';
import { DatasetError } from '../errors.ts';
import { namedFiles } from '../file-split.ts';

export const readVoc07: Reader = async ({ download }) => {
  const root = find(download, 'VOCdevkit/VOC2007', 'VOC2007', '.');
  const lists = find(root, 'ImageSets/Main');
  const names = await listFiles(lists, new Set(['.txt']));
  const classes = names.flatMap((name) => /^([a-z]+)_trainval\.txt$/.exec(name)?.[1] ?? []);
  const read = (split: 'trainval' | 'test') => () => readSplit(root, lists, classes, split);
  return { classes, splits: { train: read('trainval'), test: read('test') } };
};

async function readSplit(root: string, lists: string, classes: readonly string[], split: string): Promise<Split> {
  const images = new Map<string, number>();
  const columns: Int8Array[] = [];
  for (const name of classes) {
    const list = `${name}_${split}.txt`;
    const rows = (await readLinesOf(lists, list, split)).map((line) => line.split(/\s+/));
    if (columns.length === 0) for (const [image] of rows) images.set(image!, images.size);
    if (rows.length !== images.size)
      throw otherVersion(
        path.join(lists, list),
        `it lists ${rows.length} images, and that of ${classes[0]} ${images.size}`,
      );
    const column = new Int8Array(images.size);
    for (const [image, mark] of rows) {
      const row = images.get(image!);
      if (row === undefined) throw otherVersion(path.join(lists, list), `${image} is not listed for ${classes[0]}`);
      if (mark !== '1' && mark !== '-1' && mark !== '0')
        throw broken(path.join(lists, list), `"${mark}" is none of 1, -1 and 0`);
      column[row] = mark === '1' ? 1 : mark === '-1' ? 0 : -1;
    }
    columns.push(column);
  }
  const present = new Int8Array(images.size * classes.length);
  for (const [label, column] of columns.entries()) {
    for (let row = 0; row < column.length; row++) present[row * classes.length + label] = column[row]!;
  }
  const files = [...images.keys()].map((image) => `JPEGImages/${image}.jpg`);
  return { images: namedFiles(root, files), labels: { kind: 'sets', present } };
}

/** Test images come in a second archive, which is easily forgotten. */
async function readLinesOf(lists: string, list: string, split: string): Promise<string[]> {
  try {
    return await readLines(lists, list);
  } catch (error) {
    if (!(error instanceof DatasetError) || split !== 'test') throw error;
    throw new DatasetError(
      'DATASET_SPLIT_MISSING',
      `${lists} has no ${list}: the test images come in an archive of their own, VOCtest_06-Nov-2007.tar. Unpack it in the same folder.`,
      { cause: error },
    );
  }
}
