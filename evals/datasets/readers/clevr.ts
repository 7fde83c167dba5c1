/** CLEVR: how many objects are there, and how far the closest one is. The published validation images test. */
import path from 'node:path';
import * as z from 'zod';
import type { Reader } from '../contents.ts';
import { broken, find, otherVersion, readJson } from '../download-files.ts';
import { FileList } from '../file-split.ts';

const scenesSchema = z.object({
  scenes: z.array(
    z.object({
      image_filename: z.string(),
      objects: z.array(z.object({ pixel_coords: z.tuple([z.number(), z.number(), z.number()]) })),
    }),
  ),
});

type Scene = z.infer<typeof scenesSchema>['scenes'][number];

/** A distance falls into the first class whose limit is not below it, as in VTAB. */
const limits = [8, 8.5, 9, 9.5, 10, 100];
const FEWEST = 3;
const MOST = 10;

function clevr(classes: readonly string[], labelOf: (scene: Scene) => number): Reader {
  return async ({ download }) => {
    const root = find(download, 'CLEVR_v1.0', '.');
    const read = (split: string) => {
      const list = `scenes/CLEVR_${split}_scenes.json`;
      find(root, list);
      return async () => {
        const parsed = scenesSchema.safeParse(await readJson(root, list));
        if (!parsed.success) throw broken(path.join(root, list), 'it is no list of scenes');
        const images = new FileList();
        for (const scene of parsed.data.scenes) {
          const label = labelOf(scene);
          if (label < 0 || label >= classes.length)
            throw otherVersion(
              path.join(root, list),
              `${scene.image_filename} has ${scene.objects.length} objects, or one too far`,
            );
          images.add(`images/${split}/${scene.image_filename}`, label);
        }
        return images.split(root);
      };
    };
    return { classes, splits: { train: read('train'), test: read('val') } };
  };
}

export const readClevrCount = clevr(
  Array.from({ length: MOST - FEWEST + 1 }, (_, index) => `${FEWEST + index} objects`),
  ({ objects }) => objects.length - FEWEST,
);

export const readClevrDistance = clevr(
  limits.map((limit) => `up to ${limit}`),
  ({ objects }) => {
    const distance = Math.min(...objects.map(({ pixel_coords }) => pixel_coords[2]));
    return limits.findIndex((limit) => distance <= limit);
  },
);
