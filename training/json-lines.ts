/** Files of one JSON object per line that only grow, and that survive a kill -9 in the middle of a line. */
import { closeSync, createReadStream, fsync, openSync, readFileSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { replaceRunFile } from './replace-run-file.ts';
import { RunError, runFileError } from './run-errors.ts';

const fsyncAsync = promisify(fsync);

/** Appends records; a record is with the operating system when `append` returns, and on the disk after `sync`. */
export class JsonLinesWriter<Entry extends object> {
  readonly #file: string;
  readonly #descriptor: number;

  constructor(file: string) {
    this.#file = file;
    try {
      this.#descriptor = openSync(file, 'a');
    } catch (error) {
      throw runFileError(error, file);
    }
  }

  append(entry: Entry) {
    const bytes = Buffer.from(`${JSON.stringify(entry)}\n`);
    try {
      // A nearly full disk may take only part of a line: the next write then says why.
      for (let written = 0; written < bytes.length; ) written += writeSync(this.#descriptor, bytes, written);
    } catch (error) {
      throw runFileError(error, this.#file);
    }
  }

  async sync() {
    try {
      await fsyncAsync(this.#descriptor);
    } catch (error) {
      throw runFileError(error, this.#file);
    }
  }

  close() {
    closeSync(this.#descriptor);
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

/** Drops every record that `keep` refuses, and a cut last line, by replacing the file at once; missing files stay missing. */
export async function filterJsonLines<Entry>(file: string, keep: (entry: Entry) => boolean): Promise<void> {
  const before = readOrEmpty(file);
  const kept = readJsonLines<Entry>(file).filter(keep);
  const after = kept.map((entry) => `${JSON.stringify(entry)}\n`).join('');
  if (after !== before) await replaceRunFile(file, after);
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw runFileError(error, file);
  }
}
