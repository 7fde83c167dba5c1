/** What a training says as it goes: steps, checkpoints and worlds, with the time at which they were heard. */
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** One line of `--json`. */
export interface Heard {
  readonly event?: string;
  readonly step?: number;
  readonly loss?: number | null;
  readonly ranks?: unknown;
  readonly reason?: string;
  readonly message?: string;
  readonly status?: string;
  /** Milliseconds, as performance.now(). */
  readonly at: number;
}

export class Watch {
  /** The furthest step that was heard of. */
  furthest = 0;
  /** The last step that was heard of: less than the furthest while steps are repeated. */
  step = 0;
  readonly heard: Heard[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #log: (line: string) => void;

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  /** Listens to another process of the same training. */
  listen(output: Readable): void {
    createInterface({ input: output }).on('line', (line) => this.#line(line));
  }

  /** The first line heard from `begin` on that fits. @throws after so many milliseconds without one */
  async until(fits: (heard: Heard) => boolean, begin: number, milliseconds: number, what: string): Promise<Heard> {
    const deadline = performance.now() + milliseconds;
    for (;;) {
      const found = this.heard.slice(begin).find(fits);
      if (found) return found;
      const left = deadline - performance.now();
      if (left <= 0) throw new Error(`waited ${(milliseconds / 1000).toFixed(0)} s in vain for ${what}`);
      await this.#next(left);
    }
  }

  #next(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      this.#waiting.add(done);
    });
  }

  #line(line: string): void {
    let heard: Heard;
    try {
      heard = { ...JSON.parse(line), at: performance.now() };
    } catch {
      this.#log(line); // a line that a kill has cut
      return;
    }
    if (heard.event === 'step') {
      this.step = heard.step!;
      this.furthest = Math.max(this.furthest, this.step);
    } else {
      this.#log(line);
    }
    this.heard.push(heard);
    for (const wake of [...this.#waiting]) wake();
  }
}
