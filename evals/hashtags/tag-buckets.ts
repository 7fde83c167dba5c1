/** How often hashtags occur at most, in memory that does not grow with the number of different ones, of which most occur once. */

export class TagBuckets {
  /** Occurrences of all hashtags of a bucket: a hashtag has at most as many as its bucket. */
  readonly #sizes: Uint32Array;

  /** @param count a power of two */
  constructor(count = 2 ** 22) {
    this.#sizes = new Uint32Array(count);
  }

  add(hash: number): void {
    this.#sizes[hash & (this.#sizes.length - 1)]!++;
  }

  /** Occurrences in the bucket of a hashtag. */
  of(hash: number): number {
    return this.#sizes[hash & (this.#sizes.length - 1)]!;
  }

  /** The size that at most so many buckets have, or more; 1 at least. */
  sizeOfLargest(buckets: number): number {
    const sorted = this.#sizes.filter((size) => size > 0).sort();
    if (sorted.length <= buckets) return 1;
    const smallest = sorted[sorted.length - buckets]!;
    // Of that size there may be others.
    return sorted[sorted.length - buckets - 1] === smallest ? smallest + 1 : smallest;
  }

  /** Occurrences of all hashtags in buckets of a size, or larger. */
  total(smallest: number): number {
    let sum = 0;
    for (let i = 0; i < this.#sizes.length; i++) if (this.#sizes[i]! >= smallest) sum += this.#sizes[i]!;
    return sum;
  }
}
