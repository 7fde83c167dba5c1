/**
 * A folder of images whose subfolders are the classes, as a dataset:
 *
 *     train/CLASS/...   val/CLASS/...   test/CLASS/...      splits as they are; any of them may be missing
 *     CLASS/...                                             a fifth of each class is `test`, the rest `train`
 *     attributes.csv                                        beside either: what somebody says of whom images show
 *
 * In the second form the images of a class are dealt by a permutation of their sorted names that depends on their number alone, so
 * the division is the same on every machine.
 */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { compareCodePoints, openImageFolder } from '../../data/image-folder.ts';
import { permute } from '../../data/order.ts';
import type { ImageSource } from '../../data/source.ts';
import { messageOf } from '../../errors.ts';
import { EvaluationError } from '../errors.ts';
import { readAttributes } from './attribute-table.ts';
import { attributesOf } from './attributes.ts';
import type { Dataset, Split, SplitName } from './dataset.ts';

const SPLITS: readonly SplitName[] = ['train', 'val', 'test'];
/** Of each class, rounded up, where a folder has no splits; one image at least stays to learn from. */
const TEST_SHARE = 0.2;
const SEED = 0;

/** @throws EvaluationError SPLIT_MISSING where the folder has no subfolders or cannot be read */
export async function openFolderDataset(folder: string): Promise<Dataset> {
  const names = await subfoldersOf(folder);
  if (names.length === 0) {
    const message = `${folder} has no subfolders: give one with train/ and test/, whose subfolders are the classes, or with the classes alone.`;
    throw new EvaluationError('SPLIT_MISSING', message);
  }
  const splits = SPLITS.filter((name) => names.includes(name));
  const divided = splits.includes('train') || splits.length === names.length;
  return divided ? splitFolders(folder, splits) : classFolders(folder, names);
}

async function splitFolders(folder: string, splits: readonly SplitName[]): Promise<Dataset> {
  const found = await Promise.all(splits.map((name) => subfoldersOf(path.join(folder, name))));
  const classes = [...new Set(found.flat())].sort(compareCodePoints);
  return {
    name: 'folder',
    folder,
    classes,
    score: 'accuracy',
    splits,
    async split(name) {
      requireSplit(name, splits, folder);
      return withAttributes(folder, `${name}/`, await labelled(path.join(folder, name), classes));
    },
  };
}

function classFolders(folder: string, classes: readonly string[]): Dataset {
  const splits = ['train', 'test'] as const;
  let whole: Promise<Split> | undefined;
  return {
    name: 'folder',
    folder,
    classes,
    score: 'accuracy',
    splits,
    async split(name) {
      requireSplit(name, splits, folder);
      whole ??= labelled(folder, classes).then((split) => withAttributes(folder, '', split));
      return partOf(await whole, classes.length, name);
    },
  };
}

async function withAttributes(folder: string, prefix: string, split: Split): Promise<Split> {
  const attributes = await readAttributes(folder, prefix, split.images);
  return attributes ? { ...split, attributes } : split;
}

function requireSplit(name: SplitName, splits: readonly SplitName[], folder: string): void {
  if (splits.includes(name)) return;
  throw new EvaluationError('SPLIT_MISSING', `${folder} has no split ${name}; it has ${splits.join(', ')}.`);
}

/** @throws EvaluationError LABELS_WRONG where an image lies in no class's folder */
async function labelled(folder: string, classes: readonly string[]): Promise<Split> {
  const images = await openImageFolder(folder);
  const numbers = new Map(classes.map((name, number) => [name, number]));
  const labels = new Int32Array(images.length);
  for (let image = 0; image < images.length; image++) {
    const label = numbers.get(images.label(image) ?? '');
    if (label === undefined) {
      const message = `${path.join(folder, images.name(image))} lies in no class's folder; move it into one, or away.`;
      throw new EvaluationError('LABELS_WRONG', message);
    }
    labels[image] = label;
  }
  return { images, labels: { kind: 'classes', classes: labels } };
}

function partOf({ images, labels, attributes }: Split, numClasses: number, name: SplitName): Split {
  const all = labels.kind === 'classes' ? labels.classes : new Int32Array();
  const ofClasses = Array.from({ length: numClasses }, (): number[] => []);
  for (const [image, label] of all.entries()) ofClasses[label]!.push(image);
  const chosen = ofClasses.flatMap((ofClass) => {
    const count = ofClass.length;
    const numTest = Math.min(Math.ceil(TEST_SHARE * count), count - 1);
    return ofClass.filter((_, i) => permute(i, count, SEED, 0) < numTest === (name === 'test'));
  });
  const indices = chosen.sort((one, other) => one - other);
  return {
    images: selectImages(images, indices),
    labels: { kind: 'classes', classes: Int32Array.from(indices, (i) => all[i]!) },
    ...(attributes && { attributes: attributesOf(attributes, indices) }),
  };
}

/** Some images of a folder. */
function selectImages(images: ImageSource, indices: readonly number[]): ImageSource {
  return {
    length: indices.length,
    name: (i) => images.name(indices[i]!),
    path: (i) => images.path!(indices[i]!),
    read: (i) => images.read(indices[i]!),
    label: (i) => images.label!(indices[i]!),
  };
}

/** Links to folders count, hidden folders do not. */
async function subfoldersOf(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const shown = entries.filter(({ name }) => !name.startsWith('.'));
    const areFolders = await Promise.all(
      shown.map((entry) => (entry.isSymbolicLink() ? isFolder(path.join(folder, entry.name)) : entry.isDirectory())),
    );
    return shown
      .filter((_, i) => areFolders[i])
      .map(({ name }) => name)
      .sort(compareCodePoints);
  } catch (cause) {
    throw new EvaluationError('SPLIT_MISSING', `${folder} cannot be read: ${messageOf(cause)}.`, { cause });
  }
}

function isFolder(file: string): Promise<boolean> {
  return stat(file).then(
    (status) => status.isDirectory(),
    () => false,
  );
}
