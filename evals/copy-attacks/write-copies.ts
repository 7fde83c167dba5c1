/** Makes a set of copies of any photos, in Copydays' layout (`datasets/copydays.ts`), with what was done to each. */
import { copyFile, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { writeFileAtomically } from '../../checkpoints/atomic-file.ts';
import { decodeImage, isSkipped } from '../../data/decode.ts';
import type { ImageFolder } from '../../data/image-folder.ts';
import { seededRandom } from '../../data/random.ts';
import type { RgbImage } from '../../kernels/images.ts';
import { DISTRACTORS, WHITENING } from '../datasets/copydays.ts';
import { MANIFEST, ORIGINALS, STRONG } from '../datasets/copydays-layout.ts';
import { DatasetError } from '../datasets/errors.ts';
import { EvaluationError } from '../errors.ts';
import { type Attack, drawAttacks, makeCopy } from './attacks.ts';

/** Numbers of originals have four digits. */
const FIRST_NUMBER = 2000;
const MOST_PHOTOS = 10_000 - FIRST_NUMBER;
/** Numbers of copies have two. */
export const MOST_COPIES = 99;
/** Of an original that was no JPEG. */
const ORIGINAL_QUALITY = 95;
const COPY_QUALITY = [8, 50] as const;

export interface CopySetOptions {
  /** Where it is written: a new folder, or an empty one. */
  readonly out: string;
  /** Of each photo. */
  readonly copies: number;
  readonly seed: number;
  /** Folders that are linked into the set. */
  readonly distractors?: string;
  readonly whitening?: string;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface CopySet {
  readonly photos: number;
  readonly copies: number;
  readonly skipped: readonly { readonly name: string; readonly code: string; readonly message: string }[];
}

/** A copy as the manifest has it. */
interface MadeCopy {
  readonly file: string;
  readonly original: string;
  readonly attacks: readonly Attack[];
  readonly quality: number;
}

/**
 * The same photos and seed give the same copies. The manifest is written last: without one, the set is not whole.
 * @throws DatasetError DATASET_FOLDER_TAKEN; EvaluationError NO_USABLE_IMAGES
 */
export async function writeCopies(photos: ImageFolder, options: CopySetOptions): Promise<CopySet> {
  const { out, copies, seed, distractors, whitening, onProgress } = options;
  if (photos.length > MOST_PHOTOS) {
    const message = `${photos.root} has ${photos.length} images, and a set of this layout has names for ${MOST_PHOTOS} originals; give a folder with fewer.`;
    throw new DatasetError('DATASET_LAYOUT', message);
  }
  await makeEmptyFolder(out);
  for (const folder of [ORIGINALS, STRONG]) await mkdir(path.join(out, folder));

  const originals: { file: string; from: string }[] = [];
  const made: MadeCopy[] = [];
  const skipped: { name: string; code: string; message: string }[] = [];
  const remaining = Array.from({ length: photos.length }, (_, index) => index).values();
  let done = 0;
  const workOff = async () => {
    for (const index of remaining) {
      const photo = await decodeImage(photos.path(index));
      if (isSkipped(photo)) {
        skipped.push({ name: photos.name(index), ...photo });
      } else {
        const number = String(FIRST_NUMBER + index);
        originals.push({ file: `${ORIGINALS}/${number}00.jpg`, from: photos.name(index) });
        await writeOriginal(photos.path(index), photo, path.join(out, ORIGINALS, `${number}00.jpg`));
        made.push(...(await copiesOf(photo, number, options)));
      }
      onProgress?.(++done, photos.length);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, workOff));
  if (originals.length === 0) {
    throw new EvaluationError('NO_USABLE_IMAGES', `None of ${photos.length} images in ${photos.root} could be used.`);
  }
  for (const [name, target] of [
    [DISTRACTORS, distractors],
    [WHITENING, whitening],
  ] as const) {
    if (target !== undefined) await symlink(path.resolve(target), path.join(out, name));
  }
  const manifest = {
    formatVersion: 1,
    seed,
    copiesOfEach: copies,
    blocks: { [ORIGINALS]: originals.length, [STRONG]: made.length },
    originals: sorted(originals),
    copies: sorted(made),
    skipped: skipped.sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
  const text = `${JSON.stringify(manifest, null, 1)}\n`;
  await writeFileAtomically(path.join(out, MANIFEST), (handle) => handle.writeFile(text));
  return { photos: originals.length, copies: made.length, skipped };
}

async function copiesOf(photo: RgbImage, number: string, { out, copies, seed }: CopySetOptions): Promise<MadeCopy[]> {
  const made: MadeCopy[] = [];
  for (let copy = 1; copy <= copies; copy++) {
    const file = `${STRONG}/${number}${String(copy).padStart(2, '0')}.jpg`;
    // Seeds of their own: a copy does not depend on who is at work on the others.
    const random = seededRandom(Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(Number(number) * 100 + copy, 0x85ebca6b));
    const attacks = drawAttacks(random);
    const quality = Math.round(random.uniform(...COPY_QUALITY));
    await writeFile(path.join(out, file), await makeCopy(photo, attacks, quality, random));
    made.push({ file, original: `${ORIGINALS}/${number}00.jpg`, attacks, quality });
  }
  return made;
}

/** A JPEG as it is; anything else as one. */
async function writeOriginal(from: string, photo: RgbImage, to: string): Promise<void> {
  const { format } = await sharp(from).metadata();
  if (format === 'jpeg') return copyFile(from, to);
  const { width, height, data } = photo;
  await sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: ORIGINAL_QUALITY })
    .toFile(to);
}

async function makeEmptyFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  if ((await readdir(folder)).length === 0) return;
  throw new DatasetError('DATASET_FOLDER_TAKEN', `${folder} is not empty; give a new folder, or remove what is in it.`);
}

function sorted<T extends { file: string }>(entries: T[]): T[] {
  return entries.sort((a, b) => (a.file < b.file ? -1 : 1));
}
