/** Reads a file of lines that grows, each byte once; and says when the file was replaced or cut, because what was read is then void. */
import { type FileHandle, open, stat } from 'node:fs/promises';

/** Bytes that are read, and whose lines are handed on, at a time: a long file must not hold up whatever else the process does. */
const CHUNK = 128 * 1024;
/** A line that is longer is passed over. */
const LONGEST_LINE = 1024 * 1024;

export interface TailOptions {
  /** Of a file that is there already only so many bytes are read, from the first whole line on. @default all */
  readonly last?: number;
}

export class FileTail {
  readonly #file: string;
  readonly #last: number;
  #identity = '';
  #offset = 0;
  #rest = Buffer.alloc(0);
  /** What is in `rest` is no whole line, or belongs to one that is too long. */
  #skipping = false;

  constructor(file: string, { last = Number.POSITIVE_INFINITY }: TailOptions = {}) {
    this.#file = file;
    this.#last = last;
  }

  /**
   * What has come since the last time.
   * @param onReset told, before any lines, that the file is another one now, or is gone
   * @returns whether anything was told
   */
  async read(onLines: (lines: readonly string[]) => void, onReset: () => void): Promise<boolean> {
    const found = await stat(this.#file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    const identity = found ? `${found.dev}:${found.ino}:${found.birthtimeMs}` : '';
    const isOther = identity !== this.#identity || (found?.size ?? 0) < this.#offset;
    if (isOther) {
      const knew = this.#identity !== '';
      this.#begin(identity, found?.size ?? 0);
      if (knew) onReset();
    }
    if (!found || found.size <= this.#offset) return isOther;
    const handle = await open(this.#file, 'r');
    try {
      await this.#readTo(handle, found.size, onLines);
    } finally {
      await handle.close();
    }
    return true;
  }

  #begin(identity: string, size: number): void {
    this.#identity = identity;
    this.#offset = Math.max(0, size - this.#last);
    this.#rest = Buffer.alloc(0);
    this.#skipping = this.#offset > 0;
  }

  async #readTo(handle: FileHandle, end: number, onLines: (lines: readonly string[]) => void): Promise<void> {
    const chunk = Buffer.alloc(Math.min(CHUNK, end - this.#offset));
    while (this.#offset < end) {
      const { bytesRead } = await handle.read(chunk, 0, Math.min(chunk.length, end - this.#offset), this.#offset);
      if (bytesRead === 0) return;
      this.#offset += bytesRead;
      const lines = this.#split(chunk.subarray(0, bytesRead));
      if (lines.length > 0) onLines(lines);
    }
  }

  #split(bytes: Buffer): string[] {
    const all = Buffer.concat([this.#rest, bytes]);
    const lines: string[] = [];
    let begin = 0;
    for (let end = all.indexOf(10); end >= 0; end = all.indexOf(10, begin)) {
      if (!this.#skipping) lines.push(all.toString('utf8', begin, end));
      this.#skipping = false;
      begin = end + 1;
    }
    const isTooLong = all.length - begin > LONGEST_LINE;
    this.#skipping ||= isTooLong;
    this.#rest = this.#skipping ? Buffer.alloc(0) : Buffer.from(all.subarray(begin));
    return lines;
  }
}

/** The object that a line holds; undefined where it holds none. */
export function parseObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined; // a line that a kill has cut says nothing
  }
}
