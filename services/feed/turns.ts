/** Gives out partitions so that they grow to equal lengths: always the shortest, of several the first. */
import type { PartitionRange } from '../bus/message-bus.ts';

export class Turns {
  readonly #lengths: number[];

  constructor(ranges: readonly PartitionRange[]) {
    this.#lengths = ranges.map(({ begin, end }) => end - begin);
  }

  /** The partition of the next message. */
  next(): number {
    const shortest = this.#lengths.indexOf(Math.min(...this.#lengths));
    this.#lengths[shortest]!++;
    return shortest;
  }
}
