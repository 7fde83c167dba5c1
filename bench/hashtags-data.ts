/** Made-up embeddings and a made-up list of hashtags, some at a time: neither need fit into memory. */
import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import { seededRandom } from '../data/random.ts';
import { writeFeatureFile } from './feature-file.ts';

const VOCABULARY = 2_000_000;
const TAGS_PER_IMAGE = 6;
const COUNTRIES = ['US', 'BR', 'IN', 'ID', 'RU', 'DE', 'JP', 'MX', 'TR', 'GB'];

const nameOf = (image: number) => `${String(image % 1000).padStart(3, '0')}/${image}.jpg`;

/** @returns the files */
export async function writeEmbeddings(
  folder: string,
  images: number,
  width: number,
  perFile: number,
): Promise<string[]> {
  const { uniform } = seededRandom(1);
  const block = Float32Array.from({ length: 4096 * width }, () => uniform(-1, 1));
  const files: string[] = [];
  for (let before = 0; before < images; before += perFile) {
    const file = path.join(folder, `${files.length}.safetensors`);
    await writeFeatureFile(file, {
      rows: Math.min(perFile, images - before),
      width,
      nameOf: (row) => nameOf(before + row),
      valuesOf: (_, count) => block.subarray(0, count * width),
    });
    files.push(file);
  }
  return files;
}

/** Hashtags of rank r occur as 1 / r. @returns the file */
export async function writeList(folder: string, images: number): Promise<string> {
  const { uniform } = seededRandom(2);
  const file = path.join(folder, 'hashtags.jsonl');
  const stream = createWriteStream(file);
  for (let image = 0; image < images; image++) {
    const tags = Array.from({ length: TAGS_PER_IMAGE }, () => `tag${Math.floor(VOCABULARY ** uniform(0, 1))}`);
    const line = {
      image: nameOf(image),
      hashtags: tags,
      country: COUNTRIES[Math.floor(uniform(0, 1) ** 2 * COUNTRIES.length)],
    };
    if (!stream.write(`${JSON.stringify(line)}\n`))
      await new Promise<void>((resolve) => stream.once('drain', () => resolve()));
  }
  stream.end();
  await finished(stream);
  return file;
}
