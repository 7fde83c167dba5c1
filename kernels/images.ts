/**
 * Images, natively: JPEG decoding, Pillow-exact resizing, SwAV's crops and evaluation views.
 *
 * Everything that touches pixels runs on the addon's own threads and never on the JavaScript thread. An image that cannot
 * be used is an entry in `failures` and not an exception; exceptions are for wrong arguments.
 *
 * Arrays that are handed in are read, or written, until the promise settles: they must not be changed or transferred before.
 */
import { loadAddon } from './addon.ts';

/** Why an image cannot be used. Only JPEG is decoded here: `NOT_JPEG` says that another decoder may know better. */
export type ImageFailureCode =
  | 'UNREADABLE'
  | 'EMPTY'
  | 'NOT_JPEG'
  | 'CORRUPT'
  | 'TOO_MANY_PIXELS'
  | 'TOO_SMALL'
  | 'TOO_LARGE'
  | 'OUT_OF_MEMORY'
  | 'BOX_OUTSIDE';

export interface ImageFailure {
  /** Position in the array of requests. */
  readonly item: number;
  readonly code: ImageFailureCode;
  readonly message: string;
}

/** Decoded pixels, (height, width, 3) uint8. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A file's path, the bytes of a JPEG, or pixels that were decoded already. */
export type ImageInput = string | Uint8Array | RgbImage;

export interface ImageLimits {
  /**
   * Images with more pixels are refused on sight of their header, before memory is taken.
   * @default 89478485, from which on Pillow warns of a decompression bomb
   */
  readonly maximumPixels: number;
  /**
   * Images with a shorter side below this are refused: they hold nothing to learn from.
   * @default 8 pixels
   */
  readonly minimumSide: number;
}

/** Of pixels that were decoded already. */
export const MAXIMUM_SIDE = 2 ** 20;

export const defaultLimits: ImageLimits = { maximumPixels: 89_478_485, minimumSide: 8 };

/** `count` crops of `size` x `size` pixels, each of a share of the image's area between the two of `scale`. */
export interface CropGroup {
  readonly count: number;
  readonly size: number;
  readonly scale: readonly [number, number];
}

/** All that is random about a crop. The paper's values are in `data/crop-policy.ts`. */
export interface CropPolicy {
  readonly groups: readonly CropGroup[];
  /** Range of a crop's width / height, drawn on a logarithmic scale. */
  readonly ratio: readonly [number, number];
  /** Probability of mirroring. */
  readonly flip: number;
  /** Probability of colour jitter, whose four strengths follow: factors from 1 - s to 1 + s; hue in turns, from -s to s. */
  readonly jitter: number;
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
  readonly hue: number;
  /** Probability of losing all colour. */
  readonly grey: number;
  /** Probability of a Gaussian blur, and the range of its radius (standard deviation) in pixels of the crop. */
  readonly blur: number;
  readonly blurRadius: readonly [number, number];
  /** The part of the image that crops come from: [left, top, right, bottom] as shares of its width and height. */
  readonly region: readonly [number, number, number, number];
}

export interface CropRequest {
  readonly image: ImageInput;
  /** Which image this is, for the random draws. */
  readonly index: number;
  /** The row of the batch to write to; by default the position in the array of requests. */
  readonly row?: number;
}

export interface CropBatch {
  /** One array per group, (count * batch, size, size, 3), crop-major: row c * batch + b is crop c of image b. */
  readonly crops: Uint8Array<ArrayBuffer>[];
  /** Images without crops: their rows are left as they were. */
  readonly failures: ImageFailure[];
}

export interface CropOptions {
  readonly limits?: Partial<ImageLimits>;
  /** Write into the arrays of an earlier batch instead of new ones; `batch` is then its number of rows. */
  readonly into?: { readonly crops: Uint8Array<ArrayBuffer>[]; readonly batch: number };
}

