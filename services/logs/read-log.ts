/** Reads the lines of a log that another process may be writing (bounded-file.ts), from the oldest on. */
import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { olderFile } from './bounded-file.ts';
import { LineSplitter } from './line-splitter.ts';

/** Milliseconds between two looks at a log that is followed. */
const LOOK_EVERY = 250;
const CHUNK = 2 ** 16;

export interface ReadLogOptions {
  /** Wait for more at the end, and for the file where it is missing. */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

/** Ends at the log's end, or with the signal where it is followed. */
export async function* readLog(file: string, { follow = false, signal }: ReadLogOptions = {}): AsyncGenerator<string> {
  let seen: number | undefined;
  let current: OpenFile | undefined;
  try {
    while (!signal?.aborted) {
      // Whether the file has been replaced is asked before the last look: what was written until then is in the old one.
      const isOver = current !== undefined && (await inodeOf(file)) !== current.inode;
      if (current) yield* current.more();
      if (current && isOver) {
        yield* current.end();
        await current.close();
        seen = current.inode;
        current = undefined;
      }
      if (!current) {
        const [older, newer] = await openBoth(file);
        current = newer;
        if (older && older.inode !== seen) {
          yield* older.more();
          yield* older.end();
        }
        await older?.close();
        if (current) continue;
      }
      if (!follow) {
        if (current) yield* current.end();
        return;
      }
      await sleep(LOOK_EVERY, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    await current?.close();
  }
}

/** Both files as they were at one moment: between two looks the newer may have become the older. */
async function openBoth(file: string): Promise<readonly [OpenFile | undefined, OpenFile | undefined]> {
  for (;;) {
    const older = await OpenFile.open(olderFile(file));
    const newer = await OpenFile.open(file);
    if ((await inodeOf(olderFile(file))) === older?.inode) return [older, newer];
    await older?.close();
    await newer?.close();
  }
}

class OpenFile {
  readonly #handle: FileHandle;
  readonly #lines = new LineSplitter();
  readonly #decoder = new TextDecoder();
  readonly inode: number;

  static async open(file: string): Promise<OpenFile | undefined> {
    const handle = await missingAsUndefined(open(file));
    return handle && new OpenFile(handle, (await handle.stat()).ino);
  }

  private constructor(handle: FileHandle, inode: number) {
    this.#handle = handle;
    this.inode = inode;
  }

  /** Whole lines that came since the last look. */
  async *more(): AsyncGenerator<string> {
    for (;;) {
      const { bytesRead, buffer } = await this.#handle.read({ buffer: Buffer.alloc(CHUNK) });
      if (bytesRead === 0) return;
      yield* this.#lines.push(this.#decoder.decode(buffer.subarray(0, bytesRead), { stream: true }));
    }
  }

  /** A last line without an end. */
  end(): string[] {
    return this.#lines.end();
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

async function inodeOf(file: string): Promise<number | undefined> {
  const handle = await missingAsUndefined(open(file));
  try {
    return handle && (await handle.stat()).ino;
  } finally {
    await handle?.close();
  }
}

async function missingAsUndefined<T>(opening: Promise<T>): Promise<T | undefined> {
  try {
    return await opening;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
