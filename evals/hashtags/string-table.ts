/** Finds texts among millions of them by their bytes: a table of hashes beside them, where a Map would take several times the memory. */
import { CompactStrings } from '../../data/compact-strings.ts';

export class StringTable {
  readonly strings: CompactStrings;
  /** Number + 1 of the text at each place, 0 where there is none; more places than texts, a power of two. */
  #places: Int32Array;

  /**
   * @param strings that are found from now on, by their numbers
   * @param onDuplicate makes the error that is thrown for a text that is there twice
   */
  constructor(strings = new CompactStrings(), onDuplicate?: (text: string) => Error) {
    this.strings = strings;
    this.#places = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(16, 2 * strings.length))));
    this.#fill(onDuplicate);
  }

  /** @param hash as `hashOf` has it. @returns -1 where there is no such text */
  find(bytes: Uint8Array, begin: number, end: number, hash: number): number {
    return this.#places[this.#place(bytes, begin, end, hash)]! - 1;
  }

  /** The number of a text, which is added where there is none. */
  intern(bytes: Uint8Array, begin: number, end: number, hash: number): number {
    const place = this.#place(bytes, begin, end, hash);
    const number = this.#places[place]! - 1;
    if (number >= 0) return number;
    this.strings.pushBytes(bytes, begin, end);
    this.#places[place] = this.strings.length;
    if (2 * this.strings.length > this.#places.length) {
      this.#places = new Int32Array(2 * this.#places.length);
      this.#fill();
    }
    return this.strings.length - 1;
  }

  /** Where it is, or where it would be. */
  #place(bytes: Uint8Array, begin: number, end: number, hash: number): number {
    const mask = this.#places.length - 1;
    for (let place = hash & mask; ; place = (place + 1) & mask) {
      const number = this.#places[place]! - 1;
      if (number < 0 || this.strings.equals(number, bytes, begin, end)) return place;
    }
  }

  #fill(onDuplicate?: (text: string) => Error): void {
    const places = this.#places;
    const mask = places.length - 1;
    for (let number = 0; number < this.strings.length; number++) {
      let place = this.strings.hashAt(number) & mask;
      for (; places[place] !== 0; place = (place + 1) & mask) {
        if (onDuplicate && this.strings.same(places[place]! - 1, number)) throw onDuplicate(this.strings.at(number));
      }
      places[place] = number + 1;
    }
  }
}
