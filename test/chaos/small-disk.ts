/** A file system of a few megabytes that can be filled to the last byte. Mounting needs root. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';

const FILLER = 'filler';
/** Milliseconds between looks for space that others have freed. */
const REFILL = 25;

export class SmallDisk {
  readonly folder: string;
  #descriptor: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @throws where this user may not mount. */
  constructor(folder: string, megabytes: number) {
    mkdirSync(folder, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'auspex-chaos', folder], { stdio: 'pipe' });
    this.folder = folder;
  }

  /** Takes all space, and what becomes free, until `free`. */
  fill(): void {
    this.#descriptor = openSync(path.join(this.folder, FILLER), 'a');
    this.#timer = setInterval(() => this.#refill(), REFILL);
    this.#refill();
  }

  free(): void {
    clearInterval(this.#timer);
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
    rmSync(path.join(this.folder, FILLER), { force: true });
  }

  unmount(): void {
    this.free();
    execFileSync('umount', ['--lazy', this.folder], { stdio: 'pipe' });
  }

  /** Large pieces first, then single bytes. */
  #refill(): void {
    for (let size = 1 << 20; size >= 1; size >>= 4) {
      const piece = Buffer.alloc(size);
      try {
        while (writeSync(this.#descriptor!, piece) > 0);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    }
  }
}

/** Why this user cannot mount a file system, if so. */
export function whyNoSmallDisk(folder: string): string | undefined {
  try {
    new SmallDisk(folder, 1).unmount();
    return undefined;
  } catch (error) {
    return `a small file system cannot be mounted: ${(error as Error).message.trim().split('\n').at(-1)}`;
  }
}
