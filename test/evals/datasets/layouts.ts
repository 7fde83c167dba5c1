/** Makes published layouts, in small. */
import { cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Dataset, Split, SplitName } from '../../../evals/datasets/dataset.ts';
import { openDataset } from '../../../evals/datasets/open-dataset.ts';
import { prepareDataset } from '../../../evals/datasets/prepare-dataset.ts';
import { jpeg } from '../../data/pictures.ts';

const fixtures = path.join(import.meta.dirname, '..', '..', 'fixtures', 'datasets');

/** Writes files below a folder; `null` is a photo. */
export async function layOut(
  folder: string,
  files: Readonly<Record<string, string | Uint8Array | null>>,
): Promise<void> {
  const photo = await jpeg(40, 30);
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), content ?? photo);
  }
}

/** Photos by the names of a pattern, such as `a/{}.jpg`. */
export function photos(pattern: string, count: number): Record<string, null> {
  const names = Array.from({ length: count }, (_, index) => pattern.replace('{}', String(index).padStart(3, '0')));
  return Object.fromEntries(names.map((name) => [name, null]));
}

export async function copyFixture(name: string, folder: string, to = name): Promise<void> {
  await mkdir(path.dirname(path.join(folder, to)), { recursive: true });
  await cp(path.join(fixtures, name), path.join(folder, to));
}

export function fixture(name: string): string {
  return path.join(fixtures, name);
}

/** Prepares a part of a dataset, and opens it. */
export async function opened(name: string, from: string): Promise<Dataset> {
  const out = path.join(from, 'prepared');
  await prepareDataset({ name, from, out, partial: true });
  return await openDataset(out);
}

/** Names and classes of a split by turns, such as `['cat/1.jpg', 'cat']`. */
export async function listed(dataset: Dataset, name: SplitName): Promise<[string, string | string[]][]> {
  const split = await dataset.split(name);
  return Array.from({ length: split.images.length }, (_, index) => [
    split.images.name(index),
    labelOf(dataset, split, index),
  ]);
}

/** A set's classes are listed, those that are not judged with a question mark. */
function labelOf({ classes }: Dataset, { labels }: Split, index: number): string | string[] {
  if (labels.kind === 'classes') return classes[labels.classes[index]!]!;
  const row = labels.present.subarray(index * classes.length, (index + 1) * classes.length);
  return classes.flatMap((name, label) => (row[label] === 1 ? [name] : row[label] === -1 ? [`${name}?`] : []));
}

/** The pixel of an image that is stored as pixels. */
export function pixelAt({ images }: Split, index: number, x: number, y: number): number[] {
  const { width, data } = images.pixels!(index);
  return [...data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3)];
}
