/** How often a training may begin anew without getting any further, and how long it waits in between. */

/** Worlds in a row that came no step further, after which the training ends; the first ones follow each other at once. */
const MOST = 12;
const QUICK = 2;
/** Milliseconds: pauses grow, because what disturbs the worlds may pass. */
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 30_000;

export class Attempts {
  #furthest = 0;
  #fruitless = 0;

  /** The furthest step so far. */
  get furthest(): number {
    return this.#furthest;
  }

  /** Worlds that have ended since the training came further. */
  get fruitless(): number {
    return this.#fruitless;
  }

  get exhausted(): boolean {
    return this.#fruitless >= MOST;
  }

  reached(step: number): void {
    if (step <= this.#furthest) return;
    this.#furthest = step;
    this.#fruitless = 0;
  }

  /** A world has ended. @returns milliseconds to wait before the next one */
  ended(): number {
    this.#fruitless += 1;
    if (this.#fruitless <= QUICK) return 0;
    return Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (this.#fruitless - QUICK - 1));
  }
}
