/** GTSRB: the training set that its makers corrected, and the test set with its list of classes. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { UnusableImage } from '../../../data/source.ts';
import type { Reader } from '../contents.ts';
import type { Split } from '../dataset.ts';
import { find, listFiles, listFolders, otherVersion } from '../download-files.ts';
import { FileList } from '../file-split.ts';
import { parsePpm } from '../formats/ppm.ts';
import { readTable, wholeNumber } from '../formats/table.ts';
import { pixelSource } from '../pixel-split.ts';

const ppm = new Set(['.ppm']);

export const readGtsrb: Reader = async ({ download }) => {
  const gtsrb = find(download, 'GTSRB', '.');
  if (!existsSync(path.join(gtsrb, 'Training')) && existsSync(path.join(gtsrb, 'Final_Training')))
    throw otherVersion(
      path.join(gtsrb, 'Final_Training'),
      'the paper trains on GTSRB-Training_fixed.zip, whose folder is Training',
    );
  const train = find(gtsrb, 'Training');
  const test = find(gtsrb, 'Final_Test/Images');
  const labels = path.dirname(find(download, 'GT-final_test.csv'));
  const classes = await listFolders(train);
  return {
    classes,
    splits: {
      train: async () => {
        const list = new FileList();
        for (const [label, folder] of classes.entries()) {
          for (const file of await listFiles(path.join(train, folder), ppm)) list.add(`${folder}/${file}`, label);
        }
        return decoded(list.split(train));
      },
      test: async () => {
        const list = new FileList();
        for (const row of await readTable(labels, 'GT-final_test.csv', ';', ['Filename', 'ClassId'])) {
          const label = wholeNumber('GT-final_test.csv', row.ClassId);
          if (label >= classes.length)
            throw otherVersion(path.join(labels, 'GT-final_test.csv'), `there is no class ${label}`);
          list.add(row.Filename, label);
        }
        return decoded(list.split(test));
      },
    },
  };
};

/** The images are portable pixmaps, which nothing else decodes. */
function decoded({ images, labels }: Split): Split {
  const source = pixelSource('', images.length, (index) => {
    const file = images.path!(index);
    const image = parsePpm(readFileSync(file));
    if (!image) throw new UnusableImage({ code: 'NOT_AN_IMAGE', message: `${file} is no portable pixmap` });
    return image;
  });
  return { images: { ...source, name: images.name }, labels };
}
