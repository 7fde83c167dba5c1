/** What a feed did not publish, and why: all of it in a file, one line of JSON each, and the first for the result. */
import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import type { Rejection, RejectionCode } from '../../data/collections/collection.ts';
import { messageOf } from '../../errors.ts';
import { FeedError } from './feed-error.ts';

const FILE = 'rejected.jsonl';
const LISTED = 100;
/** Lines that wait before they are written. */
const BUFFERED = 1000;

export interface RejectionSummary {
  readonly count: number;
  /** How many of them are only counted: passed over in folders, beyond the first thousand of each. */
  readonly unlisted: number;
  readonly byCode: Readonly<Partial<Record<RejectionCode, number>>>;
  /** The first 100. */
  readonly first: readonly Omit<Rejection, 'kind'>[];
  /** Where all of them stand. */
  readonly file: string;
}

export class RejectionLog {
  readonly #file: string;
  readonly #handle: FileHandle;
  readonly #byCode: Partial<Record<RejectionCode, number>> = {};
  readonly #first: Omit<Rejection, 'kind'>[] = [];
  #lines: string[] = [];
  /** The last flush: one after the other, as a long one is written in pieces. */
  #written: Promise<void> = Promise.resolve();
  #count = 0;
  #unlisted = 0;

  /** Begins the file anew: it is of one feed. @throws FeedError FEED_STATE */
  static async open(folder: string): Promise<RejectionLog> {
    const file = path.join(folder, FILE);
    return new RejectionLog(file, await explained(file, () => open(file, 'w')));
  }

  private constructor(file: string, handle: FileHandle) {
    this.#file = file;
    this.#handle = handle;
  }

  get count(): number {
    return this.#count;
  }

  /** @throws FeedError FEED_STATE */
  async add({ name, code, message }: Rejection): Promise<void> {
    this.#count++;
    this.#byCode[code] = (this.#byCode[code] ?? 0) + 1;
    if (this.#first.length < LISTED) this.#first.push({ name, code, message });
    this.#lines.push(`${JSON.stringify({ name, code, message })}\n`);
    if (this.#lines.length >= BUFFERED) await this.flush();
  }

  /** Counts those of which only the number is known: a folder lists the first of what it passes over. */
  addUnlisted(count: number): void {
    this.#count += count;
    this.#unlisted += count;
  }

  /** @throws FeedError FEED_STATE */
  flush(): Promise<void> {
    const lines = this.#lines.splice(0).join('');
    this.#written = this.#written.then(() => explained(this.#file, () => this.#handle.appendFile(lines)));
    return this.#written;
  }

  summary(): RejectionSummary {
    return {
      count: this.#count,
      unlisted: this.#unlisted,
      byCode: { ...this.#byCode },
      first: [...this.#first],
      file: this.#file,
    };
  }

  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      await this.#handle.close();
    }
  }
}

async function explained<T>(file: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    const message = `${file} cannot be written: ${messageOf(cause)}. Make room, or give another folder with --state.`;
    throw new FeedError('FEED_STATE', message, { cause });
  }
}
