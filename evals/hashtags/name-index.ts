/** Finds names among millions of them: a table of hashes beside their bytes, where a Map would take several times the memory. */
import type { CompactStrings } from '../../data/compact-strings.ts';

export class NameIndex {
  readonly #names: CompactStrings;
  /** Number + 1 of the name at each place, 0 where there is none; twice as many places as names at least. */
  readonly #places: Int32Array;

  /** @param onDuplicate makes the error that is thrown for a name that is there twice */
  constructor(names: CompactStrings, onDuplicate: (name: string) => Error) {
    this.#names = names;
    this.#places = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(16, 2 * names.length))));
    for (let number = 0; number < names.length; number++) {
      const name = names.at(number);
      const place = this.#place(name);
      if (this.#places[place] !== 0) throw onDuplicate(name);
      this.#places[place] = number + 1;
    }
  }

  /** -1 where there is no such name. */
  find(name: string): number {
    return this.#places[this.#place(name)]! - 1;
  }

  /** Where it is, or where it would be. */
  #place(name: string): number {
    const mask = this.#places.length - 1;
    for (let place = hashOf(name) & mask; ; place = (place + 1) & mask) {
      const number = this.#places[place]! - 1;
      if (number < 0 || this.#names.at(number) === name) return place;
    }
  }
}

/** FNV-1a over UTF-16 units, mixed once more so that its low bits depend on all. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash ^= hash >>> 15;
  return Math.imul(hash, 0x2c1b3c6d) >>> 0;
}
