/** A folder of images as a source. */
import type { Stats } from 'node:fs';
import { open, readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '../errors.ts';
import { CompactStrings } from './compact-strings.ts';
import { DataError } from './errors.ts';
import { sniffFormat, sniffLength } from './sniff.ts';
import type { ImageCollection, PassedOver } from './source.ts';

/** Files with these endings are taken for images until they are read; others are looked into. */
export const imageEndings: ReadonlySet<string> = new Set([
  '.jpg',
  '.jpeg',
  '.jpe',
  '.png',
  '.webp',
  '.avif',
  '.tif',
  '.tiff',
  '.gif',
]);

/** How many of the passed-over entries are listed; all are counted. */
const listedEntries = 1000;

/** Its root is an absolute path; names, of entries that were passed over too, are paths relative to it. */
export interface ImageFolder extends ImageCollection {
  path(index: number): string;
  /** The name of the first folder below the root, undefined for files that lie in the root itself. */
  label(index: number): string | undefined;
}

/**
 * Scans a folder and all folders below it. Names are paths relative to the folder, in the order of their code points, which
 * is the same on every machine. Symbolic links are followed, but not in circles.
 *
 * Throws a {@link DataError}: `NO_SUCH_FOLDER`, or `NO_IMAGES` where nothing looks like an image.
 */
export async function openImageFolder(folder: string): Promise<ImageFolder> {
  const root = path.resolve(folder);
  const status = await stat(root).catch((error: unknown) => {
    throw new DataError('NO_SUCH_FOLDER', `The image folder ${root} cannot be opened: ${messageOf(error)}.`, {
      cause: error,
    });
  });
  if (!status.isDirectory())
    throw new DataError('NO_SUCH_FOLDER', `${root} is not a folder. Give the folder that holds the images.`);

  const scan: Scan = { root, names: new CompactStrings(), passedOver: { count: 0, first: [] } };
  await scanFolder(scan, '', [identity(status)]);
  const { names, passedOver } = scan;
  if (names.length === 0) throw new DataError('NO_IMAGES', noImagesMessage(root, passedOver));
  return {
    root,
    passedOver,
    length: names.length,
    name: (index) => names.at(index),
    path: (index) => path.join(root, names.at(index)),
    read: (index) => readFile(path.join(root, names.at(index))),
    label(index) {
      const name = names.at(index);
      const end = name.indexOf('/');
      return end < 0 ? undefined : name.slice(0, end);
    },
  };
}

interface Scan {
  readonly root: string;
  readonly names: CompactStrings;
  readonly passedOver: { count: number; first: PassedOver[] };
}

/** `above` identifies the folder and all that contain it: a link to one of them would be a circle. */
async function scanFolder(scan: Scan, folder: string, above: readonly string[]): Promise<void> {
  const entries = await listFolder(scan, folder);
  for (const { name, status } of entries) {
    if (status.isDirectory()) {
      if (above.includes(identity(status)))
        passOver(scan, name, 'SYMLINK_LOOP', 'the link leads back to a folder above it');
      else await scanFolder(scan, `${name}/`, [...above, identity(status)]);
    } else if (!status.isFile()) {
      passOver(scan, name, 'NOT_AN_IMAGE', 'not a regular file');
    } else if (imageEndings.has(path.extname(name).toLowerCase()) || (await looksLikeImage(scan, name))) {
      scan.names.push(name);
    }
  }
}

/** The entries of a folder, sorted so that visiting them in order gives all paths in the order of their code points. */
async function listFolder(scan: Scan, folder: string): Promise<{ name: string; status: FileKind }[]> {
  const entries: { name: string; status: FileKind; key: string }[] = [];
  try {
    for (const entry of await readdir(path.join(scan.root, folder), { withFileTypes: true })) {
      const name = folder + entry.name;
      // Only links and folders need another look: a link for what it leads to, a folder for its identity.
      const plain = !entry.isSymbolicLink() && !entry.isDirectory();
      const status = plain ? entry : await stat(path.join(scan.root, name)).catch((error: unknown) => messageOf(error));
      if (typeof status === 'string') passOver(scan, name, 'UNREADABLE', status);
      // A folder's name is compared with its slash, which is how it stands in the paths below it.
      else entries.push({ name, status, key: status.isDirectory() ? `${name}/` : name });
    }
  } catch (error) {
    passOver(scan, folder, 'UNREADABLE', messageOf(error));
  }
  return entries.sort((a, b) => compareCodePoints(a.key, b.key));
}

/** What both directory entries and file statuses tell. */
interface FileKind {
  isDirectory(): boolean;
  isFile(): boolean;
  dev?: number;
  ino?: number;
}

function identity({ dev, ino }: Pick<Stats, 'dev' | 'ino'> | FileKind): string {
  return `${dev}:${ino}`;
}

/** Looks at the first bytes of a file whose name says nothing. */
async function looksLikeImage(scan: Scan, name: string): Promise<boolean> {
  try {
    const file = await open(path.join(scan.root, name));
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(sniffLength), 0, sniffLength, 0);
      if (sniffFormat(buffer.subarray(0, bytesRead))) return true;
      passOver(scan, name, 'NOT_AN_IMAGE', 'neither its name nor its content is that of an image');
    } finally {
      await file.close();
    }
  } catch (error) {
    passOver(scan, name, 'UNREADABLE', messageOf(error));
  }
  return false;
}

function passOver({ passedOver }: Scan, name: string, code: PassedOver['code'], message: string): void {
  passedOver.count++;
  if (passedOver.first.length < listedEntries) passedOver.first.push({ name, code, message });
}

/** Like < on strings, but by code points: UTF-16 puts characters beyond U+FFFF before some that are below. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Surrogates (0xd800 to 0xdfff) stand for code points above all others. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

function noImagesMessage(root: string, { count, first }: Scan['passedOver']): string {
  const reasons = first.slice(0, 3).map(({ name, message }) => `${name || '.'}: ${message}`);
  const found = count === 0 ? 'it is empty' : `${count} other entries (${reasons.join('; ')})`;
  return `There are no images in ${root}: ${found}. Give a folder with JPEG, PNG, WebP, AVIF, TIFF or GIF files.`;
}
