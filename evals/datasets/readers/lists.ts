/** Layouts in which text files list the images of each split. */
import path from 'node:path';
import type { Reader } from '../contents.ts';
import type { Split } from '../dataset.ts';
import { broken, find, listFiles, listFolders, otherVersion, readLines } from '../download-files.ts';
import { FileList, indexOf } from '../file-split.ts';
import { wholeNumber } from '../formats/table.ts';
import { PythonRandom } from '../python-random.ts';

/** `meta/train.txt` has lines such as `apple_pie/1005649`. */
export const readFood101: Reader = async ({ download }) => {
  const root = find(download, 'food-101', '.');
  const classes = await readLines(root, 'meta/classes.txt');
  const read = (list: string) =>
    listed(root, list, classes, (line) => ({ name: `images/${line}.jpg`, label: folderOf(line) }));
  return { classes, splits: { train: () => read('meta/train.txt'), test: () => read('meta/test.txt') } };
};

/** The first of its ten partitions: `labels/train1.txt` has lines such as `banded/banded_0002.jpg`. */
export const readDtd: Reader = async ({ download }) => {
  const root = find(download, 'dtd', '.');
  const classes = await listFolders(find(root, 'images'));
  const read = (list: string) =>
    listed(root, list, classes, (line) => ({ name: `images/${line}`, label: folderOf(line) }));
  return {
    classes,
    splits: {
      train: () => read('labels/train1.txt'),
      val: () => read('labels/val1.txt'),
      test: () => read('labels/test1.txt'),
    },
  };
};

/** `images_variant_trainval.txt` has lines such as `1025794 707-320`, a number and the rest of the line. */
export const readAircraft: Reader = async ({ download }) => {
  const root = find(download, 'fgvc-aircraft-2013b/data', 'data');
  const classes = await readLines(root, 'variants.txt');
  const read = (list: string) =>
    listed(root, list, classes, (line) => {
      const end = line.indexOf(' ');
      return { name: `images/${line.slice(0, end)}.jpg`, label: line.slice(end + 1) };
    });
  return {
    classes,
    splits: { train: () => read('images_variant_trainval.txt'), test: () => read('images_variant_test.txt') },
  };
};

/** `annotations/trainval.txt` has lines such as `Abyssinian_100 1 1 1`: an image, its class from 1 on, its species and breed. */
export const readPets: Reader = async ({ download }) => {
  const root = find(download, 'oxford-iiit-pet', '.');
  const rows = await petsRows(root, 'annotations/trainval.txt');
  const classes: string[] = [];
  for (const { name, label } of rows) classes[label] ??= name.replace(/_\d+$/, '');
  for (const [label, name] of [...classes].entries()) {
    if (name === undefined)
      throw broken(path.join(root, 'annotations/trainval.txt'), `class ${label + 1} has no image`);
  }
  const read = async (list: string): Promise<Split> => {
    const images = new FileList();
    for (const { name, label } of await petsRows(root, list)) {
      if (name.replace(/_\d+$/, '') !== classes[label])
        throw otherVersion(
          path.join(root, list),
          `${name} is listed as class ${label + 1}, which is ${classes[label]}`,
        );
      images.add(`images/${name}.jpg`, label);
    }
    return images.split(root);
  };
  return {
    classes,
    splits: { train: () => read('annotations/trainval.txt'), test: () => read('annotations/test.txt') },
  };
};

async function petsRows(root: string, list: string): Promise<{ name: string; label: number }[]> {
  const lines = (await readLines(root, list)).filter((line) => !line.startsWith('#'));
  return lines.map((line) => {
    const [name, label] = line.split(' ');
    return { name: name!, label: wholeNumber(path.join(root, list), label) - 1 };
  });
}

