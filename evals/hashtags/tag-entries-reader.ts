/** Lines of a list of hashtags as columns: bytes are looked at where they lie, and most lines never become strings. */
import { HASH_BEGIN, hashByte, hashEnd, hashOf } from '../../data/compact-strings.ts';
import { countryOfText } from '../../data/monitor/countries.ts';
import {
  BEGIN,
  CLOSE,
  COLON,
  COMMA,
  END,
  HASH,
  holds,
  isBroken,
  NEWLINE,
  OPEN,
  QUOTE,
  skipSpace,
} from './json-bytes.ts';
import { StringTable } from './string-table.ts';
import type { Spans, TagEntries } from './tag-entries.ts';
import { hashtagOf, type TaggedImage } from './tag-line.ts';

const encoder = new TextEncoder();
const bytesOf = (text: string) => encoder.encode(text);
const [IMAGE, HASHTAGS, COUNTRY, NULL] = [
  bytesOf('image"'),
  bytesOf('hashtags"'),
  bytesOf('country"'),
  bytesOf('null'),
];
const KEYS = [IMAGE, HASHTAGS, COUNTRY];

/** What a byte is in a hashtag: of its one form, a capital, or anything else, which strings have to deal with. */
const [OTHER, PLAIN, CAPITAL] = [0, 1, 2];
const KINDS = Uint8Array.from({ length: 256 }, (_, byte) => {
  const text = String.fromCharCode(byte);
  if (/[a-z0-9_]/.test(text)) return PLAIN;
  return /[A-Z]/.test(text) ? CAPITAL : OTHER;
});
/** From a capital to its small letter. */
const SMALL = 32;
const NO_COUNTRY = -1;

/** Reads lines out of pieces of a file that follow one another. */
export class TagEntriesReader implements TagEntries {
  /** The rest of the last piece, this piece, a newline, and texts that are not as they were written in the file. */
  bytes: Uint8Array = new Uint8Array(0);
  length = 0;
  lines = new Uint32Array(0);
  images = spans(0);
  starts = new Uint32Array(1);
  tags = spans(0);
  countries = new Int16Array(0);
  /** ISO 3166-1 alpha-2, in the order in which they came up. */
  readonly codes: string[] = [];

  readonly #parse: (text: string, line: number) => TaggedImage | undefined;
  /** Texts that stand for countries, and the number in `codes` of each. */
  readonly #texts = new StringTable();
  readonly #codeOfText: number[] = [];
  /** The last line that was read. */
  #line = 0;
  #rest = { begin: 0, end: 0 };
  /** Bytes that columns have room for. */
  #room = 0;
  /** Where the next text that was written anew goes. */
  #free = 0;
  /** Of the line that is being read: where, and what it has said. */
  #at = 0;
  #name = { begin: 0, end: 0, hash: 0 };
  #tagsEnd = 0;
  #country = NO_COUNTRY;

  /** @param parse what a line says, for those that are not as most are; throws where it is wrong */
  constructor(parse: (text: string, line: number) => TaggedImage | undefined) {
    this.#parse = parse;
  }

