/** Any image to RGB: JPEG natively, everything else by sharp. */
import { readFile } from 'node:fs/promises';
import { messageOf } from '../errors.ts';
import {
  decodeJpeg,
  defaultLimits,
  type ImageFailure,
  type ImageInput,
  type ImageLimits,
  MAXIMUM_SIDE,
  type RgbImage,
} from '../kernels/images.ts';
import type { SkipReason } from './errors.ts';
import { sniffFormat } from './sniff.ts';

let sharpLoaded: Promise<typeof import('sharp').default> | undefined;

/** Not before the first image that is no JPEG: many a process starts, and sees none. */
async function loadSharp() {
  const { default: sharp } = await import('sharp');
  // Images are decoded side by side, so that one needs no threads of its own; and none is decoded twice.
  sharp.concurrency(1);
  sharp.cache(false);
  return sharp;
}

/**
 * Decodes a file or its bytes to RGB, as Pillow's convert('RGB') does: alpha is dropped, animations give their first frame,
 * EXIF orientation and colour profiles are not applied. The content decides what it is, not the name. What cannot be used gives its reason.
 */
export async function decodeImage(
  image: string | Uint8Array,
  limits?: Partial<ImageLimits>,
): Promise<RgbImage | SkipReason> {
  const decoded = await decodeJpeg(image, limits);
  if ('data' in decoded) return decoded;
  return decoded.code === 'NOT_JPEG' ? decodeOther(image, limits) : (decoded as SkipReason);
}

/** Whether decoding went wrong. */
export function isSkipped(result: RgbImage | SkipReason): result is SkipReason {
  return 'code' in result;
}

/** An image that is not JPEG. */
async function decodeOther(
  image: string | Uint8Array,
  limits: Partial<ImageLimits> = {},
): Promise<RgbImage | SkipReason> {
  const { maximumPixels, minimumSide } = { ...defaultLimits, ...limits };
  try {
    const bytes = typeof image === 'string' ? await readFile(image) : image;
    if (bytes.length === 0) return { code: 'EMPTY', message: 'there are no bytes' };
    const format = sniffFormat(bytes);
    if (!format) return { code: 'NOT_AN_IMAGE', message: 'the content is no image format that can be read' };
    return await decodeBySharp(bytes, format, maximumPixels, minimumSide);
  } catch (error) {
    return { code: 'UNREADABLE', message: messageOf(error) };
  }
}

async function decodeBySharp(
  bytes: Uint8Array,
  format: string,
  maximumPixels: number,
  minimumSide: number,
): Promise<RgbImage | SkipReason> {
  sharpLoaded ??= loadSharp();
  const sharp = await sharpLoaded;
  try {
    // The header is judged first, before memory is taken.
    const { width, height } = await sharp(bytes, { limitInputPixels: false }).metadata();
    const size = `${width} x ${height} pixels`;
    if (width * height > maximumPixels) {
      return { code: 'TOO_MANY_PIXELS', message: `${size}, the limit is ${maximumPixels}` };
    }
    if (Math.max(width, height) > MAXIMUM_SIDE) {
      return { code: 'TOO_LARGE', message: `${size}, the longer side may have ${MAXIMUM_SIDE}` };
    }
    if (Math.min(width, height) < minimumSide) {
      return { code: 'TOO_SMALL', message: `${size}, the shorter side has to have ${minimumSide}` };
    }
    const { data, info } = await sharp(bytes, { limitInputPixels: maximumPixels, failOn: 'warning', ignoreIcc: true })
      .toColourspace('srgb')
      .removeAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data: info.channels === 1 ? tripled(data) : data };
  } catch (error) {
    return { code: 'CORRUPT', message: `${format}: ${messageOf(error)}` };
  }
}

function tripled(grey: Uint8Array): Uint8Array {
  const rgb = new Uint8Array(grey.length * 3);
  for (let i = 0; i < grey.length; i++) rgb.fill(grey[i]!, 3 * i, 3 * i + 3);
  return rgb;
}

/**
 * Makes a native call on images of any format: those that turn out not to be JPEG are decoded by sharp and go through the
 * call again, one by one and at most `threads` at a time, so that no batch of large pictures is in memory at once.
 *
 * @param call takes images and their positions in `images`; `item` of its failures counts in what it was given
 * @returns the reason of every image that could not be used, by position
 */
export async function callOnAnyFormat(
  images: readonly ImageInput[],
  threads: number,
  limits: Partial<ImageLimits> | undefined,
  call: (images: readonly ImageInput[], positions: readonly number[]) => Promise<readonly ImageFailure[]>,
): Promise<Map<number, SkipReason>> {
  const skipped = new Map<number, SkipReason>();
  const others: number[] = [];
  const failures = await call(images, [...images.keys()]);
  for (const { item, code, message } of failures) {
    if (code === 'NOT_JPEG') others.push(item);
    else skipped.set(item, { code, message } as SkipReason);
  }
  const remaining = others.values();
  const workOff = async () => {
    for (const position of remaining) {
      const decoded = await decodeOther(images[position] as string | Uint8Array, limits);
      const [failure] = isSkipped(decoded) ? [decoded] : await call([decoded], [position]);
      if (failure) skipped.set(position, { code: failure.code, message: failure.message } as SkipReason);
    }
  };
  await Promise.all(Array.from({ length: Math.min(threads, others.length) }, workOff));
  return skipped;
}
