/** Files of one JSON object per line that only grow, and that survive a kill -9 in the middle of a line. */
import {
  closeSync,
  createReadStream,
  fstatSync,
  fsync,
  ftruncateSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { replaceRunFile } from './replace-run-file.ts';
import { RunError, runFileError } from './run-errors.ts';

const fsyncAsync = promisify(fsync);

export interface JsonLinesOptions {
  /**
   * Where the disk is full, records wait in memory and go out with a later `append` or `sync`.
   * @default false: `append` throws
   */
  readonly patient?: boolean;
}

/** Appends records; a record is with the operating system when `append` returns, and on the disk after `sync`. */
export class JsonLinesWriter<Entry extends object> {
  readonly #file: string;
  readonly #descriptor: number;
  readonly #patient: boolean;
  readonly #waiting: Entry[] = [];

  constructor(file: string, { patient = false }: JsonLinesOptions = {}) {
    this.#file = file;
    this.#patient = patient;
    try {
      this.#descriptor = openSync(file, 'a');
    } catch (error) {
      throw runFileError(error, file);
    }
  }

  /** Records that wait for room on the disk. */
  get waiting(): readonly Entry[] {
    return this.#waiting;
  }

  append(entry: Entry) {
    this.#waiting.push(entry);
    try {
      this.#writeWaiting();
    } catch (error) {
      const typed = runFileError(error, this.#file);
      if (this.#patient && typed.code === 'DISK_FULL') return;
      this.#waiting.length = 0;
      throw typed;
    }
  }

  /** @throws RunError, DISK_FULL while records wait */
  async sync() {
    try {
      this.#writeWaiting();
      await fsyncAsync(this.#descriptor);
    } catch (error) {
      throw runFileError(error, this.#file);
    }
  }

  close() {
    closeSync(this.#descriptor);
  }

  #writeWaiting() {
    for (; this.#waiting.length > 0; this.#waiting.shift()) {
      this.#write(Buffer.from(`${JSON.stringify(this.#waiting[0])}\n`));
    }
  }

  /** All bytes or none: half a line would spoil the one that is written when there is room again. */
  #write(bytes: Buffer) {
    const { size } = fstatSync(this.#descriptor);
    let written = 0;
    try {
      // A nearly full disk may take only part of a line: the next write then says why.
      while (written < bytes.length) written += writeSync(this.#descriptor, bytes, written);
    } catch (error) {
      if (written > 0) ftruncateSync(this.#descriptor, size);
      throw error;
    }
  }
}

/**
 * Every record of a file, [] if there is none. A last line without its end was cut by a kill and is left out.
 * @throws RunError RUN_FILE_BROKEN for a complete line that is not JSON
 */
export function readJsonLines<Entry>(file: string): Entry[] {
  const lines = readOrEmpty(file).split('\n').slice(0, -1);
  return lines.map((text, index) => parseLine<Entry>(text, index + 1, file));
}

/**
 * Every record of a file, one after another, so that the file need not fit into memory; none if there is none. A last line
 * without its end was cut by a kill, or is being written, and is left out.
 * @throws RunError RUN_FILE_BROKEN for a complete line that is not JSON
 */
export async function* streamJsonLines<Entry>(file: string): AsyncGenerator<Entry> {
  let rest = '';
  let line = 0;
  try {
    for await (const chunk of createReadStream(file, 'utf8')) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop()!;
      for (const text of lines) yield parseLine<Entry>(text, ++line, file);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw runFileError(error, file);
  }
}

function parseLine<Entry>(text: string, line: number, file: string): Entry {
  try {
    return JSON.parse(text) as Entry;
  } catch (error) {
    throw new RunError(
      'RUN_FILE_BROKEN',
      `Line ${line} of ${file} is not JSON. Remove that line, or start a new run in another folder.`,
      { cause: error },
    );
  }
}

/**
 * Drops every record that `keep` refuses, and a cut last line, at once; missing files stay missing. What is dropped at the
 * end, as it mostly is, is cut off in place: that needs no room on a disk that may be full.
 */
export async function filterJsonLines<Entry>(file: string, keep: (entry: Entry) => boolean): Promise<void> {
  const before = readOrEmpty(file);
  const kept = readJsonLines<Entry>(file).filter(keep);
  const after = kept.map((entry) => `${JSON.stringify(entry)}\n`).join('');
  if (after === before) return;
  if (before.startsWith(after)) await cutOff(file, Buffer.byteLength(after));
  else await replaceRunFile(file, after);
}

async function cutOff(file: string, bytes: number): Promise<void> {
  try {
    const handle = await open(file, 'r+');
    try {
      await handle.truncate(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw runFileError(error, file);
  }
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw runFileError(error, file);
  }
}
