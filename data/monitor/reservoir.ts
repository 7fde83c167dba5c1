/**
 * Which images of a stream of unknown length belong to a uniform sample: Vitter's algorithm R (1985). Image n (from 0) gets
 * a random place among 0 ... n, and enters the sample if the sample has such a place, where it replaces whoever was there.
 *
 *     n < limit      ──▶ slot n
 *     n >= limit     ──▶ slot floor(random · (n + 1)), if that is below limit; else not in the sample
 *
 * After every image, all images so far are in the sample with the same probability, limit / n.
 */
import { randomAt } from './random-at.ts';

export interface ReservoirOptions {
  /** The most images in the sample. */
  readonly limit: number;
  readonly seed: number;
  /** Images that were offered before. @default 0 */
  readonly offered?: number;
}

export class Reservoir {
  readonly limit: number;
  readonly seed: number;
  #offered: number;

  constructor({ limit, seed, offered = 0 }: ReservoirOptions) {
    this.limit = limit;
    this.seed = seed;
    this.#offered = offered;
  }

  /** Images so far. */
  get offered(): number {
    return this.#offered;
  }

  /** Images in the sample. */
  get size(): number {
    return Math.min(this.#offered, this.limit);
  }

  /** @returns the next image's slot, 0 to limit - 1, or undefined where it is not in the sample */
  offer(): number | undefined {
    const n = this.#offered++;
    if (n < this.limit) return n;
    const place = Math.floor(randomAt(this.seed, n) * (n + 1));
    return place < this.limit ? place : undefined;
  }
}
