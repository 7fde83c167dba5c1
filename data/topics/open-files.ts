/**
 * Files that stay open while they are read again and again, so many of them: the one that was not used for longest is closed
 * for the next. Whoever comes while all are in use waits.
 *
 *     use(name) ──▶ free place? ──▶ open, or open already ──▶ read ──▶ place is free again
 */
import type { FileHandle } from 'node:fs/promises';

interface OpenFile {
  readonly handle: Promise<FileHandle>;
  users: number;
  /** To be closed by the last one who uses it. */
  forgotten: boolean;
}

export class OpenFiles {
  readonly #maximum: number;
  readonly #open: (name: string) => Promise<FileHandle>;
  /** In the order of their last use. */
  readonly #files = new Map<string, OpenFile>();
  readonly #waiting: (() => void)[] = [];
  #users = 0;
  #closed = false;

  /** @param open opens a file; what it throws goes to whoever wanted the file */
  constructor(maximum: number, open: (name: string) => Promise<FileHandle>) {
    this.#maximum = maximum;
    this.#open = open;
  }

  /**
   * Opens the file, if it is not open, for as long as the action takes.
   * @param action may forget the handle, so that whoever comes next opens the file anew
   */
  async use<T>(name: string, action: (handle: FileHandle, forget: () => void) => Promise<T>): Promise<T> {
    await this.#enter();
    try {
      const file = this.#take(name);
      try {
        await this.#closeOldest();
        return await action(await file.handle, () => this.#forget(name, file));
      } finally {
        file.users--;
        if (file.forgotten && file.users === 0) await (await file.handle).close();
      }
    } finally {
      this.#leave();
      if (this.#closed && this.#users === 0) await this.close();
    }
  }

  /** Closes all files; those in use as soon as they are not. */
  async close(): Promise<void> {
    this.#closed = true;
    const idle = [...this.#files].filter(([, { users }]) => users === 0);
    await Promise.all(idle.map(([name]) => this.#drop(name)));
  }

  #take(name: string): OpenFile {
    const known = this.#files.get(name);
    const file = known ?? { handle: this.#open(name), users: 0, forgotten: false };
    file.users++;
    this.#files.delete(name);
    this.#files.set(name, file);
    if (known) return file;
    // Whoever awaits the handle is told; a file that could not be opened is no open file.
    file.handle.catch(() => this.#files.get(name) === file && this.#files.delete(name));
    return file;
  }

  #forget(name: string, file: OpenFile): void {
    file.forgotten = true;
    if (this.#files.get(name) === file) this.#files.delete(name);
  }

  async #closeOldest(): Promise<void> {
    if (this.#files.size <= this.#maximum) return;
    const oldest = [...this.#files].find(([, { users }]) => users === 0);
    if (oldest) await this.#drop(oldest[0]);
  }

  async #drop(name: string): Promise<void> {
    const file = this.#files.get(name)!;
    this.#files.delete(name);
    await (await file.handle).close();
  }

  async #enter(): Promise<void> {
    if (this.#users < this.#maximum) this.#users++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** The place goes to the one who waited longest. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#users--;
  }
}
