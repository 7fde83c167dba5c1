/** Splits whose images are stored as pixels. */
import { closeSync, openSync, readSync } from 'node:fs';
import sharp from 'sharp';
import type { ImageSource } from '../../data/source.ts';
import { UnusableImage } from '../../data/source.ts';
import { messageOf } from '../../errors.ts';
import type { RgbImage } from '../../kernels/images.ts';

/** Images that are named after where they stand, such as `test/00017`. */
export function pixelSource(prefix: string, length: number, pixels: (index: number) => RgbImage): ImageSource {
  const digits = String(Math.max(length - 1, 0)).length;
  return {
    length,
    name: (index) => `${prefix}/${String(index).padStart(digits, '0')}`,
    pixels,
    async read(index) {
      const { width, height, data } = pixels(index);
      return await sharp(data, { raw: { width, height, channels: 3 } })
        .png()
        .toBuffer();
    },
  };
}

/** Bytes of a file, read when they are asked for. */
export function readAt(file: string, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const descriptor = openSync(file, 'r');
  try {
    if (readSync(descriptor, bytes, 0, length, offset) !== length) throw new Error('the file ends too early');
  } catch (error) {
    throw new UnusableImage({ code: 'UNREADABLE', message: `${file}: ${messageOf(error)}` });
  } finally {
    closeSync(descriptor);
  }
  return bytes;
}

/** From (H, W) to (H, W, 3). */
export function rgbOfGrey(grey: Uint8Array, width: number, height: number): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) data.fill(grey[i]!, 3 * i, 3 * i + 3);
  return { width, height, data };
}

/** From (3, H, W), or (3, W, H) where columns come one after the other, to (H, W, 3). */
export function rgbOfPlanes(planes: Uint8Array, width: number, height: number, byColumns = false): RgbImage {
  const size = width * height;
  const data = new Uint8Array(size * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = byColumns ? x * height + y : y * width + x;
      const to = 3 * (y * width + x);
      data[to] = planes[from]!;
      data[to + 1] = planes[size + from]!;
      data[to + 2] = planes[2 * size + from]!;
    }
  }
  return { width, height, data };
}
