/** Files of an unpacked download, with errors that say what to do where one is missing. */
import { existsSync, readdirSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { compareCodePoints, imageEndings } from '../../data/image-folder.ts';
import { messageOf } from '../../errors.ts';
import { DatasetError } from './errors.ts';

const archive = /\.(tar|tgz|tar\.gz|tar\.bz2|zip|rar|7z)$/i;

/**
 * The first of some places that is there.
 * @throws DatasetError DATASET_PACKED where it may be in an archive beside it, else DATASET_FILE_MISSING
 */
export function find(folder: string, ...places: readonly string[]): string {
  for (const place of places) {
    if (existsSync(path.join(folder, place))) return path.join(folder, place);
  }
  for (const place of places) {
    if (existsSync(path.join(folder, `${place}.gz`))) {
      const file = path.join(folder, `${place}.gz`);
      throw new DatasetError('DATASET_PACKED', `${file} is packed. Unpack it with: gunzip -k '${file}'`);
    }
  }
  const wanted = places.join(' or ');
  const packed = existsSync(folder) ? readdirSync(folder).filter((name) => archive.test(name)) : [];
  if (packed.length > 0) {
    const commands = packed.map((name) => unpack(path.join(folder, name), folder)).join(' && ');
    throw new DatasetError(
      'DATASET_PACKED',
      `${folder} has no ${wanted}, but archives that may hold it. Unpack them with: ${commands}`,
    );
  }
  throw new DatasetError(
    'DATASET_FILE_MISSING',
    `${folder} has no ${wanted}. Give the folder that holds it as --from; \`auspex datasets list --json\` says what a dataset needs.`,
  );
}

function unpack(file: string, folder: string): string {
  if (/\.zip$/i.test(file)) return `unzip -q '${file}' -d '${folder}'`;
  if (/\.(rar|7z)$/i.test(file)) return `7z x '${file}' -o'${folder}'`;
  return `tar -xf '${file}' -C '${folder}'`;
}

/** A file's bytes, unpacked where only its `.gz` is there. For small files. */
export async function readBytes(folder: string, name: string): Promise<Buffer> {
  const packed = path.join(folder, `${name}.gz`);
  if (!existsSync(path.join(folder, name)) && existsSync(packed)) {
    try {
      return gunzipSync(await readFile(packed));
    } catch (error) {
      throw broken(packed, messageOf(error), error);
    }
  }
  return await readFile(find(folder, name));
}

export async function readText(folder: string, name: string): Promise<string> {
  return (await readFile(find(folder, name), 'utf8')).replace(/^\uFEFF/, '');
}

/** Lines that are not empty, without the white space around them. */
export async function readLines(folder: string, name: string): Promise<string[]> {
  const text = await readText(folder, name);
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

export async function readJson(folder: string, name: string): Promise<unknown> {
  try {
    return JSON.parse(await readText(folder, name));
  } catch (error) {
    if (error instanceof DatasetError) throw error;
    throw broken(path.join(folder, name), messageOf(error), error);
  }
}

/** Names of the folders in a folder, in the order of their code points. */
export async function listFolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory() || entry.isSymbolicLink()).map(({ name }) => name);
  return names.sort(compareCodePoints);
}

/** Names of the files in a folder that have such an ending, in the order of their code points. */
export async function listFiles(folder: string, endings: ReadonlySet<string> = imageEndings): Promise<string[]> {
  const names = await readdir(folder);
  return names.filter((name) => endings.has(path.extname(name).toLowerCase())).sort(compareCodePoints);
}

export function broken(file: string, what: string, cause?: unknown): DatasetError {
  return new DatasetError('DATASET_FILE_BROKEN', `${file}: ${what}. Copy or download it again.`, { cause });
}

export function otherVersion(file: string, what: string): DatasetError {
  return new DatasetError('DATASET_OTHER_VERSION', `${file}: ${what}. It is of another version of the dataset.`);
}
