/** A picture as a printer makes it and a scanner sees it: dots of four inks, each screen at its own angle, on tinted paper. */

import type { Random } from '../../data/random.ts';
import type { RgbImage } from '../../kernels/images.ts';

/** Cyan, magenta, yellow, black: the usual angles in degrees, and what each ink takes from red, green and blue. */
const INKS = [
  { angle: 15, takes: [0.9, 0.2, 0.05] },
  { angle: 75, takes: [0.15, 0.85, 0.35] },
  { angle: 0, takes: [0.02, 0.1, 0.85] },
  { angle: 45, takes: [0.9, 0.9, 0.9] },
].map(({ angle, takes }) => ({
  cos: Math.cos((angle * Math.PI) / 180),
  sin: Math.sin((angle * Math.PI) / 180),
  takes,
}));

/** @param cell distance of dots in pixels; @param noise deviation of a level, of 255 */
export function halftone(
  { width, height, data }: RgbImage,
  { cell, noise, paper }: { cell: number; noise: number; paper: readonly [number, number, number] },
  random: Random,
): RgbImage {
  const printed = new Uint8Array(data.length);
  const turn = (2 * Math.PI) / cell;
  const light = [0, 0, 0];
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 3) {
      const [c, m, yellow] = [1 - data[at]! / 255, 1 - data[at + 1]! / 255, 1 - data[at + 2]! / 255];
      const black = Math.min(c, m, yellow);
      const amounts = [c - black, m - black, yellow - black, black];
      for (let channel = 0; channel < 3; channel++) light[channel] = paper[channel]!;
      for (const [ink, { cos, sin, takes }] of INKS.entries()) {
        // The screen rises from 0 in the middle of a dot to 1 between dots; ink lies where it is below the amount.
        const wave = Math.cos(turn * (x * cos + y * sin)) + Math.cos(turn * (y * cos - x * sin));
        const covered = coverage(amounts[ink]!, 0.5 - wave / 4);
        for (let channel = 0; channel < 3; channel++) light[channel]! *= 1 - covered * takes[channel]!;
      }
      const grain = (random.uniform(-1, 1) + random.uniform(-1, 1)) * 1.2247 * noise;
      for (let channel = 0; channel < 3; channel++) {
        printed[at + channel] = Math.min(Math.max(Math.round(light[channel]! * 255 + grain), 0), 255);
      }
    }
  }
  return { width, height, data: printed };
}

/** Ink spreads: the edge of a dot is not sharp. */
function coverage(amount: number, screen: number): number {
  return Math.min(Math.max((amount - screen) / 0.25 + 0.5, 0), 1) * Math.min(amount * 8, 1);
}
