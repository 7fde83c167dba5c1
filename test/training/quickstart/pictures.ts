/** Small made-up pictures for tests. */

import { seededRandom } from '../../../data/random.ts';
import type { RgbImage } from '../../../kernels/images.ts';

/** Red grows to the right, green downwards, blue along the diagonal. */
export function gradientPicture(width: number, height: number): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      data.set([(x * 255) / width, (y * 255) / height, ((x + y) * 255) / (width + height)], (y * width + x) * 3);
    }
  }
  return { width, height, data };
}

/** Smooth blobs of random colours: no two seeds look alike. */
export function blobPicture(width: number, height: number, seed: number): RgbImage {
  const random = seededRandom(seed);
  const waves = Array.from({ length: 9 }, () => ({
    channel: random.integer(3),
    fx: random.uniform(-6, 6) / width,
    fy: random.uniform(-6, 6) / height,
    phase: random.uniform(0, 2 * Math.PI),
  }));
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const values = [128, 128, 128];
      for (const { channel, fx, fy, phase } of waves) values[channel]! += 40 * Math.sin(fx * x + fy * y + phase);
      data.set(
        values.map((value) => Math.min(Math.max(value, 0), 255)),
        (y * width + x) * 3,
      );
    }
  }
  return { width, height, data };
}
