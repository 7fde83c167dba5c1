/** From an unpacked download to a folder that evaluations open. Nothing is downloaded, and no image is copied. */

import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { writeFileAtomically } from '../../checkpoints/atomic-file.ts';
import { catalogueEntry } from './catalogue.ts';
import type { CatalogueEntry } from './catalogue-entry.ts';
import type { Split, SplitName } from './dataset.ts';
import { DatasetError } from './errors.ts';
import { type DatasetRecord, FORMAT_VERSION, RECORD_FILE } from './record.ts';
import { countClasses, splitDigest } from './split-digest.ts';

export interface PrepareRequest {
  readonly name: string;
  /** The unpacked download; not needed for datasets that are rendered. */
  readonly from?: string;
  readonly out: string;
  /** Accept other counts than those of the catalogue, such as of a part of the dataset. @default false */
  readonly partial?: boolean;
  /** Of what takes long, such as frames of videos. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** @throws DatasetError */
export async function prepareDataset(request: PrepareRequest): Promise<DatasetRecord> {
  const { name, out, partial = false, onProgress = () => undefined } = request;
  const entry = catalogueEntry(name);
  const download = path.resolve(request.from ?? out);
  if (request.from === undefined ? !entry.rendered : !existsSync(download)) {
    const what = request.from === undefined ? 'No download was given' : `${download} does not exist`;
    throw new DatasetError(
      'DATASET_FILE_MISSING',
      `${what}. ${entry.title} is to be had, under the terms "${entry.terms.name}", as ${entry.terms.where} says; unpacked it has ${entry.needs.join(', ')}.`,
    );
  }
  await mkdir(out, { recursive: true });
  const place = { download, prepared: path.resolve(out) };
  // Whatever is missing is said before frames are taken out, which may take hours.
  await entry.read(place);
  const unusable = (await entry.make?.(place, onProgress)) ?? [];
  const contents = await entry.read(place);
  if (!partial && contents.classes.length !== entry.classes)
    throw counts(entry, `has ${contents.classes.length} classes, and was published with ${entry.classes}`);
  const splits: DatasetRecord['splits'] = {};
  for (const [split, read] of Object.entries(contents.splits) as [SplitName, () => Promise<Split>][]) {
    const found = await read();
    checkSplit(entry, split, found, contents.classes, partial);
    splits[split] = { images: found.images.length, digest: splitDigest(found) };
  }
  const record: DatasetRecord = {
    ...{ formatVersion: FORMAT_VERSION, name, files: path.relative(place.prepared, download) || '.' },
    ...{ partial, classes: contents.classes.length, splits, unusable: [...unusable], terms: entry.terms },
  };
  const text = `${JSON.stringify(record, null, 2)}\n`;
  await writeFileAtomically(path.join(out, RECORD_FILE), (handle) => handle.writeFile(text));
  return record;
}

function checkSplit(
  entry: CatalogueEntry,
  name: SplitName,
  split: Split,
  classes: readonly string[],
  partial: boolean,
): void {
  const numImages = split.images.length;
  if (numImages === 0) throw counts(entry, `has no image in split ${name}`);
  if (partial) return;
  // Test images of a rare species may lack, but what is never trained on cannot be learned.
  const empty = name === 'train' ? countClasses(split, classes.length).indexOf(0) : -1;
  if (empty >= 0)
    throw new DatasetError(
      'DATASET_CLASS_EMPTY',
      `${entry.title} has no image of class ${classes[empty]} in split ${name}: the download is not whole. Unpack all of it, or take what there is with --partial.`,
    );
  const published = entry.splits[name];
  if (published && !published.varies && numImages !== published.images)
    throw counts(entry, `has ${numImages} images in split ${name}, and was published with ${published.images}`);
}

function counts(entry: CatalogueEntry, what: string): DatasetError {
  return new DatasetError(
    'DATASET_COUNTS',
    `${entry.title} ${what}. Unpack the whole download, or take what there is with --partial.`,
  );
}
