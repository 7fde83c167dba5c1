/**
 * Copydays as a dataset of copy detection, and every set of copies that has its layout:
 *
 *     original/200000.jpg                what is to be found: split `val`, with the distractors
 *     strong/200001.jpg, crops/10/...    what it is looked for with: split `test`, grouped by block
 *     distractors/                       any images, copies of nothing; may be missing, and may be a link
 *     whitening/                         any images, for whitening alone: split `train`; as above
 *
 * A distractor has no label, so labels are sets: of originals, at most one.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { openImageFolder } from '../../data/image-folder.ts';
import type { ImageSource } from '../../data/source.ts';
import { type BlockCounts, MANIFEST, ORIGINALS, originalOf, readBlocks } from './copydays-layout.ts';
import type { Dataset, Split, SplitName } from './dataset.ts';
import { DatasetError } from './errors.ts';

export const DISTRACTORS = 'distractors';
export const WHITENING = 'whitening';

/** Whether a folder is one of copies, by a look at its first level. */
export function isCopydays(folder: string): boolean {
  return existsSync(path.join(folder, ORIGINALS)) && !existsSync(path.join(folder, 'train'));
}

/**
 * @param counts of images in each block. @default what the set's manifest says; without one, those that were published
 * @throws DatasetError DATASET_LAYOUT, DATASET_COUNTS; DataError NO_IMAGES
 */
export async function openCopydays(folder: string, counts?: BlockCounts): Promise<Dataset> {
  const [originals, ...copies] = await readBlocks(folder, counts);
  const classes = originals!.files.map(originalOf);
  const splits: SplitName[] = existsSync(path.join(folder, WHITENING)) ? ['train', 'val', 'test'] : ['val', 'test'];

  const queries = () => {
    const files = copies.flatMap(({ name, files }) => files.map((file) => ({ block: name, file })));
    const names = files.map(({ block, file }) => `${block}/${file}`);
    return { ...splitOf(folder, names, classes), groups: files.map(({ block }) => block) };
  };
  const database = async () => {
    const found = originals!.files.map((file) => `${ORIGINALS}/${file}`);
    const distractors = existsSync(path.join(folder, DISTRACTORS)) ? await namesBelow(folder, DISTRACTORS) : [];
    return splitOf(folder, [...found, ...distractors], classes);
  };
  return {
    name: existsSync(path.join(folder, MANIFEST)) ? 'copies' : 'copydays',
    folder,
    classes,
    score: 'mAP',
    splits,
    async split(name) {
      if (name === 'test') return queries();
      if (name === 'val') return database();
      if (splits.includes('train')) return splitOf(folder, await namesBelow(folder, WHITENING), classes);
      const message = `${folder} has no folder ${WHITENING} with images to fit whitening to; link one, or do without whitening.`;
      throw new DatasetError('DATASET_SPLIT_MISSING', message);
    },
  };
}

async function namesBelow(folder: string, subfolder: string): Promise<string[]> {
  const images = await openImageFolder(path.join(folder, subfolder));
  return Array.from({ length: images.length }, (_, i) => `${subfolder}/${images.name(i)}`);
}

/** Images by their paths below the folder; those of blocks are labelled. */
function splitOf(folder: string, names: readonly string[], classes: readonly string[]): Split {
  const numbers = new Map(classes.map((name, number) => [name, number]));
  const present = new Int8Array(names.length * classes.length);
  for (const [image, name] of names.entries()) {
    if (name.startsWith(`${DISTRACTORS}/`) || name.startsWith(`${WHITENING}/`)) continue;
    present[image * classes.length + numbers.get(originalOf(name))!] = 1;
  }
  return { images: filesOf(folder, names), labels: { kind: 'sets', present } };
}

function filesOf(folder: string, names: readonly string[]): ImageSource {
  const file = (index: number) => path.resolve(folder, names[index]!);
  return { length: names.length, name: (index) => names[index]!, path: file, read: (index) => readFile(file(index)) };
}
