/** Files of one JSON object per line that only grow, and that survive a kill -9 in the middle of a line. */
import {
  closeSync,
  createReadStream,
  fstatSync,
  fsync,
  ftruncateSync,
  openSync,
  readSync,
  statSync,
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
  const lines = new Lines();
  const entries: Entry[] = [];
  try {
    for (const chunk of chunksOf(file)) {
      for (const line of lines.cut(chunk)) entries.push(parseLine<Entry>(line, file));
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw runFileError(error, file);
  }
  return entries;
}

/**
 * Every record of a file, one after another, so that the file need not fit into memory; none if there is none. A last line
 * without its end was cut by a kill, or is being written, and is left out.
 * @throws RunError RUN_FILE_BROKEN for a complete line that is not JSON
 */
export async function* streamJsonLines<Entry>(file: string): AsyncGenerator<Entry> {
  for await (const line of streamLines(file)) yield parseLine<Entry>(line, file);
}

interface Line {
  /** The first is 1. */
  readonly number: number;
  readonly text: string;
  /** Bytes of the file up to its end. */
  readonly end: number;
}

/** Cuts a file that comes in pieces into its lines; a last one without its end never comes. */
class Lines {
  #rest: Buffer = Buffer.alloc(0);
  #number = 0;
  #end = 0;

  *cut(chunk: Buffer): Generator<Line> {
    const bytes = Buffer.concat([this.#rest, chunk]);
    let begin = 0;
    for (let at = bytes.indexOf('\n'); at >= 0; at = bytes.indexOf('\n', begin)) {
      this.#end += at + 1 - begin;
      yield { number: ++this.#number, text: bytes.toString('utf8', begin, at), end: this.#end };
      begin = at + 1;
    }
    this.#rest = bytes.subarray(begin);
  }
}

const CHUNK_BYTES = 2 ** 20;

/** Each chunk holds until the next is asked for. */
function* chunksOf(file: string): Generator<Buffer> {
  const descriptor = openSync(file, 'r');
  try {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    for (let bytes = readSync(descriptor, buffer); bytes > 0; bytes = readSync(descriptor, buffer)) {
      yield buffer.subarray(0, bytes);
    }
  } finally {
    closeSync(descriptor);
  }
}

async function* streamLines(file: string): AsyncGenerator<Line> {
  const lines = new Lines();
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES })) yield* lines.cut(chunk);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw runFileError(error, file);
  }
}

function parseLine<Entry>({ number, text }: Line, file: string): Entry {
  try {
    return JSON.parse(text) as Entry;
  } catch (error) {
    throw new RunError(
      'RUN_FILE_BROKEN',
      `Line ${number} of ${file} is not JSON. Remove that line, or start a new run in another folder.`,
      { cause: error },
    );
  }
}

/**
 * Drops every record that `keep` refuses, and a cut last line, at once; missing files stay missing. What is dropped at the
 * end, as it mostly is, is cut off in place: that needs no room on a disk that may be full. The file need not fit into memory.
 */
export async function filterJsonLines<Entry>(file: string, keep: (entry: Entry) => boolean): Promise<void> {
  const isKept = (line: Line) => keep(parseLine<Entry>(line, file));
  /** Bytes of what is kept before the first that is not. */
  let kept = 0;
  let isCut = false;
  let isBroken = false;
  for await (const line of streamLines(file)) {
    if (!isKept(line)) isCut = true;
    else if (isCut) isBroken = true;
    else kept = line.end;
  }
  if (isBroken) await replaceRunFile(file, keptLines(file, isKept));
  else await cutOff(file, kept);
}

async function* keptLines(file: string, isKept: (line: Line) => boolean): AsyncGenerator<string> {
  for await (const line of streamLines(file)) if (isKept(line)) yield `${line.text}\n`;
}

/** Nothing where the file has no more bytes, or is missing. */
async function cutOff(file: string, bytes: number): Promise<void> {
  try {
    if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) <= bytes) return;
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
