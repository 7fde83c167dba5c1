/** Folders of images whose colours say what any network finds in them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { uniform } from '../random.ts';

type Colour = readonly [red: number, green: number, blue: number];

/** No two are the same: their noise is that of their number. */
async function writeImage(file: string, colour: Colour, number: number): Promise<void> {
  const random = uniform(number);
  const pixels = Uint8Array.from({ length: 48 * 48 * 3 }, (_, i) => colour[i % 3]! + (random() - 0.5) * 40);
  mkdirSync(path.dirname(file), { recursive: true });
  await sharp(pixels, { raw: { width: 48, height: 48, channels: 3 } })
    .png()
    .toFile(file);
}

const COLOURS = { red: [200, 60, 60], blue: [60, 60, 200] } as const;

/** Red and blue images in turn, in folders of their labels. */
export async function writeColours(
  folder: string,
  labelOf: (colour: keyof typeof COLOURS, i: number) => string,
): Promise<void> {
  for (let i = 0; i < 24; i++) {
    const colour = i % 2 === 0 ? 'red' : 'blue';
    await writeImage(path.join(folder, labelOf(colour, i), `${i}.png`), COLOURS[colour], i);
  }
}

/** Four cities, each of a colour; every fourth image that is to be found looks like the next. */
export async function writePlaces(folder: string): Promise<void> {
  const cities: readonly (readonly [latitude: number, longitude: number, colour: Colour])[] = [
    [48.85, 2.35, [215, 40, 40]],
    [40.71, -74, [40, 215, 40]],
    [-33.87, 151.21, [40, 40, 215]],
    [-18.14, 178.44, [200, 200, 40]],
  ];
  const lines = ['image,latitude,longitude,split'];
  for (const [split, count] of Object.entries({ train: 64, test: 32 })) {
    for (let i = 0; i < count; i++) {
      const looks = split === 'test' && Math.floor(i / 4) % 4 === 0 ? i + 1 : i;
      const name = `${split}/${i}.png`;
      await writeImage(path.join(folder, name), cities[looks % 4]![2], lines.length);
      lines.push(`${name},${cities[i % 4]!.slice(0, 2).join(',')},${split}`);
    }
  }
  writeFileSync(path.join(folder, 'coordinates.csv'), `${lines.join('\n')}\n`);
}

/** Half of the women look like men, whatever their skin. */
export async function writeFaces(folder: string): Promise<void> {
  const colours = { female: COLOURS.red, male: COLOURS.blue };
  const lines = ['image,person,gender,skintone'];
  let number = 0;
  for (const gender of ['female', 'male'] as const) {
    for (let i = 0; i < 16; i++) {
      await writeImage(path.join(folder, 'val', gender, `${i}.png`), colours[gender], number++);
    }
    for (const skintone of ['darker', 'lighter']) {
      for (let i = 0; i < 16; i++) {
        const name = `test/${gender}/${skintone}-${i}.png`;
        const looks = gender === 'female' && i % 2 === 0 ? 'male' : gender;
        await writeImage(path.join(folder, name), colours[looks], number++);
        lines.push(`${name},${gender}-${skintone}-${i},${gender},${skintone}`);
      }
    }
  }
  writeFileSync(path.join(folder, 'attributes.csv'), `${lines.join('\n')}\n`);
}
