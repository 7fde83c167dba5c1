/**
 * What people do to a picture before they post it again: cut a part out, mirror it, change exposure, contrast and
 * colours, blur it, save it as a small JPEG. The queries of the copy detection task are made with these edits.
 */
import sharp from 'sharp';
import type { Random } from '../../data/random.ts';
import type { RgbImage } from '../../kernels/images.ts';

type Range = readonly [low: number, high: number];

/** From what an edit is drawn; every range uniformly. */
export interface EditRecipe {
  /** Share of the picture's area that is kept. */
  readonly area: Range;
  /** Width over height of the part, relative to the picture's own; drawn uniformly in the logarithm. */
  readonly aspect: Range;
  readonly mirrorChance: number;
  /** Factors; 1 changes nothing. */
  readonly brightness: Range;
  readonly contrast: Range;
  readonly saturation: Range;
  /** Turn of the colour circle, in turns. */
  readonly hue: Range;
  readonly greyChance: number;
  readonly blurChance: number;
  /** Standard deviation in pixels. */
  readonly blur: Range;
  /** Of the JPEG, 1 to 100; whole numbers. */
  readonly quality: Range;
}

/** Cuts out a random part, mirrors, recolours, blurs and compresses. */
export async function editPicture(picture: RgbImage, recipe: EditRecipe, random: Random): Promise<RgbImage> {
  let edited = cut(picture, recipe, random);
  if (random.chance(recipe.mirrorChance)) edited = mirror(edited);
  edited = recolour(edited, {
    brightness: random.uniform(...recipe.brightness),
    contrast: random.uniform(...recipe.contrast),
    saturation: random.chance(recipe.greyChance) ? 0 : random.uniform(...recipe.saturation),
    hue: random.uniform(...recipe.hue),
  });
  const sigma = random.chance(recipe.blurChance) ? random.uniform(...recipe.blur) : 0;
  const quality = Math.round(random.uniform(...recipe.quality));
  return compress(edited, sigma, quality);
}

/** A random part of the picture. */
export function cut(picture: RgbImage, recipe: Pick<EditRecipe, 'area' | 'aspect'>, random: Random): RgbImage {
  const area = random.uniform(...recipe.area);
  const aspect = Math.exp(random.uniform(Math.log(recipe.aspect[0]), Math.log(recipe.aspect[1])));
  const width = clamp(Math.round(picture.width * Math.sqrt(area * aspect)), 1, picture.width);
  const height = clamp(Math.round(picture.height * Math.sqrt(area / aspect)), 1, picture.height);
  const left = random.integer(picture.width - width + 1);
  const top = random.integer(picture.height - height + 1);
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * picture.width + left) * 3;
    data.set(picture.data.subarray(from, from + width * 3), y * width * 3);
  }
  return { width, height, data };
}

/** Left becomes right. */
export function mirror({ width, height, data }: RgbImage): RgbImage {
  const mirrored = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * 3;
      mirrored.set(data.subarray(from, from + 3), (y * width + width - 1 - x) * 3);
    }
  }
  return { width, height, data: mirrored };
}

export interface Recolouring {
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
  readonly hue: number;
}

/**
 * Brightness as a factor, contrast around the picture's mean luma, then saturation and hue as a scale and a turn of the
 * two chroma axes of YIQ. As in a picture editor every step ends in bytes, so what a step clips is lost for good.
 */
export function recolour(picture: RgbImage, { brightness, contrast, saturation, hue }: Recolouring): RgbImage {
  const bright = mapBytes(picture, (value) => value * brightness);
  const middle = meanLuma(bright.data);
  const contrasted = mapBytes(bright, (value) => middle + (value - middle) * contrast);
  return turnColours(contrasted, saturation, hue);
}

function mapBytes({ width, height, data }: RgbImage, change: (value: number) => number): RgbImage {
  const table = Uint8Array.from({ length: 256 }, (_, value) => toByte(change(value)));
  return { width, height, data: data.map((value) => table[value]!) };
}

function turnColours({ width, height, data }: RgbImage, saturation: number, hue: number): RgbImage {
  const cos = saturation * Math.cos(2 * Math.PI * hue);
  const sin = saturation * Math.sin(2 * Math.PI * hue);
  const turned = new Uint8Array(data.length);
  for (let at = 0; at < data.length; at += 3) {
    const [r, g, b] = [data[at]!, data[at + 1]!, data[at + 2]!];
    const y = 0.299 * r + 0.587 * g + 0.114 * b;
    const i = 0.596 * r - 0.274 * g - 0.322 * b;
    const q = 0.211 * r - 0.523 * g + 0.312 * b;
    const turnedI = cos * i - sin * q;
    const turnedQ = sin * i + cos * q;
    turned[at] = toByte(y + 0.956 * turnedI + 0.621 * turnedQ);
    turned[at + 1] = toByte(y - 0.272 * turnedI - 0.647 * turnedQ);
    turned[at + 2] = toByte(y - 1.106 * turnedI + 1.703 * turnedQ);
  }
  return { width, height, data: turned };
}

function meanLuma(data: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < data.length; at += 3) sum += 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!;
  return sum / (data.length / 3);
}

async function compress(picture: RgbImage, sigma: number, quality: number): Promise<RgbImage> {
  const { width, height, data } = picture;
  let image = sharp(data, { raw: { width, height, channels: 3 } });
  if (sigma >= 0.3) image = image.blur(sigma); // sharp's smallest
  const jpeg = await image.jpeg({ quality }).toBuffer();
  return decode(jpeg);
}

/** Decodes any picture sharp knows to 8-bit sRGB; transparency becomes white. */
export async function decode(encoded: Buffer | string): Promise<RgbImage> {
  const { data, info } = await sharp(encoded)
    .rotate()
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data: new Uint8Array(data) };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

function toByte(value: number): number {
  return clamp(Math.round(value), 0, 255);
}
