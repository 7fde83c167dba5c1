/**
 * One label of every image in the sample: two bytes an image, in chunks that are made when the sample grows into them, so
 * that nothing is copied and a small sample takes little.
 */
import { Dictionary } from './dictionary.ts';

/** Images of a chunk. */
const CHUNK = 2 ** 16;

export class Column {
  readonly label: string;
  readonly dictionary: Dictionary;
  readonly #chunks: Uint16Array[] = [];

  constructor(label: string, dictionary = new Dictionary()) {
    this.label = label;
    this.dictionary = dictionary;
  }

  /**
   * @param slot at most the number of images so far
   * @param isNew whether the slot was empty; else its image is replaced
   */
  set(slot: number, value: string | undefined, isNew: boolean): void {
    const chunk = Math.floor(slot / CHUNK);
    this.#chunks[chunk] ??= new Uint16Array(CHUNK);
    const codes = this.#chunks[chunk];
    const at = slot % CHUNK;
    if (!isNew) this.dictionary.release(codes[at]!);
    codes[at] = this.dictionary.take(value);
  }

  /** The codes of the first images, in chunks. */
  *codes(size: number): Generator<Uint16Array> {
    for (let begin = 0; begin < size; begin += CHUNK) {
      yield this.#chunks[begin / CHUNK]!.subarray(0, Math.min(CHUNK, size - begin));
    }
  }

  /** Takes the codes of a sample that was kept. @returns false if one of them is none of the dictionary's */
  restore(codes: Uint16Array): boolean {
    const { values, numCodes } = this.dictionary;
    for (let begin = 0; begin < codes.length; begin += CHUNK) {
      const chunk = new Uint16Array(CHUNK);
      chunk.set(codes.subarray(begin, begin + CHUNK));
      this.#chunks.push(chunk);
    }
    for (const code of codes) {
      if (code >= numCodes || values[code - 2] === null) return false;
      this.dictionary.takeCode(code);
    }
    return true;
  }
}
