/** Whether memory grows with what was done: what a process holds after a quarter of the work, and at its end. */
import { readFileSync } from 'node:fs';

/** Resident bytes of a process. */
export function residentBytes(pid: number | 'self'): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!;
  return Number(kilobytes) * 1024;
}

export interface Growth {
  /** Bytes from a quarter of the work on. */
  readonly bytes: number;
  readonly end: number;
}

export class GrowthMeter {
  readonly #pid: number | 'self';
  #quarter = 0;

  constructor(pid: number | 'self') {
    this.#pid = pid;
  }

  /** @param share of the work that is done */
  look(share: number): void {
    if (share >= 0.25 && this.#quarter === 0) this.#quarter = residentBytes(this.#pid);
  }

  growth(): Growth {
    const end = residentBytes(this.#pid);
    return { bytes: end - this.#quarter, end };
  }
}
