/**
 * A folder of images with a table of where they were taken, as a dataset:
 *
 *     coordinates.csv      image,latitude,longitude[,split][,group]; images by their paths below the folder, degrees, north and east positive
 *     a/1.jpg, ...         the images
 *
 * `split` is train, val or test. Without that column a fifth of the images is `test`, by a permutation that depends on their number alone.
 * `group` divides the images that are scored, such as by test set; figures are given for each.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { openImageFolder } from '../../data/image-folder.ts';
import { permute } from '../../data/order.ts';
import { partOf } from '../../data/part-of.ts';
import type { Dataset, Split, SplitName } from './dataset.ts';
import { DatasetError } from './errors.ts';
import { filesAt } from './file-split.ts';
import { type CoordinatesTable, readCoordinates } from './formats/coordinates-table.ts';

export const COORDINATES_FILE = 'coordinates.csv';

const SPLITS: readonly SplitName[] = ['train', 'val', 'test'];
const COLUMNS = { image: 'image', latitude: 'latitude', longitude: 'longitude', further: ['split', 'group'] };
const TEST_SHARE = 0.2;
/** Images that a message names. */
const NAMED = 3;

export function hasCoordinates(folder: string): boolean {
  return existsSync(path.join(folder, COORDINATES_FILE));
}

/** @throws DatasetError of the table; DATASET_COORDINATES where it and the images do not belong together; DataError NO_IMAGES */
export async function openCoordinatesFolder(folder: string): Promise<Dataset> {
  const table = await readCoordinates(folder, COORDINATES_FILE, COLUMNS);
  await requireSameImages(folder, table);
  const rowsOf = divide(folder, table);
  const splits = SPLITS.filter((name) => rowsOf.has(name));
  return {
    name: 'places',
    folder,
    classes: [],
    score: 'distance',
    splits,
    async split(name) {
      const rows = rowsOf.get(name);
      if (rows) return splitOf(folder, table, rows);
      const message = `${folder} has no split ${name}; it has ${splits.join(', ')}.`;
      throw new DatasetError('DATASET_SPLIT_MISSING', message);
    },
  };
}

/** Some images of a table. They have no classes. */
export function splitOf(root: string, { names, degrees, further }: CoordinatesTable, rows: ArrayLike<number>): Split {
  const images = partOf(filesAt(root, names), rows.length, (index) => rows[index]!);
  const coordinates = new Float64Array(2 * rows.length);
  for (let i = 0; i < rows.length; i++) coordinates.set(degrees.subarray(2 * rows[i]!, 2 * rows[i]! + 2), 2 * i);
  const groups = further.get('group');
  return {
    images,
    labels: { kind: 'sets', present: new Int8Array(0) },
    coordinates,
    ...(groups && { groups: Array.from(rows, (row) => groups[row]!) }),
  };
}

/** Every image has a place, and every place an image. */
async function requireSameImages(folder: string, { names }: CoordinatesTable): Promise<void> {
  const images = await openImageFolder(folder);
  const listed = new Set(Array.from({ length: names.length }, (_, row) => names.at(row)));
  const found = new Set(Array.from({ length: images.length }, (_, image) => images.name(image)));
  const difference = (one: ReadonlySet<string>, other: ReadonlySet<string>) =>
    [...one].filter((name) => !other.has(name));
  const refuse = (missing: readonly string[], what: string) => {
    if (missing.length === 0) return;
    const named = missing.slice(0, NAMED).join(', ') + (missing.length > NAMED ? ', ...' : '');
    const message = `In ${folder}: ${missing.length} ${what} (${named}). Complete ${COORDINATES_FILE}, or move these away.`;
    throw new DatasetError('DATASET_COORDINATES', message);
  };
  refuse(difference(found, listed), 'images have no coordinates');
  refuse(difference(listed, found), 'lines name an image that is not there');
}

function divide(folder: string, { names, further }: CoordinatesTable): Map<SplitName, number[]> {
  const given = further.get('split');
  const count = names.length;
  const numTest = Math.min(Math.ceil(TEST_SHARE * count), count - 1);
  const lists = new Map<SplitName, number[]>(SPLITS.map((name) => [name, []]));
  for (let row = 0; row < count; row++) {
    const name = given ? given[row]! : permute(row, count, 0, 0) < numTest ? 'test' : 'train';
    const list = lists.get(name as SplitName);
    if (!list) {
      const message = `In ${folder}: ${names.at(row)} is of split "${name}" in ${COORDINATES_FILE}; there are ${SPLITS.join(', ')}.`;
      throw new DatasetError('DATASET_COORDINATES', message);
    }
    list.push(row);
  }
  return new Map([...lists].filter(([, rows]) => rows.length > 0));
}
