/**
 * Where Copydays has its images (https://lear.inrialpes.fr/~jegou/data.php): names of six digits, four for the original and two
 * for the copy, 00 being the original itself.
 */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { compareCodePoints } from '../../data/image-folder.ts';
import { messageOf } from '../../errors.ts';
import { DatasetError } from './errors.ts';

export const ORIGINALS = 'original';
export const STRONG = 'strong';
/** Folders of blocks, one of copies each: `crops/10` to `crops/80`, `jpegqual/3` to `jpegqual/75`. */
const SERIES = ['crops', 'jpegqual'];
/** What a self-made set of this layout says of itself; the published one has no such file. */
export const MANIFEST = 'manifest.json';

const NAME = /^(\d{4})(\d{2})\.jpe?g$/i;

/** How many images each block has. */
export type BlockCounts = (block: string) => number;

/** Of the published set. */
export const publishedCounts: BlockCounts = (block) => (block === STRONG ? 229 : 157);

const manifestSchema = z.object({ blocks: z.record(z.string(), z.int().min(1)) });

export interface Block {
  /** Such as `strong` or `crops/10`. */
  readonly name: string;
  /** Of its files, sorted. */
  readonly files: readonly string[];
}

/** The original that an image is of, such as `2000`. */
export function originalOf(file: string): string {
  return NAME.exec(path.basename(file))![1]!;
}

/**
 * All blocks of a folder, the originals first and then `strong`.
 * @throws DatasetError DATASET_LAYOUT, DATASET_COUNTS
 */
export async function readBlocks(folder: string, counts?: BlockCounts): Promise<Block[]> {
  const expected = counts ?? (await countsOf(folder));
  const blocks = [await readBlock(folder, ORIGINALS), ...(await copies(folder))];
  if (blocks.length === 1) {
    throw new DatasetError(
      'DATASET_LAYOUT',
      `${folder} has originals and no copies; unpack copydays_strong.tar.gz to ${path.join(folder, STRONG)}.`,
    );
  }
  requireOriginals(folder, blocks);
  for (const { name, files } of blocks) {
    if (files.length === expected(name)) continue;
    throw new DatasetError(
      'DATASET_COUNTS',
      `${path.join(folder, name)} has ${files.length} images instead of ${expected(name)}; unpack it again.`,
    );
  }
  return blocks;
}

/** Of a self-made set, as it says, otherwise of the published one. */
async function countsOf(folder: string): Promise<BlockCounts> {
  const file = path.join(folder, MANIFEST);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new DatasetError('DATASET_LAYOUT', `${file} cannot be read: ${error.message}.`, { cause: error });
  });
  if (text === undefined) return publishedCounts;
  try {
    const { blocks } = manifestSchema.parse(JSON.parse(text));
    return (block) => blocks[block] ?? 0;
  } catch (cause) {
    const message = `${file} does not say how many images each block has: make the set again with auspex datasets copies.`;
    throw new DatasetError('DATASET_LAYOUT', message, { cause });
  }
}

async function copies(folder: string): Promise<Block[]> {
  const top = await namesIn(folder);
  const names = top.includes(STRONG) ? [STRONG] : [];
  for (const series of SERIES.filter((name) => top.includes(name))) {
    const found = (await namesIn(path.join(folder, series))).filter((name) => /^\d+$/.test(name));
    names.push(...found.sort((a, b) => Number(a) - Number(b)).map((name) => `${series}/${name}`));
  }
  return Promise.all(names.map((name) => readBlock(folder, name)));
}

async function readBlock(folder: string, name: string): Promise<Block> {
  const found = (await namesIn(path.join(folder, name))).filter((file) => !file.startsWith('.'));
  const wrong = found.find((file) => !NAME.test(file));
  if (wrong !== undefined) {
    const message = `${path.join(folder, name, wrong)} is not named as Copydays names its images, by six digits, such as 200001.jpg; move it away.`;
    throw new DatasetError('DATASET_LAYOUT', message);
  }
  return { name, files: found.sort(compareCodePoints) };
}

/** Each copy has an original, and each original is one. */
function requireOriginals(folder: string, [originals, ...blocks]: readonly Block[]): void {
  const copy = originals!.files.find((file) => !/00\.jpe?g$/i.test(file));
  if (copy !== undefined) {
    const message = `${path.join(folder, ORIGINALS, copy)} is named as a copy; an original's name ends with 00.`;
    throw new DatasetError('DATASET_LAYOUT', message);
  }
  const known = new Set(originals!.files.map(originalOf));
  for (const { name, files } of blocks) {
    const orphan = files.find((file) => !known.has(originalOf(file)));
    if (orphan === undefined) continue;
    const missing = path.join(folder, ORIGINALS, `${originalOf(orphan)}00.jpg`);
    throw new DatasetError(
      'DATASET_LAYOUT',
      `${path.join(folder, name, orphan)} is a copy of ${missing}, which is missing.`,
    );
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    const message = `${folder} cannot be read (${messageOf(cause)}); Copydays has a folder original, and copies in strong, crops/10 and so on.`;
    throw new DatasetError('DATASET_LAYOUT', message, { cause });
  }
}