  /** Takes the lines that end in a piece, in place of those before. Throws what `parse` does. */
  read(piece: Uint8Array): void {
    const { begin, end } = this.#rest;
    const kept = end - begin;
    const size = kept + piece.length + 1;
    if (this.#room < size) this.#makeRoom(2 * size);
    else this.bytes.copyWithin(0, begin, end);
    this.bytes.set(piece, kept);
    this.#free = size;
    const last = this.bytes.subarray(kept, size - 1).lastIndexOf(NEWLINE);
    this.#readLines(last < 0 ? 0 : kept + last + 1);
    this.#rest = { begin: last < 0 ? 0 : kept + last + 1, end: size - 1 };
  }

  /** Takes the last line, which may end without a newline. */
  end(): void {
    this.length = 0;
    if (this.#rest.begin === this.#rest.end) return;
    this.bytes[this.#rest.end] = NEWLINE;
    this.bytes.copyWithin(0, this.#rest.begin, this.#rest.end + 1);
    const size = this.#rest.end + 1 - this.#rest.begin;
    this.#free = size;
    this.#readLines(size);
    this.#rest = { begin: 0, end: 0 };
  }

  /** Begins with the rest of the last piece. */
  #makeRoom(size: number): void {
    const bytes = new Uint8Array(size);
    bytes.set(this.bytes.subarray(this.#rest.begin, this.#rest.end));
    this.bytes = bytes;
    this.#room = size;
    // {"image":"a","hashtags":[]} and a newline; "a",
    const [most, mostTags] = [Math.ceil(size / 28), Math.ceil(size / 4)];
    this.lines = new Uint32Array(most);
    this.images = spans(most);
    this.starts = new Uint32Array(most + 1);
    this.countries = new Int16Array(most);
    this.tags = spans(mostTags);
  }

  #readLines(end: number): void {
    this.length = 0;
    for (let begin = 0; begin < end; ) {
      this.#line++;
      const next = this.#readPlainLine(begin);
      begin = next > 0 ? next : this.#readLine(begin);
    }
  }

  /** @returns where the next line begins; 0 where this one is not as most are, and nothing has been taken */
  #readPlainLine(begin: number): number {
    const { bytes } = this;
    this.#at = skipSpace(bytes, begin);
    if (bytes[this.#at] !== BEGIN) return 0;
    let [hasName, hasTags, hasCountry] = [false, false, false];
    this.#country = NO_COUNTRY;
    do {
      let at = skipSpace(bytes, this.#at + 1);
      if (bytes[at++] !== QUOTE) return 0;
      const key = keyAt(bytes, at);
      if (!key) return 0;
      at = skipSpace(bytes, at + key.length);
      if (bytes[at] !== COLON) return 0;
      this.#at = skipSpace(bytes, at + 1);
      if (key === IMAGE) {
        if (hasName || !this.#readName()) return 0;
        hasName = true;
      } else if (key === HASHTAGS) {
        if (hasTags || !this.#readTags()) return 0;
        hasTags = true;
      } else {
        if (hasCountry || !this.#readCountry()) return 0;
        hasCountry = true;
      }
      this.#at = skipSpace(this.bytes, this.#at);
    } while (this.bytes[this.#at] === COMMA);
    if (this.bytes[this.#at] !== END || !hasName || !hasTags) return 0;
    const end = skipSpace(this.bytes, this.#at + 1);
    if (this.bytes[end] !== NEWLINE) return 0;
    this.#add(this.#name.begin, this.#name.end, this.#name.hash, this.#tagsEnd, this.#country);
    return end + 1;
  }

  /** As the other two, from `#at` on and to the byte after it; false for what it cannot deal with. */
  #readName(): boolean {
    const { bytes } = this;
    let at = this.#at;
    if (bytes[at++] !== QUOTE) return false;
    const begin = at;
    let hash = HASH_BEGIN;
    for (; bytes[at] !== QUOTE; at++) {
      if (isBroken(bytes[at]!)) return false;
      hash = hashByte(hash, bytes[at]!);
    }
    this.#name = { begin, end: at, hash: hashEnd(hash) };
    this.#at = at + 1;
    return at > begin;
  }

  #readCountry(): boolean {
    const { bytes } = this;
    let at = this.#at;
    if (holds(bytes, at, NULL)) {
      this.#at += NULL.length;
      return true;
    }
    if (bytes[at++] !== QUOTE) return false;
    const begin = at;
    for (; bytes[at] !== QUOTE; at++) if (isBroken(bytes[at]!)) return false;
    this.#at = at + 1;
    if (at === begin) return true;
    this.#country = this.#countryOf(begin, at);
    return this.#country !== NO_COUNTRY;
  }

  #readTags(): boolean {
    const first = this.starts[this.length]!;
    let next = first;
    let at = this.#at;
    if (this.bytes[at] !== OPEN) return false;
    at = skipSpace(this.bytes, at + 1);
    if (this.bytes[at] !== CLOSE) {
      for (; ; at = skipSpace(this.bytes, at + 1)) {
        at = this.#readTag(at, next);
        if (at === 0) return false;
        if (!this.#isRepeated(first, next)) next++;
        at = skipSpace(this.bytes, at);
        if (this.bytes[at] !== COMMA) break;
      }
      if (this.bytes[at] !== CLOSE) return false;
    }
    this.#tagsEnd = next;
    this.#at = at + 1;
    return true;
  }

  /** @returns where it has ended; 0 for what it cannot deal with */
  #readTag(begin: number, number: number): number {
    const { bytes } = this;
    if (bytes[begin] !== QUOTE) return 0;
    let from = begin + 1;
    while (bytes[from] === HASH) from++;
    let at = from;
    let hash = HASH_BEGIN;
    let hasCapitals = false;
    for (let kind = KINDS[bytes[at]!]!; kind !== OTHER; kind = KINDS[bytes[++at]!]!) {
      if (kind === CAPITAL) hasCapitals = true;
      hash = hashByte(hash, kind === CAPITAL ? bytes[at]! | SMALL : bytes[at]!);
    }
    if (bytes[at] !== QUOTE) return this.#readOtherTag(begin + 1, number);
    if (at === from) return 0;
    if (hasCapitals) for (let i = from; i < at; i++) if (KINDS[bytes[i]!] === CAPITAL) bytes[i]! |= SMALL;
    this.tags.begins[number] = from;
    this.tags.ends[number] = at;
    this.tags.hashes[number] = hashEnd(hash);
    return at + 1;
  }

  /** A hashtag of other letters, which strings know about. */
  #readOtherTag(begin: number, number: number): number {
    let at = begin;
    for (; this.bytes[at] !== QUOTE; at++) if (isBroken(this.bytes[at]!)) return 0;
    const tag = hashtagOf(this.#text(begin, at));
    if (tag === undefined) return 0;
    this.#writeTag(tag, number);
    return at + 1;
  }

  /** Any line. @returns where the next begins */
  #readLine(begin: number): number {
    const end = this.bytes.indexOf(NEWLINE, begin);
    const entry = this.#parse(this.#text(begin, end), this.#line);
    if (!entry) return end + 1;
    let next = this.starts[this.length]!;
    for (const tag of entry.hashtags) this.#writeTag(tag, next++);
    const nameBegin = this.#free;
    const nameEnd = this.#write(entry.image);
    const country = entry.country === undefined ? NO_COUNTRY : this.#numberOf(entry.country);
    this.#add(nameBegin, nameEnd, hashOf(this.bytes, nameBegin, nameEnd), next, country);
    return end + 1;
  }

  #add(nameBegin: number, nameEnd: number, nameHash: number, tagsEnd: number, country: number): void {
    const entry = this.length++;
    this.lines[entry] = this.#line;
    this.images.begins[entry] = nameBegin;
    this.images.ends[entry] = nameEnd;
    this.images.hashes[entry] = nameHash;
    this.starts[entry + 1] = tagsEnd;
    this.countries[entry] = country;
  }

  /** Whether hashtag `last` is among those from `first` on. */
  #isRepeated(first: number, last: number): boolean {
    const { begins, ends, hashes } = this.tags;
    const { bytes } = this;
    const length = ends[last]! - begins[last]!;
    for (let tag = first; tag < last; tag++) {
      if (hashes[tag] !== hashes[last] || ends[tag]! - begins[tag]! !== length) continue;
      let same = 0;
      while (same < length && bytes[begins[tag]! + same] === bytes[begins[last]! + same]) same++;
      if (same === length) return true;
    }
    return false;
  }

  /** The number in `codes`; -1 for what is no country. */
  #countryOf(begin: number, end: number): number {
    const text = this.#texts.intern(this.bytes, begin, end, hashOf(this.bytes, begin, end));
    this.#codeOfText[text] ??= this.#numberOf(countryOfText(this.#text(begin, end)));
    return this.#codeOfText[text];
  }

  #numberOf(code: string | undefined): number {
    if (code === undefined) return NO_COUNTRY;
    const number = this.codes.indexOf(code);
    return number >= 0 ? number : this.codes.push(code) - 1;
  }

  #writeTag(tag: string, number: number): void {
    const begin = this.#free;
    const end = this.#write(tag);
    this.tags.begins[number] = begin;
    this.tags.ends[number] = end;
    this.tags.hashes[number] = hashOf(this.bytes, begin, end);
  }

  #text(begin: number, end: number): string {
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + begin, end - begin).toString();
  }

  /** @returns where it ends; it begins at what `#free` was */
  #write(text: string): number {
    // UTF-8 takes at most three bytes per UTF-16 unit.
    if (this.#free + 3 * text.length > this.bytes.length) {
      const larger = new Uint8Array(2 * (this.#free + 3 * text.length));
      larger.set(this.bytes);
      this.bytes = larger;
    }
    this.#free += encoder.encodeInto(text, this.bytes.subarray(this.#free)).written;
    return this.#free;
  }
}

function spans(length: number): Spans {
  const column = () => new Uint32Array(length);
  return { begins: column(), ends: column(), hashes: column() };
}

function keyAt(bytes: Uint8Array, at: number): Uint8Array | undefined {
  for (const key of KEYS) if (holds(bytes, at, key)) return key;
  return undefined;
}
