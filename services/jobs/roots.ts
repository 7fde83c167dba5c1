/**
 * Which files jobs may use: what lies below the roots that the server was given, and below its folder of results. Links are
 * followed first, so that none leads out.
 */
import { type Dirent, realpathSync, statSync } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '../../errors.ts';
import { RECORD_FILE, readRecord } from '../../evals/datasets/record.ts';
import { JobsError, RejectionError } from './errors.ts';

/** Bytes of a configuration file. */
const MAXIMUM_CONFIG_BYTES = 2 ** 20;

export class Roots {
  readonly #roots: readonly string[];

  /** @throws JobsError BAD_ROOT */
  constructor(folders: readonly string[]) {
    this.#roots = folders.map((folder) => {
      try {
        if (statSync(folder).isDirectory()) return realpathSync(folder);
      } catch (cause) {
        throw new JobsError('BAD_ROOT', `${folder} cannot be used as a root: ${messageOf(cause)}.`, { cause });
      }
      throw new JobsError('BAD_ROOT', `${folder} cannot be used as a root: it is no folder.`);
    });
  }

  /** The folder without links. @param key of the job, for the message. @throws RejectionError */
  folder(key: string, folder: string): string {
    const real = this.#real(key, folder);
    if (statSync(real).isDirectory()) return real;
    throw new RejectionError('PATH_NOT_FOUND', `${key}: ${folder} is no folder.`);
  }

  /** A configuration file, without links. @throws RejectionError */
  file(key: string, file: string): string {
    return this.anyFile(key, file, MAXIMUM_CONFIG_BYTES);
  }

  /** A file of any kind, without links. @param maximumBytes of it @throws RejectionError */
  anyFile(key: string, file: string, maximumBytes = Number.POSITIVE_INFINITY): string {
    const real = this.#real(key, file);
    const status = statSync(real);
    if (!status.isFile()) throw new RejectionError('PATH_NOT_FOUND', `${key}: ${file} is no file.`);
    if (status.size <= maximumBytes) return real;
    throw new RejectionError('INVALID_JOB', `${key}: ${file} is larger than ${maximumBytes} bytes.`);
  }

  /**
   * Looks through all that lies in a folder for links, and for records of prepared datasets, that lead out.
   * @throws RejectionError OUTSIDE_ROOTS
   */
  async checkLinks(key: string, folder: string): Promise<void> {
    const seen = new Set<string>();
    const waiting = [folder];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      const entries = await readdir(next, { withFileTypes: true }).catch((cause: unknown) => {
        throw new RejectionError('PATH_NOT_FOUND', `${key}: ${next} cannot be read: ${messageOf(cause)}.`, { cause });
      });
      for (const entry of entries) {
        const found = path.join(next, entry.name);
        if (entry.isDirectory()) waiting.push(found);
        for (const led of await leadsTo(next, entry)) {
          // What leads nowhere leads to nothing that could be read.
          const target = await realpath(led).catch(() => undefined);
          if (target === undefined) continue;
          this.#requireInside(key, led, target);
          if (statSync(target).isDirectory()) waiting.push(target);
        }
      }
    }
  }

  #real(key: string, name: string): string {
    if (!path.isAbsolute(name)) {
      throw new RejectionError('INVALID_JOB', `${key}: ${name} has to be an absolute path, as the server sees it.`);
    }
    let real: string;
    try {
      real = realpathSync(name);
    } catch (cause) {
      // Whether something is there is not told of places that jobs may not use.
      this.#requireInside(key, name, nearestReal(name));
      throw new RejectionError('PATH_NOT_FOUND', `${key}: ${name} cannot be used: ${messageOf(cause)}.`, { cause });
    }
    this.#requireInside(key, name, real);
    return real;
  }

  #requireInside(key: string, name: string, real: string): void {
    if (this.#roots.some((root) => isInside(root, real))) return;
    const message = `${key}: ${name} does not lie below a folder that this server lets jobs use.`;
    throw new RejectionError('OUTSIDE_ROOTS', message);
  }
}

/** Other places that something in a folder leads to: a link to its target, the record of a prepared dataset to its images. */
async function leadsTo(folder: string, entry: Dirent): Promise<string[]> {
  const target = entry.isSymbolicLink() ? path.join(folder, entry.name) : undefined;
  const images = entry.name === RECORD_FILE ? await imagesOf(folder) : undefined;
  return [target, images].filter((name) => name !== undefined);
}

/** Where the images of a prepared dataset lie; undefined for what is none. */
async function imagesOf(folder: string): Promise<string | undefined> {
  if (!statSync(path.join(folder, RECORD_FILE), { throwIfNoEntry: false })?.isFile()) return undefined;
  const record = await readRecord(folder).catch(() => undefined);
  return record && path.resolve(folder, record.files);
}

/** The folder without links in which something would lie, or the nearest above it that exists. */
export function nearestReal(name: string): string {
  for (let folder = path.resolve(name); ; folder = path.dirname(folder)) {
    try {
      return realpathSync(folder);
    } catch (error) {
      if (folder === path.dirname(folder)) throw error;
    }
  }
}

/** Whether a path is a folder, or lies below it; both without links. */
export function isInside(folder: string, name: string): boolean {
  const relative = path.relative(folder, name);
  return relative === '' || (relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative));
}