/** A box in pixels. */
export interface Box {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** One operation on a view's colours, with Pillow's and torchvision's roundings. */
export interface ColourStep {
  readonly op: 'flip' | 'brightness' | 'contrast' | 'saturation' | 'hue' | 'grey' | 'blur';
  /** The factor; for `hue` the shift in turns; for `blur` the radius in pixels; nothing for `flip` and `grey`. */
  readonly amount?: number;
}

/** What will be done for one crop: the random part of {@link makeCrops} without the pixels. */
export interface CropPlan extends Box {
  readonly size: number;
  readonly flip: boolean;
  readonly steps: ColourStep[];
}

export interface EvaluationOptions {
  readonly limits?: Partial<ImageLimits>;
  /** Length of the shorter side before the centre is cut out. @default ceil(size * 256 / 224) */
  readonly shortSide?: number;
  /** As in {@link CropPolicy}. @default the whole image */
  readonly region?: readonly [number, number, number, number];
  /** Grey instead of colour. @default false */
  readonly grey?: boolean;
  /** (number of images, size, size, 3) for the views; rows of images without one are left as they are. @default new memory */
  readonly into?: Uint8Array<ArrayBuffer>;
}

/** `views`: (number of views, size, size, 3). */
export interface ViewBatch {
  readonly views: Uint8Array<ArrayBuffer>;
  /** Images without views: their rows are left at 0. */
  readonly failures: ImageFailure[];
}

interface Addon {
  imagesMakeCrops(
    images: ImageInput[],
    limits: ImageLimits,
    threads: number,
    policy: CropPolicy,
    key: { seed: number; epoch: number; batch: number; images: number[]; rows: number[] },
    outputs: Uint8Array[],
  ): Promise<ImageFailure[]>;
  imagesMakeEvaluationViews(
    images: readonly ImageInput[],
    limits: ImageLimits,
    threads: number,
    options: { size: number; shortSide: number; region: readonly number[]; grey: boolean },
    output: Uint8Array,
  ): Promise<ImageFailure[]>;
  imagesMakeViews(
    images: readonly ImageInput[],
    limits: ImageLimits,
    threads: number,
    views: (Box & { outputHeight: number; outputWidth: number; steps: readonly ColourStep[] })[][],
    output: Uint8Array,
  ): Promise<ImageFailure[]>;
  imagesDecode(
    images: readonly ImageInput[],
    limits: ImageLimits,
    threads: number,
  ): Promise<(RgbImage | Omit<ImageFailure, 'item'>)[]>;
  imagesJpegSize(bytes: Uint8Array): { width: number; height: number } | Omit<ImageFailure, 'item'>;
  imagesPlanCrops(
    policy: CropPolicy,
    width: number,
    height: number,
    seed: number,
    epoch: number,
    image: number,
  ): CropPlan[];
}

const addon = loadAddon<Addon>();

/** Takes anything: nothing is refused that holds a pixel. */
const noLimits: ImageLimits = { maximumPixels: 2 ** 32, minimumSide: 1 };

/**
 * Makes the crops of a batch. The same seed, epoch and index give the same bytes, whatever the number of threads, the
 * order of the requests, or the other images.
 *
 * @param seed an integer from 0 to 2^53 - 1
 * @param epoch an integer from 0 to 2^32 - 1
 * @param threads how many threads may work on this batch at a time
 */
export async function makeCrops(
  requests: readonly CropRequest[],
  policy: CropPolicy,
  seed: number,
  epoch: number,
  threads: number,
  { limits, into }: CropOptions = {},
): Promise<CropBatch> {
  const batch = into?.batch ?? requests.length;
  const crops = into?.crops ?? allocateCrops(policy, batch);
  if (requests.length === 0) return { crops, failures: [] };
  const images = requests.map((request) => request.image);
  const rows = requests.map((request, position) => request.row ?? position);
  const key = { seed, epoch, batch, images: requests.map((request) => request.index), rows };
  const failures = await addon.imagesMakeCrops(images, withDefaults(limits), threads, policy, key, crops);
  return { crops, failures };
}

/** Empty arrays for a batch of crops: per group (count * batch, size, size, 3). */
export function allocateCrops(policy: CropPolicy, batch: number): Uint8Array<ArrayBuffer>[] {
  return policy.groups.map(({ count, size }) => new Uint8Array(batch * count * size * size * 3));
}

/** What {@link makeCrops} would do with an image of this size: one plan per crop, group after group. */
export function planCrops(
  policy: CropPolicy,
  width: number,
  height: number,
  seed: number,
  epoch: number,
  index: number,
): CropPlan[] {
  return addon.imagesPlanCrops(policy, width, height, seed, epoch, index);
}

/**
 * The deterministic view for evaluations: the shorter side resized to `shortSide`, then the centre of `size` x `size`, as
 * torchvision's Resize and CenterCrop.
 */
export async function makeEvaluationViews(
  images: readonly ImageInput[],
  size: number,
  threads: number,
  {
    limits,
    shortSide = Math.ceil((size * 256) / 224),
    region = [0, 0, 1, 1],
    grey = false,
    into,
  }: EvaluationOptions = {},
): Promise<ViewBatch> {
  const views = into ?? new Uint8Array(images.length * size * size * 3);
  const options = { size, shortSide, region, grey };
  const failures = await addon.imagesMakeEvaluationViews(images, withDefaults(limits), threads, options, views);
  return { views, failures };
}

/** All of every image, resized to [height, width] whatever its own shape is. */
export async function makeWholeViews(
  images: readonly ImageInput[],
  [height, width]: readonly [height: number, width: number],
  threads: number,
  { limits, into }: Pick<EvaluationOptions, 'limits' | 'into'> = {},
): Promise<ViewBatch> {
  const viewLength = height * width * 3;
  const views = into ?? new Uint8Array(images.length * viewLength);
  const failures: ImageFailure[] = [];
  const remaining = images.entries();
  const workOff = async () => {
    for (const [item, input] of remaining) {
      const image = typeof input === 'string' || ArrayBuffer.isView(input) ? await decodeJpeg(input, limits) : input;
      if ('code' in image) failures.push({ item, ...image });
      else views.set((await resizeImage(image, width, height)).data, item * viewLength);
    }
  };
  await Promise.all(Array.from({ length: Math.min(threads, images.length) }, workOff));
  return { views, failures };
}

/** Cuts out the given boxes, each resized to `size` x `size`: the views of the first image, then those of the second, ... */
export async function cropBoxes(
  requests: readonly { readonly image: ImageInput; readonly boxes: readonly Box[] }[],
  size: number,
  threads: number,
  limits?: Partial<ImageLimits>,
): Promise<ViewBatch> {
  const images = requests.map((request) => request.image);
  const target = { outputHeight: size, outputWidth: size, steps: [] };
  const views = requests.map(({ boxes }) => boxes.map((box) => ({ ...box, ...target })));
  const output = new Uint8Array(views.flat().length * size * size * 3);
  const failures = await addon.imagesMakeViews(images, withDefaults(limits), threads, views, output);
  return { views: output, failures };
}

/** Resizes an image, or a box of it, as Pillow's bilinear resize does. */
export async function resizeImage(image: RgbImage, width: number, height: number, box?: Box): Promise<RgbImage> {
  const from = box ?? { top: 0, left: 0, height: image.height, width: image.width };
  const data = await makeView(image, { ...from, outputHeight: height, outputWidth: width, steps: [] });
  return { width, height, data };
}

/** Applies operations one after the other. */
export async function applySteps(image: RgbImage, steps: readonly ColourStep[]): Promise<RgbImage> {
  const { width, height } = image;
  const whole = { top: 0, left: 0, height, width, outputHeight: height, outputWidth: width };
  return { width, height, data: await makeView(image, { ...whole, steps }) };
}

async function makeView(
  image: RgbImage,
  view: Box & { outputHeight: number; outputWidth: number; steps: readonly ColourStep[] },
): Promise<Uint8Array> {
  const data = new Uint8Array(view.outputHeight * view.outputWidth * 3);
  const [failure] = await addon.imagesMakeViews([image], noLimits, 1, [[view]], data);
  if (failure) throw new RangeError(failure.message);
  return data;
}

/** Decodes a JPEG (path or bytes). */
export async function decodeJpeg(
  image: string | Uint8Array,
  limits?: Partial<ImageLimits>,
): Promise<RgbImage | Omit<ImageFailure, 'item'>> {
  const [result] = await addon.imagesDecode([image], withDefaults(limits), 1);
  return result!;
}

/** The size in a JPEG's header. */
export function jpegSize(bytes: Uint8Array): { width: number; height: number } | Omit<ImageFailure, 'item'> {
  return addon.imagesJpegSize(bytes);
}

/** (height, width, 3) uint8 to (3, height, width) float32: (value / 255 - mean) / std per channel. */
export function normalise(image: RgbImage, mean: readonly number[], std: readonly number[]): Float32Array {
  const count = image.width * image.height;
  const normalised = new Float32Array(3 * count);
  for (let channel = 0; channel < 3; channel++) {
    for (let i = 0; i < count; i++) {
      normalised[channel * count + i] = (image.data[3 * i + channel]! / 255 - mean[channel]!) / std[channel]!;
    }
  }
  return normalised;
}

function withDefaults(limits: Partial<ImageLimits> = {}): ImageLimits {
  return {
    maximumPixels: limits.maximumPixels ?? defaultLimits.maximumPixels,
    minimumSide: limits.minimumSide ?? defaultLimits.minimumSide,
  };
}
