/** Whether a prepared dataset is whole: counts, classes, and a file for every image. */
import { access } from 'node:fs/promises';
import { messageOf } from '../../errors.ts';
import { catalogueEntry } from './catalogue.ts';
import type { Split } from './dataset.ts';
import { DatasetError } from './errors.ts';
import { openDataset } from './open-dataset.ts';
import { readRecord } from './record.ts';
import { countClasses } from './split-digest.ts';

const AT_ONCE = 64;
/** Missing files of a split that are listed; all are counted. */
const LISTED = 20;

export interface DatasetVerification {
  readonly name: string;
  readonly partial: boolean;
  readonly splits: Readonly<Record<string, { readonly images: number; readonly published?: number }>>;
  readonly problems: readonly string[];
}

/** @throws DatasetError where the folder cannot be opened at all */
export async function verifyDataset(
  folder: string,
  onProgress: (done: number, total: number) => void = () => undefined,
): Promise<DatasetVerification> {
  const record = await readRecord(folder);
  const entry = catalogueEntry(record.name);
  const dataset = await openDataset(folder);
  const splits: Record<string, { images: number; published?: number }> = {};
  const problems: string[] = [];
  for (const { name, message } of record.unusable) problems.push(`${name}: ${message}`);
  for (const name of Object.keys(entry.splits)) {
    if (!dataset.splits.includes(name as keyof typeof entry.splits)) problems.push(`split ${name} was not prepared`);
  }
  for (const name of dataset.splits) {
    const published = entry.splits[name];
    try {
      const split = await dataset.split(name);
      const images = split.images.length;
      splits[name] = { images, ...(published && { published: published.images }) };
      if (!record.partial && published && !published.varies && images !== published.images)
        problems.push(`split ${name} has ${images} images, and was published with ${published.images}`);
      problems.push(...emptyClasses(split, name, dataset.classes), ...(await missingFiles(split, name, onProgress)));
    } catch (error) {
      if (!(error instanceof DatasetError)) throw error;
      problems.push(`${error.code}: ${messageOf(error)}`);
    }
  }
  return { name: record.name, partial: record.partial, splits, problems };
}

/** Of test sets too that have all of ImageNet's classes to choose from, those that do not occur are no problem. */
function emptyClasses(split: Split, name: string, classes: readonly string[]): string[] {
  if (split.labels.kind === 'sets' && name !== 'train') return [];
  const empty = [...countClasses(split, classes.length).entries()].filter(([, count]) => count === 0);
  if (empty.length === 0) return [];
  const names = empty.slice(0, LISTED).map(([label]) => classes[label]);
  return [
    `split ${name} has no image of ${empty.length} classes: ${names.join(', ')}${empty.length > LISTED ? ', ...' : ''}`,
  ];
}

async function missingFiles(
  { images }: Split,
  name: string,
  onProgress: (done: number, total: number) => void,
): Promise<string[]> {
  const file = images.path?.bind(images);
  if (!file) return [];
  const missing: string[] = [];
  for (let first = 0; first < images.length; first += AT_ONCE) {
    const indices = Array.from({ length: Math.min(AT_ONCE, images.length - first) }, (_, i) => first + i);
    const gone = await Promise.all(
      indices.map((index) =>
        access(file(index)).then(
          () => false,
          () => true,
        ),
      ),
    );
    for (const [i, index] of indices.entries()) if (gone[i]) missing.push(images.name(index));
    onProgress(first + indices.length, images.length);
  }
  if (missing.length === 0) return [];
  const listed = missing.slice(0, LISTED).join(', ');
  return [`split ${name} lacks ${missing.length} files: ${listed}${missing.length > LISTED ? ', ...' : ''}`];
}
