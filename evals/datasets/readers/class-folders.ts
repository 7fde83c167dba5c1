/** Layouts in which a class is a folder, and splits are drawn or lie in folders of their own. */
import path from 'node:path';
import type { Contents, Reader } from '../contents.ts';
import { find, listFiles, listFolders } from '../download-files.ts';
import { DatasetError } from '../errors.ts';
import { FileList } from '../file-split.ts';
import { PythonRandom } from '../python-random.ts';

type Drawn = Readonly<Partial<Record<'train' | 'val' | 'test', readonly string[]>>>;

/** Of a class's files, in the order of their names, which belong to which split. */
type Draw = (files: string[], random: PythonRandom) => Drawn;

/** Classes are folders below the first of some places; splits are drawn class by class. */
function drawnFolders(places: readonly string[], seed: number, splits: readonly (keyof Drawn)[], draw: Draw): Reader {
  return async ({ download }) => {
    const root = find(download, ...places);
    const classes = await listFolders(root);
    let lists: Promise<Map<keyof Drawn, FileList>> | undefined;
    const all = async () => {
      const made = new Map(splits.map((split) => [split, new FileList()]));
      const random = new PythonRandom(seed);
      for (const [label, name] of classes.entries()) {
        const drawn = draw(await listFiles(path.join(root, name)), random);
        for (const [split, list] of made) for (const file of drawn[split] ?? []) list.add(`${name}/${file}`, label);
      }
      return made;
    };
    const splitOf = async (split: keyof Drawn) => {
      lists ??= all();
      return (await lists).get(split)!.split(root);
    };
    return { classes, splits: Object.fromEntries(splits.map((split) => [split, () => splitOf(split)])) };
  };
}

/** As the paper's code has it: of each class the first 1,000 files in the order of their names train, and 500 test. */
export const readEuroSat = drawnFolders(['2750', 'EuroSAT', 'EuroSAT_RGB'], 0, ['train', 'test'], (files) => ({
  train: files.slice(0, 1000),
  test: files.slice(1000, 1500),
}));

/** As the paper's code has it: Python's shuffle with seed 42, 80 % of each class train. */
export const readResisc45 = drawnFolders(['NWPU-RESISC45', '.'], 42, ['train', 'test'], (files, random) => {
  random.shuffle(files);
  const numTrain = Math.floor(0.8 * files.length);
  return { train: files.slice(0, numTrain), test: files.slice(numTrain, numTrain + Math.floor(0.2 * files.length)) };
});

/** 30 images of each class train, all others test. Which 30 was never published: seed 0. */
export const readCaltech101 = drawnFolders(['101_ObjectCategories'], 0, ['train', 'test'], (files, random) => {
  random.shuffle(files);
  return { train: files.slice(0, 30), test: files.slice(30) };
});

/** One folder of class folders as the test split, whatever their names mean. */
export function testFolders(
  places: readonly string[],
  classes: (folders: readonly string[], root: string) => readonly string[],
): Reader {
  return async ({ download }) => {
    const root = find(download, ...places);
    const folders = await listFolders(root);
    const names = classes(folders, root);
    return { classes: names, splits: { test: () => foldersSplit(root, folders) } };
  };
}

/** Images of class folders, in the order of the classes. */
export async function foldersSplit(root: string, folders: readonly string[]) {
  const list = new FileList();
  for (const [label, folder] of folders.entries()) {
    for (const file of await listFiles(path.join(root, folder))) list.add(`${folder}/${file}`, label);
  }
  return list.split(root);
}

/** `train` and `test` folders. @throws DatasetError where their classes differ */
export async function sameClasses(root: string, trainFolder: string, testFolder: string): Promise<Contents> {
  const [classes, others] = await Promise.all(
    [trainFolder, testFolder].map((name) => listFolders(path.join(root, name))),
  );
  if (classes!.join('\n') !== others!.join('\n')) {
    throw new DatasetError(
      'DATASET_OTHER_VERSION',
      `The class folders of ${path.join(root, trainFolder)} and ${path.join(root, testFolder)} differ: they are of different versions.`,
    );
  }
  return {
    classes: classes!,
    splits: {
      train: () => foldersSplit(path.join(root, trainFolder), classes!),
      test: () => foldersSplit(path.join(root, testFolder), classes!),
    },
  };
}
