/** dSprites as a dataset: where the shape is, or how it is turned. Images are those published where there are any, else rendered. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Maker, Reader } from '../contents.ts';
import type { Split } from '../dataset.ts';
import { pixelSource, readAt, rgbOfGrey } from '../pixel-split.ts';
import { PythonRandom } from '../python-random.ts';
import { packImages, unpackImage } from './packed.ts';
import { type Latents, latentSizes, latentsOf, NUM_IMAGES, render, SIDE } from './renderer.ts';

const NUM_BINS = 16;
/** Of 589,824 images, as in Table 13. */
const TRAIN_SHARE = 0.8;
const PACKED = 'images.bits';
const PUBLISHED = 'dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz';

function dsprites(unit: string, bin: (latents: Latents) => number): Reader {
  return async ({ prepared }) => {
    const file = path.join(prepared, PACKED);
    const greys = existsSync(file)
      ? (index: number) => unpackImage(readAt(file, (index * SIDE * SIDE) / 8, (SIDE * SIDE) / 8))
      : (index: number) => render(latentsOf(index));
    let drawn: Uint32Array | undefined;
    const read = (prefix: string, from: number, to: number) => async (): Promise<Split> => {
      drawn ??= shuffled();
      const order = drawn.subarray(from, to);
      const classes = Int32Array.from(order, (index) => bin(latentsOf(index)));
      const source = pixelSource(prefix, order.length, (row) => rgbOfGrey(greys(order[row]!), SIDE, SIDE));
      return { images: { ...source, name: (row) => String(order[row]) }, labels: { kind: 'classes', classes } };
    };
    const numTrain = Math.round(TRAIN_SHARE * NUM_IMAGES);
    return {
      classes: Array.from({ length: NUM_BINS }, (_, index) => `${unit} ${index}`),
      splits: { train: read('train', 0, numTrain), test: read('test', numTrain, NUM_IMAGES) },
    };
  };
}

/** Which images train is drawn at random, in the paper too, where it was not kept. */
function shuffled(): Uint32Array {
  const order = Uint32Array.from({ length: NUM_IMAGES }, (_, index) => index);
  new PythonRandom(0).shuffle(order);
  return order;
}

/** Two neighbouring positions are one bin. */
export const readDSpritesLocation = dsprites('x', ({ x }) => Math.floor(x / 2));

/** By the angle, as the paper's code has it: the last bin is that of a whole turn too. VTAB shares out the 40 steps instead. */
export const readDSpritesOrientation = dsprites('orientation', ({ orientation }) =>
  Math.min(NUM_BINS - 1, Math.floor((orientation * NUM_BINS) / (latentSizes[2] - 1))),
);

/** Where the published archive is given, its images are unpacked to a bit for each pixel, for they can be read in order only. */
export const makeDSprites: Maker = async ({ download, prepared }, onProgress) => {
  const published = ['.', 'dsprites-dataset-master', 'dsprites-dataset'].map((folder) =>
    path.join(download, folder, PUBLISHED),
  );
  const file = published.find((one) => existsSync(one));
  if (file) await packImages(file, path.join(prepared, PACKED), [NUM_IMAGES, SIDE, SIDE], onProgress);
  return [];
};
