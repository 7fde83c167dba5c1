/** Datasets whose labels, or everything, are MAT files. */
import path from 'node:path';
import type { Reader } from '../contents.ts';
import type { Split } from '../dataset.ts';
import { broken, find, otherVersion } from '../download-files.ts';
import { FileList } from '../file-split.ts';
import { openMat } from '../formats/mat-access.ts';
import { pixelSource, rgbOfPlanes } from '../pixel-split.ts';

/** As in Table 13, the images of both `trnid` and `valid` train. */
export const readFlowers102: Reader = async ({ download }) => {
  find(download, 'jpg');
  const labels = (await openMat(download, 'imagelabels.mat')).numbers('labels').values;
  const sets = await openMat(download, 'setid.mat');
  const classes = Array.from({ length: Math.max(0, ...labels) }, (_, index) => String(index + 1));
  const read = (names: readonly string[]) => async (): Promise<Split> => {
    const list = new FileList();
    for (const id of names.flatMap((name) => [...sets.numbers(name).values])) {
      const label = labels[id - 1];
      if (label === undefined)
        throw otherVersion(sets.file, `it has image ${id}, and imagelabels.mat only ${labels.length}`);
      list.add(`jpg/image_${String(id).padStart(5, '0')}.jpg`, label - 1);
    }
    return list.split(download);
  };
  return { classes, splits: { train: read(['trnid', 'valid']), test: read(['tstid']) } };
};

/** Classes count from 1. */
export const readStanfordCars: Reader = async ({ download }) => {
  const devkit = find(download, 'devkit', 'car_devkit/devkit');
  const classes = (await openMat(devkit, 'cars_meta.mat')).texts('class_names');
  const read = (images: string, folder: string, places: readonly string[]) => {
    find(download, images);
    find(folder, ...places);
    return async (): Promise<Split> => {
      const annotations = await openMat(folder, ...places);
      const list = new FileList();
      for (const row of annotations.rows('annotations')) {
        const label = row.number('class') - 1;
        if (label < 0 || label >= classes.length)
          throw otherVersion(annotations.file, `there is no class ${label + 1}`);
        list.add(row.text('fname'), label);
      }
      return list.split(path.join(download, images));
    };
  };
  return {
    classes,
    splits: {
      train: read('cars_train', devkit, ['cars_train_annos.mat']),
      test: read('cars_test', download, ['cars_test_annos_withlabels.mat', 'devkit/cars_test_annos_withlabels.mat']),
    },
  };
};

/** Cropped digits: `X` is (32, 32, 3, images), and 0 has label 10. */
export const readSvhn: Reader = async ({ download }) => {
  const classes = Array.from({ length: 10 }, (_, digit) => String(digit));
  const read = (split: string) => {
    const name = `${split}_32x32.mat`;
    find(download, name);
    return async (): Promise<Split> => {
      const mat = await openMat(download, name);
      const { shape, values } = mat.numbers('X');
      const labels = mat.numbers('y').values;
      const [height, width, channels, length] = shape;
      if (
        height !== 32 ||
        width !== 32 ||
        channels !== 3 ||
        length !== labels.length ||
        !(values instanceof Uint8Array)
      )
        throw broken(
          mat.file,
          `X is ${shape.join(' x ')}, y has ${labels.length} labels: not 32 x 32 x 3 bytes for each`,
        );
      const size = 32 * 32 * 3;
      const pixels = (index: number) => rgbOfPlanes(values.subarray(index * size, (index + 1) * size), 32, 32, true);
      const digits = Int32Array.from(labels, (label) => label % 10);
      return { images: pixelSource(split, labels.length, pixels), labels: { kind: 'classes', classes: digits } };
    };
  };
  return { classes, splits: { train: read('train'), test: read('test') } };
};
