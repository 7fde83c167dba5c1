/** Photos that benchmarks decode. */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { packageRoot } from '../kernels/addon.ts';

const size = { width: 500, height: 375 };
/** So many JPEGs of 500 x 375 at quality 90, from cut-outs of the fixture's photos. @returns their paths */
export async function writePhotos(folder: string, numImages: number): Promise<string[]> {
  const fixtures = path.join(packageRoot, 'test', 'fixtures');
  const { scalars } = JSON.parse(await readFile(path.join(fixtures, 'crops.json'), 'utf8'));
  const photos: { file: string; width: number; height: number }[] = scalars.photos;
  const files: string[] = [];
  for (let i = 0; i < numImages; i++) {
    const { file, width, height } = photos[i % photos.length]!;
    const cut = 1 - (i % 8) / 20;
    const area = { left: 0, top: 0, width: Math.floor(width * cut), height: Math.floor(height * cut) };
    const photo = sharp(path.join(fixtures, file))
      .extract(area)
      .resize({ ...size, fit: 'cover' });
    files.push(path.join(folder, `${i}.jpg`));
    await writeFile(files[i]!, await photo.jpeg({ quality: 90 }).toBuffer());
  }
  return files;
}
