/** Entries of a list of hashtags as columns: millions of them take little memory and less time than objects. */

/** Bytes begins[i] to ends[i] of something, whose `hashOf` is hashes[i]. */
export interface Spans {
  readonly begins: Uint32Array;
  readonly ends: Uint32Array;
  readonly hashes: Uint32Array;
}

/** Some entries of a list. */
export interface TagEntries {
  readonly length: number;
  /** UTF-8 in which names and hashtags lie. */
  readonly bytes: Uint8Array;
  /** Of each entry, counted from 1. */
  readonly lines: Uint32Array;
  /** The name of each entry. */
  readonly images: Spans;
  /** The hashtags of entry i, each once, are starts[i] to starts[i + 1] - 1. */
  readonly starts: Uint32Array;
  readonly tags: Spans;
  /** Of each entry, by its number in `codes`; -1 without one. */
  readonly countries: Int16Array;
}