/** `train_places205.csv` has lines such as `a/abbey/gsun_fcb0.jpg 0`, in spite of its name. */
export const readPlaces205: Reader = async ({ download }) => {
  const images = find(download, 'images256', 'data/vision/torralba/deeplearning/images256');
  const lists = find(download, 'trainvalsplit_places205', '.');
  const test = await placesRows(lists, 'val_places205.csv');
  const classes: string[] = [];
  for (const { name, label } of test) classes[label] ??= path.dirname(name);
  const split = (rows: readonly { name: string; label: number }[]) => {
    const list = new FileList();
    for (const { name, label } of rows) {
      if (path.dirname(name) !== classes[label])
        throw otherVersion(lists, `${name} is listed as class ${label}, which is ${classes[label]}`);
      list.add(name, label);
    }
    return list.split(images);
  };
  find(lists, 'train_places205.csv');
  return {
    classes,
    splits: {
      train: async () => split(await placesRows(lists, 'train_places205.csv')),
      test: async () => split(test),
    },
  };
};

async function placesRows(folder: string, list: string): Promise<{ name: string; label: number }[]> {
  return (await readLines(folder, list)).map((line) => {
    const end = line.lastIndexOf(' ');
    return { name: line.slice(0, end), label: wholeNumber(path.join(folder, list), line.slice(end + 1)) };
  });
}

/** The official partition 1: 50 images of each class train, 50 test. Its lists have lines such as `/a/abbey/sun_aaal.jpg`. */
export const readSun397Partition: Reader = async ({ download }) => {
  const { root, classes } = await openSun397(download);
  const lists = find(download, 'Partitions', 'SUN397/Partitions', '.');
  const read = (list: string) => {
    find(lists, list);
    return async () => {
      const images = new FileList();
      const label = indexOf(classes, (name) => otherVersion(path.join(lists, list), `there is no class ${name}`));
      for (const line of await readLines(lists, list)) images.add(line.slice(1), label(path.dirname(line).slice(1)));
      return images.split(root);
    };
  };
  return { classes, splits: { train: read('Training_01.txt'), test: read('Testing_01.txt') } };
};

/** As the paper's code has it: 70 % of each class train, 10 % validate, the rest tests. Its order was that of a disk: seed 0. */
export const readSun397: Reader = async ({ download }) => {
  const { root, classes } = await openSun397(download);
  type Name = 'train' | 'val' | 'test';
  let made: Promise<Record<Name, FileList>> | undefined;
  const draw = async () => {
    const lists = { train: new FileList(), val: new FileList(), test: new FileList() };
    const random = new PythonRandom(0);
    for (const [label, name] of classes.entries()) {
      const files = await listFiles(path.join(root, name));
      random.shuffle(files);
      const valStart = roundHalfEven(files.length * 0.7);
      const valEnd = valStart + roundHalfEven(files.length * 0.1);
      for (const [index, file] of files.entries()) {
        const split = index < valStart ? 'train' : index < valEnd ? 'val' : 'test';
        lists[split].add(`${name}/${file}`, label);
      }
    }
    return lists;
  };
  const read = (name: Name) => async () => {
    made ??= draw();
    return (await made)[name].split(root);
  };
  return { classes, splits: { train: read('train'), val: read('val'), test: read('test') } };
};

/** As Python rounds. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

async function openSun397(download: string): Promise<{ root: string; classes: string[] }> {
  const root = find(download, 'SUN397', '.');
  const classes = (await readLines(root, 'ClassName.txt')).map((line) => line.replace(/^\//, ''));
  return { root, classes };
}

async function listed(
  root: string,
  list: string,
  classes: readonly string[],
  parse: (line: string) => { name: string; label: string },
): Promise<Split> {
  const images = new FileList();
  const label = indexOf(classes, (name) => otherVersion(path.join(root, list), `there is no class ${name}`));
  for (const line of await readLines(root, list)) {
    const parsed = parse(line);
    images.add(parsed.name, label(parsed.label));
  }
  return images.split(root);
}

function folderOf(line: string): string {
  return line.slice(0, line.indexOf('/'));
}
