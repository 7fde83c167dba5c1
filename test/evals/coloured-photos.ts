/** Photos of classes that any network tells apart: each has a colour of its own, with noise. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { uniform } from '../random.ts';

const COLOURS = [
  [220, 40, 40],
  [40, 60, 220],
  [60, 200, 60],
] as const;
const SIDE = 40;

/** Writes `count` of them into a folder for each class. */
export async function writeColoured(
  folder: string,
  classes: readonly string[],
  count: number,
  seed = 1,
): Promise<void> {
  const random = uniform(seed);
  for (const [label, name] of classes.entries()) {
    mkdirSync(path.join(folder, name), { recursive: true });
    for (let i = 0; i < count; i++) {
      const pixels = Uint8Array.from(
        { length: SIDE * SIDE * 3 },
        (_, at) => COLOURS[label]![at % 3]! + 60 * (random() - 0.5),
      );
      const raw = { width: SIDE, height: SIDE, channels: 3 } as const;
      await sharp(pixels, { raw })
        .png()
        .toFile(path.join(folder, name, `${String(i).padStart(3, '0')}.png`));
    }
  }
}
