/**
 * A file of JSON lines that is appended to and does not grow for ever:
 *
 *     log.jsonl      the newest lines
 *     log.1.jsonl    what log.jsonl held when it was full
 *
 * What is older is deleted, and the first line of the new file says how much that was, all in all.
 */
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  writeSync,
} from 'node:fs';

/** What was deleted so far. */
export interface Cut {
  readonly lines: number;
  readonly bytes: number;
}

export interface BoundedFileOptions {
  /** Of each of the two files. */
  readonly maximumBytes: number;
  /** A line, with its end, that tells what was deleted and has `"cut":{"lines":...,"bytes":...}` in it. */
  cutLine(cut: Cut): string;
}

const NOTHING: Cut = { lines: 0, bytes: 0 };
const NEW_LINE = 10;
/** Bytes in which the line lies that tells what was deleted. */
const LONGEST_CUT_LINE = 4096;

export function olderFile(file: string): string {
  return file.replace(/(\.[^./]*)?$/, '.1$1');
}

export class BoundedFile {
  readonly #file: string;
  readonly #options: BoundedFileOptions;
  #descriptor: number;
  #bytes: number;
  #cut: Cut;
  /** A write was cut short, by a full disk or the end of an earlier process: the next line begins on a line of its own. */
  #isTorn: boolean;

  /** Goes on with a file that exists. @throws Error of the file system */
  constructor(file: string, options: BoundedFileOptions) {
    this.#file = file;
    this.#options = options;
    this.#descriptor = open(file);
    this.#bytes = fstatSync(this.#descriptor).size;
    this.#cut = cutIn(this.#read(0, LONGEST_CUT_LINE));
    this.#isTorn = this.#bytes > 0 && this.#read(this.#bytes - 1, 1)[0] !== NEW_LINE;
  }

  /** @param line with its end. @throws Error of the file system; then nothing, or a part of the line was written */
  write(line: string): void {
    const bytes = Buffer.from(this.#isTorn ? `\n${line}` : line);
    if (this.#bytes > 0 && this.#bytes + bytes.byteLength > this.#options.maximumBytes) {
      this.#turn();
      this.#append(Buffer.from(line));
    } else this.#append(bytes);
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #turn(): void {
    // It may have been moved already, and the disk have had no room for a new one.
    if (existsSync(this.#file)) this.#moveAway();
    const full = this.#descriptor;
    this.#descriptor = open(this.#file);
    closeSync(full);
    this.#bytes = 0;
    this.#isTorn = false;
    if (this.#cut.bytes > 0) this.#append(Buffer.from(this.#options.cutLine(this.#cut)));
  }

  #moveAway(): void {
    const older = olderFile(this.#file);
    const lost = existsSync(older) ? sizeOf(older) : NOTHING;
    renameSync(this.#file, older);
    this.#cut = { lines: this.#cut.lines + lost.lines, bytes: this.#cut.bytes + lost.bytes };
  }

  #append(bytes: Buffer): void {
    for (let written = 0; written < bytes.byteLength; ) {
      const count = writeSync(this.#descriptor, bytes, written);
      written += count;
      this.#bytes += count;
      this.#isTorn = written < bytes.byteLength;
    }
  }

  #read(position: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(this.#descriptor, bytes, 0, length, position));
  }
}

/** A link in its place is not followed: it could lead anywhere. */
function open(file: string): number {
  const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;
  return openSync(file, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW, 0o644);
}

function sizeOf(file: string): Cut {
  const bytes = readFileSync(file);
  let lines = 0;
  for (let at = bytes.indexOf(NEW_LINE); at >= 0; at = bytes.indexOf(NEW_LINE, at + 1)) lines++;
  return { lines, bytes: bytes.byteLength };
}

/** What the first line of a file says was deleted before it. */
function cutIn(start: Buffer): Cut {
  const [, lines, bytes] = /"cut":\{"lines":(\d+),"bytes":(\d+)\}/.exec(start.toString().split('\n')[0]!) ?? [];
  return lines === undefined ? NOTHING : { lines: Number(lines), bytes: Number(bytes) };
}
