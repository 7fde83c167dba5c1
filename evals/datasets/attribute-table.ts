/**
 * `attributes.csv` of a folder of images: what somebody says of who or what they show.
 *
 *     image,person,gender,skintone
 *     test/female/0001.png,p17,female,darker
 *
 * The second column is whom images are of, and its name is what that is called; the others are attributes. An empty field is one that is not
 * known. An image without a line has no attributes, and stands for itself.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { ImageSource } from '../../data/source.ts';
import type { Attributes } from './attributes.ts';
import { readText } from './download-files.ts';
import { DatasetError } from './errors.ts';
import { fieldsOf } from './formats/table.ts';

export const ATTRIBUTES_FILE = 'attributes.csv';

/** Begins the path of an image in a folder with splits. */
const SPLIT = /^(train|val|test)\//;

interface Table {
  readonly unit: string;
  readonly attributes: readonly string[];
  /** By image: its unit, then the value of each attribute. */
  readonly rows: ReadonlyMap<string, readonly string[]>;
}

/**
 * @param prefix of the split's images in the file, such as `test/`
 * @returns undefined where the folder has no such file, or it has nothing of this split
 * @throws DatasetError DATASET_FILE_BROKEN, DATASET_OTHER_VERSION where it names an image that is not there
 */
export async function readAttributes(
  folder: string,
  prefix: string,
  images: ImageSource,
): Promise<Attributes | undefined> {
  if (!existsSync(path.join(folder, ATTRIBUTES_FILE))) return undefined;
  const { unit, attributes, rows } = await readTable(folder);
  const names = Array.from({ length: images.length }, (_, image) => `${prefix}${images.name(image)}`);
  requireImages(folder, prefix, rows, new Set(names));
  const found = names.map((name) => rows.get(name));
  if (found.every((row) => row === undefined)) return undefined;
  const value = (row: readonly string[] | undefined, column: number) => row?.[column] || undefined;
  return {
    unit,
    units: found.map((row, image) => value(row, 0) ?? names[image]!),
    values: Object.fromEntries(attributes.map((name, i) => [name, found.map((row) => value(row, i + 1))])),
  };
}

async function readTable(folder: string): Promise<Table> {
  const file = path.join(folder, ATTRIBUTES_FILE);
  const [head = '', ...lines] = (await readText(folder, ATTRIBUTES_FILE)).split(/\r?\n/);
  const [image, unit, ...attributes] = fieldsOf(head, ',').map((name) => name.trim());
  if (image !== 'image' || !unit || attributes.length === 0)
    throw wrong(
      file,
      `its first line is "${head}", and has to be image, then whom images are of, then attributes: image,person,gender`,
    );
  const rows = new Map<string, string[]>();
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const [name, ...fields] = fieldsOf(line, ',').map((field) => field.trim());
    if (fields.length !== attributes.length + 1)
      throw wrong(file, `line ${index + 2} has ${fields.length + 1} fields of ${attributes.length + 2}`);
    if (rows.has(name!)) throw wrong(file, `line ${index + 2} is the second of ${name}`);
    rows.set(name!, fields);
  }
  return { unit, attributes, rows };
}

/** A line for an image that is not there is a misspelt one: its labels would be missing without a word. */
function requireImages(
  folder: string,
  prefix: string,
  rows: ReadonlyMap<string, unknown>,
  names: ReadonlySet<string>,
): void {
  const elsewhere = (name: string) => prefix !== '' && !name.startsWith(prefix) && SPLIT.test(name);
  const missing = [...rows.keys()].find((name) => !elsewhere(name) && !names.has(name));
  if (missing === undefined) return;
  throw wrong(
    path.join(folder, ATTRIBUTES_FILE),
    `there is no image ${path.join(folder, missing)}; correct its path, or leave the line out`,
  );
}

function wrong(file: string, what: string): DatasetError {
  return new DatasetError('DATASET_FILE_BROKEN', `${file}: ${what}.`);
}
