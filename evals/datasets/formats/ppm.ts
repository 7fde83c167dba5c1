/** Portable pixmaps (P6), in which GTSRB's images are stored. */
import type { RgbImage } from '../../../kernels/images.ts';

/** @returns undefined where it is none */
export function parsePpm(bytes: Buffer): RgbImage | undefined {
  const head = /^P6\s+(?:#.*\s+)?(\d+)\s+(\d+)\s+255\s/.exec(bytes.toString('latin1', 0, 256));
  if (!head) return undefined;
  const width = Number(head[1]);
  const height = Number(head[2]);
  const data = bytes.subarray(head[0].length, head[0].length + width * height * 3);
  return data.length === width * height * 3 ? { width, height, data } : undefined;
}
