/** KITTI: the distance to the closest vehicle. Its test labels are not public, so 80 % of its training images train. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Reader } from '../contents.ts';
import type { Split } from '../dataset.ts';
import { broken, find, listFiles, otherVersion } from '../download-files.ts';
import { FileList } from '../file-split.ts';
import { PythonRandom } from '../python-random.ts';

const classes = ['no vehicle', 'up to 8 m', 'up to 20 m', 'beyond 20 m'];
const vehicles = new Set(['Car', 'Van', 'Truck']);
/** Fields of a line of a label file: what it is, and metres ahead of the camera. */
const TYPE = 0;
const DEPTH = 13;

export const readKittiDistance: Reader = async ({ download }) => {
  const root = find(download, 'training');
  const images = await listFiles(find(root, 'image_2'));
  find(root, 'label_2');
  // The paper's split is random too, and was not kept.
  new PythonRandom(0).shuffle(images);
  const numTrain = Math.round(0.8 * images.length);
  const read = (names: readonly string[]) => async (): Promise<Split> => {
    const list = new FileList();
    for (const name of names) list.add(`image_2/${name}`, await labelOf(root, name));
    return list.split(root);
  };
  return { classes, splits: { train: read(images.slice(0, numTrain)), test: read(images.slice(numTrain)) } };
};

async function labelOf(root: string, image: string): Promise<number> {
  const name = `label_2/${path.parse(image).name}.txt`;
  const file = path.join(root, name);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw otherVersion(file, `there is no such file for ${image} (${String(error)})`);
  });
  let closest = Number.POSITIVE_INFINITY;
  for (const line of text.split('\n')) {
    const fields = line.trim().split(' ');
    if (!vehicles.has(fields[TYPE]!)) continue;
    const depth = Number(fields[DEPTH]);
    if (!Number.isFinite(depth) || fields[DEPTH] === undefined) throw broken(file, `"${line}" has no distance`);
    closest = Math.min(closest, depth);
  }
  if (closest === Number.POSITIVE_INFINITY) return 0;
  return closest <= 8 ? 1 : closest <= 20 ? 2 : 3;
}
