/** iNaturalist 2018, and iWildCam as WILDS divides it. */
import path from 'node:path';
import * as z from 'zod';
import type { Reader } from '../contents.ts';
import { broken, find, otherVersion, readJson } from '../download-files.ts';
import { FileList } from '../file-split.ts';
import { readTable, wholeNumber } from '../formats/table.ts';

/** The parts of COCO's format that are used. */
const cocoSchema = z.object({
  images: z.array(z.object({ id: z.number(), file_name: z.string() })),
  annotations: z.array(z.object({ image_id: z.number(), category_id: z.number().int() })),
  categories: z.array(z.object({ id: z.number().int(), name: z.string() })),
});

export const readInaturalist18: Reader = async ({ download }) => {
  find(download, 'train_val2018');
  const open = async (list: string) => {
    const parsed = cocoSchema.safeParse(await readJson(download, list));
    if (!parsed.success) throw broken(path.join(download, list), 'it has no images, annotations and categories');
    return parsed.data;
  };
  const classes: string[] = [];
  for (const { id, name } of (await open('val2018.json')).categories) classes[id] = name;
  const read = (list: string) => {
    find(download, list);
    return async () => {
      const { images, annotations } = await open(list);
      const labels = new Map(annotations.map(({ image_id, category_id }) => [image_id, category_id]));
      const files = new FileList();
      for (const { id, file_name } of images) {
        const label = labels.get(id);
        if (label === undefined || classes[label] === undefined)
          throw otherVersion(path.join(download, list), `${file_name} has no category of ${classes.length}`);
        files.add(file_name, label);
      }
      return files.split(download);
    };
  };
  return { classes, splits: { train: read('train2018.json'), test: read('val2018.json') } };
};

/** As in Table 9, images of cameras that were seen in training validate and test; `location` is the camera. */
export const readIWildCam: Reader = async ({ download }) => {
  const root = find(download, 'iwildcam_v2.0', '.');
  find(root, 'train');
  const rows = await readTable(root, 'metadata.csv', ',', ['split', 'y', 'filename', 'location']);
  const file = path.join(root, 'metadata.csv');
  const labels = rows.map(({ y }) => wholeNumber(file, y));
  let numClasses = 0;
  for (const label of labels) numClasses = Math.max(numClasses, label + 1);
  const read = (split: string) => async () => {
    const list = new FileList();
    const groups: string[] = [];
    for (const [index, row] of rows.entries()) {
      if (row.split !== split) continue;
      list.add(row.filename, labels[index]!);
      groups.push(row.location);
    }
    return list.split(path.join(root, 'train'), groups);
  };
  return {
    classes: Array.from({ length: numClasses }, (_, index) => String(index)),
    splits: { train: read('train'), val: read('id_val'), test: read('id_test') },
  };
};
