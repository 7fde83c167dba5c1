/** ImageNet-1K, and the test sets that were made for its classes. Classes are ids of WordNet in their order throughout. */
import path from 'node:path';
import type { Reader } from '../contents.ts';
import type { Split } from '../dataset.ts';
import { broken, find, listFiles, listFolders, otherVersion, readJson, readLines } from '../download-files.ts';
import { FileList, indexOf, namedFiles } from '../file-split.ts';
import { openMat } from '../formats/mat-access.ts';
import { wholeNumber } from '../formats/table.ts';
import { imagenetAClasses, imagenetClasses, imagenetRClasses } from '../imagenet-classes.ts';
import { foldersSplit, testFolders } from './class-folders.ts';

const trainPlaces = ['train', 'ILSVRC/Data/CLS-LOC/train', 'Data/CLS-LOC/train'];
const valPlaces = ['val', 'ILSVRC/Data/CLS-LOC/val', 'Data/CLS-LOC/val'];
const devkits = ['ILSVRC2012_devkit_t12', 'devkit', '.'];

const labelOf = indexOf(imagenetClasses, (id) => otherVersion(id, 'this is the id of no class of ImageNet-1K'));

export const readImageNet: Reader = async ({ download }) => {
  const train = find(download, ...trainPlaces);
  find(download, ...valPlaces);
  checkFolders(await listFolders(train), imagenetClasses, train);
  return {
    classes: imagenetClasses,
    splits: { train: () => foldersSplit(train, imagenetClasses), test: () => validation(download) },
  };
};

/** The validation images lie in folders of classes, or all in one, with a list of labels in the devkit. */
async function validation(download: string): Promise<Split> {
  const root = find(download, ...valPlaces);
  const folders = await listFolders(root);
  if (folders.length > 0) {
    checkFolders(folders, imagenetClasses, root);
    return await foldersSplit(root, imagenetClasses);
  }
  const files = await listFiles(root);
  const labels = await devkitLabels(download);
  if (files.length !== labels.length)
    throw otherVersion(root, `it has ${files.length} images, and the devkit's list has ${labels.length} labels`);
  const list = new FileList();
  for (const [index, file] of files.entries()) list.add(file, labels[index]!);
  return list.split(root);
}

/** The devkit numbers classes in an order of its own, which its `meta.mat` explains. */
async function devkitLabels(download: string): Promise<number[]> {
  const ground = find(download, ...devkits.map((devkit) => `${devkit}/data/ILSVRC2012_validation_ground_truth.txt`));
  const data = path.dirname(ground);
  const synsets = (await openMat(data, 'meta.mat')).rows('synsets');
  const labels = new Map<number, number>();
  for (const synset of synsets) {
    const id = synset.number('ILSVRC2012_ID');
    if (id <= 1000) labels.set(id, labelOf(synset.text('WNID')));
  }
  return (await readLines(data, path.basename(ground))).map((line) => {
    const label = labels.get(wholeNumber(ground, line));
    if (label === undefined) throw otherVersion(ground, `${line} is no class of meta.mat`);
    return label;
  });
}

function checkFolders(folders: readonly string[], classes: readonly string[], root: string): void {
  const known = new Set(classes);
  const strange = folders.find((folder) => !known.has(folder));
  if (strange !== undefined) throw otherVersion(root, `the folder ${strange} is no class of this dataset`);
  const present = new Set(folders);
  const missing = classes.filter((name) => !present.has(name));
  if (missing.length > 0)
    throw otherVersion(
      root,
      `${missing.length} of ${classes.length} class folders are missing, the first is ${missing[0]}`,
    );
}

function subset(indices: readonly number[], places: readonly string[]): Reader {
  const classes = indices.map((index) => imagenetClasses[index]!);
  return testFolders(places, (folders, root) => {
    checkFolders(folders, classes, root);
    return classes;
  });
}

export const readImageNetA = subset(imagenetAClasses, ['imagenet-a', '.']);
export const readImageNetR = subset(imagenetRClasses, ['imagenet-r', '.']);
export const readImageNetSketch = subset([...imagenetClasses.keys()], ['sketch', 'imagenet_sketch', '.']);

/** Folders are named after the classes' indices. */
export function readImageNetV2(variant: string): Reader {
  const places = [`imagenetv2-${variant}-format-val`, `imagenetv2-${variant}`];
  return async ({ download }) => {
    const root = find(download, ...places);
    const folders = imagenetClasses.map((_, index) => String(index));
    checkFolders(await listFolders(root), folders, root);
    return { classes: imagenetClasses, splits: { test: () => foldersSplit(root, folders) } };
  };
}

/** New labels of the validation images: any number of classes each. Images that no class fits are left out, as its authors do. */
export const readImageNetReal: Reader = async ({ download }) => {
  find(download, 'real.json');
  find(download, ...valPlaces);
  return { classes: imagenetClasses, splits: { test: () => realLabels(download) } };
};

async function realLabels(download: string): Promise<Split> {
  const file = path.join(download, 'real.json');
  const real = await readJson(download, 'real.json');
  if (!Array.isArray(real)) throw broken(file, 'it is no list of labels');
  const root = find(download, ...valPlaces);
  const names = await validationNames(root);
  if (names.length !== real.length)
    throw otherVersion(file, `it has labels of ${real.length} images, and ${root} has ${names.length}`);
  const used = names.flatMap((name, index) => {
    const classes: unknown = real[index];
    if (!Array.isArray(classes) || !classes.every((one) => Number.isInteger(one) && one >= 0 && one < 1000))
      throw broken(file, `entry ${index} is no list of classes`);
    return classes.length > 0 ? [{ name, classes: classes as number[] }] : [];
  });
  return setsOf(root, used);
}

/** In the order of their numbers, whichever folders they lie in. */
async function validationNames(root: string): Promise<string[]> {
  const folders = await listFolders(root);
  const names = await listFiles(root);
  for (const folder of folders) {
    for (const file of await listFiles(path.join(root, folder))) names.push(`${folder}/${file}`);
  }
  return names.sort((a, b) => (path.basename(a) < path.basename(b) ? -1 : 1));
}

export function setsOf(
  root: string,
  images: readonly { name: string; classes: readonly number[] }[],
  width = 1000,
): Split {
  const present = new Int8Array(images.length * width);
  for (const [row, { classes }] of images.entries()) for (const one of classes) present[row * width + one] = 1;
  return {
    images: namedFiles(
      root,
      images.map(({ name }) => name),
    ),
    labels: { kind: 'sets', present },
  };
}
