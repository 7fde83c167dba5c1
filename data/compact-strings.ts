const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A list of strings as UTF-8 in one buffer: a million paths take a fifth of the memory that string objects take. */
export class CompactStrings {
  #bytes = new Uint8Array(1 << 12);
  /** #ends[i] is where string i ends; it begins where the one before it ends. */
  #ends = new Float64Array(1 << 8);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(text: string): void {
    const start = this.#start(this.#length);
    // UTF-8 takes at most three bytes per UTF-16 unit.
    this.#makeRoom(start + text.length * 3);
    const bytes = this.#bytes;
    // The encoder takes several times as long for a short text of letters that are bytes already.
    let at = 0;
    for (; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      if (unit >= 0x80) break;
      bytes[start + at] = unit;
    }
    const written = at === text.length ? at : encoder.encodeInto(text, bytes.subarray(start)).written;
    this.#ends[this.#length++] = start + written;
  }

  /** Text that is UTF-8 already: bytes `begin` to `end` of some. */
  pushBytes(bytes: Uint8Array, begin: number, end: number): void {
    const start = this.#start(this.#length);
    this.#makeRoom(start + end - begin);
    for (let from = begin, to = start; from < end; ) this.#bytes[to++] = bytes[from++]!;
    this.#ends[this.#length++] = start + end - begin;
  }

  /** For so many bytes in all, and one string more. */
  #makeRoom(bytes: number): void {
    if (bytes > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(bytes, 2 * this.#bytes.length));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    if (this.#length === this.#ends.length) {
      const larger = new Float64Array(2 * this.#length);
      larger.set(this.#ends);
      this.#ends = larger;
    }
  }

  /** Whether string `index`, which must be there, is bytes `begin` to `end` of some. */
  equals(index: number, bytes: Uint8Array, begin: number, end: number): boolean {
    const own = this.#bytes;
    let at = this.#start(index);
    if (this.#ends[index]! - at !== end - begin) return false;
    for (let from = begin; from < end; ) if (own[at++] !== bytes[from++]) return false;
    return true;
  }

  /** Whether two strings, which must be there, are the same. */
  same(one: number, other: number): boolean {
    return this.equals(one, this.#bytes, this.#start(other), this.#ends[other]!);
  }

  /** `hashOf` the bytes of string `index`, which must be there. */
  hashAt(index: number): number {
    return hashOf(this.#bytes, this.#start(index), this.#ends[index]!);
  }

  at(index: number): string {
    if (!Number.isInteger(index) || index < 0 || index >= this.#length) {
      throw new RangeError(`there is no string ${index} among ${this.#length}`);
    }
    return decoder.decode(this.#bytes.subarray(this.#start(index), this.#ends[index]));
  }

  #start(index: number): number {
    return index === 0 ? 0 : this.#ends[index - 1]!;
  }
}

/** FNV-1a of bytes `begin` to `end`, mixed once more so that its low bits depend on all; 32 bits. */
export function hashOf(bytes: Uint8Array, begin: number, end: number): number {
  let hash = HASH_BEGIN;
  for (let at = begin; at < end; at++) hash = hashByte(hash, bytes[at]!);
  return hashEnd(hash);
}

/** The parts of `hashOf`, for those who look at each byte anyway. */
export const HASH_BEGIN = 0x811c9dc5 | 0;

export function hashByte(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, 0x01000193);
}

export function hashEnd(hash: number): number {
  return Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
}
