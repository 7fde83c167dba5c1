/** A dataset that was prepared. */
import path from 'node:path';
import { catalogueEntry } from './catalogue.ts';
import type { Contents } from './contents.ts';
import type { Dataset, SplitName } from './dataset.ts';
import { DatasetError } from './errors.ts';
import { type DatasetRecord, RECORD_FILE, readRecord } from './record.ts';
import { splitDigest } from './split-digest.ts';

const order: readonly SplitName[] = ['train', 'val', 'test'];

/**
 * Opens the folder that `auspex datasets prepare` made; images stay where the download has them.
 * @throws DatasetError; a split's names and labels are compared with those that were prepared when it is asked for
 */
export async function openDataset(folder: string): Promise<Dataset> {
  const record = await readRecord(folder);
  const entry = catalogueEntry(record.name);
  const contents = await entry.read({ download: path.resolve(folder, record.files), prepared: path.resolve(folder) });
  if (contents.classes.length !== record.classes)
    throw changed(folder, `it has ${contents.classes.length} classes, and had ${record.classes}`);
  const { classes, aliases } = contents;
  return {
    name: entry.name,
    folder: path.resolve(folder),
    classes,
    ...(aliases && { aliases }),
    score: entry.score,
    splits: order.filter((name) => record.splits[name]),
    split: (name) => openSplit(folder, record, contents, name),
  };
}

async function openSplit(folder: string, record: DatasetRecord, contents: Contents, name: SplitName) {
  const known = record.splits[name];
  const read = contents.splits[name];
  if (!known || !read) {
    const others = Object.keys(record.splits).join(', ');
    throw new DatasetError(
      'DATASET_SPLIT_MISSING',
      `${record.name} in ${folder} has no split ${name}; it has ${others}.`,
    );
  }
  const split = await read();
  if (split.images.length !== known.images)
    throw changed(folder, `split ${name} has ${split.images.length} images, and had ${known.images}`);
  if (splitDigest(split) !== known.digest)
    throw changed(folder, `names or labels of split ${name} are others than they were`);
  return split;
}

function changed(folder: string, what: string): DatasetError {
  return new DatasetError(
    'DATASET_CHANGED',
    `The files behind ${path.join(folder, RECORD_FILE)} have changed since they were prepared: ${what}. Prepare the dataset again.`,
  );
}
