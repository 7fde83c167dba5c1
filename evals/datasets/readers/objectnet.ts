/** ObjectNet: those of its classes that ImageNet has too. One of them may be several of ImageNet's, so labels are sets. */
import path from 'node:path';
import sharp from 'sharp';
import * as z from 'zod';
import type { Reader } from '../contents.ts';
import type { Split } from '../dataset.ts';
import { broken, find, listFiles, otherVersion, readJson, readText } from '../download-files.ts';
import { imagenetClasses } from '../imagenet-classes.ts';
import { setsOf } from './imagenet.ts';

/** Its makers marked every image with a red frame, and ask that it be removed before an image is used. */
const FRAME = 2;

const texts = z.record(z.string(), z.string());

export const readObjectNet: Reader = async ({ download }) => {
  const root = find(download, 'images', 'objectnet-1.0/images');
  const mappings = path.join(path.dirname(root), 'mappings');
  const folders = await readClasses(mappings);
  return { classes: imagenetClasses, splits: { test: () => readSplit(root, folders) } };
};

/** Its own files lead from a folder to its label, to ImageNet's labels, to the devkit's numbers, to indices. */
async function readClasses(mappings: string): Promise<Map<string, number[]>> {
  const labelOfFolder = await readTexts(mappings, 'folder_to_objectnet_label.json');
  const imagenetLabels = await readTexts(mappings, 'objectnet_to_imagenet_1k.json');
  const numberOfIndex = z
    .record(z.string(), z.coerce.number().int())
    .safeParse(await readJson(mappings, 'pytorch_to_imagenet_2012_id.json'));
  if (!numberOfIndex.success)
    throw broken(path.join(mappings, 'pytorch_to_imagenet_2012_id.json'), 'it maps no indices to numbers');
  const indexOfNumber = new Map(Object.entries(numberOfIndex.data).map(([index, number]) => [number, Number(index)]));
  const lines = (await readText(mappings, 'imagenet_to_label_2012_v2')).trimEnd().split('\n');
  const labels = new Map(lines.map((line, index) => [line.trim(), index + 1]));
  const folders = new Map<string, number[]>();
  for (const [folder, label] of Object.entries(labelOfFolder)) {
    const known = imagenetLabels[label];
    if (known === undefined) continue;
    const indices = known.split('; ').map((one) => indexOfNumber.get(labels.get(one.trim()) ?? -1));
    if (!indices.every((index) => index !== undefined))
      throw otherVersion(mappings, `ImageNet has no class for all of "${known}", which stands for ${label}`);
    folders.set(folder, indices);
  }
  return folders;
}

async function readTexts(folder: string, name: string): Promise<Record<string, string>> {
  const parsed = texts.safeParse(await readJson(folder, name));
  if (!parsed.success) throw broken(path.join(folder, name), 'it is no mapping of texts to texts');
  return parsed.data;
}

async function readSplit(root: string, folders: ReadonlyMap<string, readonly number[]>): Promise<Split> {
  const images: { name: string; classes: readonly number[] }[] = [];
  for (const [folder, classes] of folders) {
    find(root, folder);
    for (const file of await listFiles(path.join(root, folder))) images.push({ name: `${folder}/${file}`, classes });
  }
  const { images: files, labels } = setsOf(root, images);
  // No paths are given: native threads would read the frame too.
  const { length, name } = files;
  return { images: { length, name, read: (index) => withoutFrame(path.join(root, name(index))) }, labels };
}

async function withoutFrame(file: string): Promise<Uint8Array> {
  const image = sharp(file);
  const { width, height } = await image.metadata();
  return await image
    .extract({ left: FRAME, top: FRAME, width: width - 2 * FRAME, height: height - 2 * FRAME })
    .png({ compressionLevel: 1 })
    .toBuffer();
}
