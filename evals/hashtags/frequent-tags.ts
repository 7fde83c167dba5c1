/**
 * The most frequent hashtags of a list, exactly, and which images have them.
 *
 * Hashtags in small buckets need not be counted by themselves. If the last of those that are kept has no smaller count than the smallest
 * bucket that was looked at, none was missed; otherwise it says how small the buckets are that have to be looked at, and the list is read
 * once more.
 */
import { EvaluationError } from '../errors.ts';
import type { MatchedImages } from './match-images.ts';
import { StringTable } from './string-table.ts';
import type { TagBuckets } from './tag-buckets.ts';
import type { TagEntries } from './tag-entries.ts';
import type { TagList } from './tag-list.ts';

export interface FrequentTag {
  readonly tag: string;
  readonly count: number;
}

/** The frequent hashtags of image i are members[begins[i]] to members[ends[i] - 1], by their numbers. */
export interface TagsOfImages {
  readonly begins: Uint32Array;
  readonly ends: Uint32Array;
  readonly members: Uint32Array;
}

export interface FrequentTagsOptions {
  /** How many are wanted. */
  readonly most: number;
  /** Those with fewer images are left out. */
  readonly least: number;
  /** Buckets whose hashtags are counted by themselves at first. @default 2 ** 20 */
  readonly candidates?: number;
}

type Matched = Pick<MatchedImages, 'imageOfEntry' | 'countryOfImage'>;

/**
 * @param buckets the hashtags of all images
 * @param onProgress told how many entries of the list have been read
 * @returns the most frequent first; ties in the order of their code units
 * @throws EvaluationError HASHTAGS_WRONG where the list has changed; the signal's reason
 */
export async function frequentTags(
  list: TagList,
  matched: Matched,
  buckets: TagBuckets,
  { most, least, candidates = 2 ** 20 }: FrequentTagsOptions,
  signal?: AbortSignal,
  onProgress?: (entries: number) => void,
): Promise<{ readonly tags: readonly FrequentTag[]; readonly ofImages: TagsOfImages }> {
  let smallest = Math.max(least, buckets.sizeOfLargest(candidates));
  for (;;) {
    // Of what is found nothing is kept when it has to be looked for again.
    const counted = await countTags(list, matched, buckets, smallest, signal, onProgress);
    const { tags, candidates: found } = largest(counted, most);
    const last = tags.length === most ? tags.at(-1)!.count : least;
    if (last < smallest) {
      smallest = Math.max(least, last);
      continue;
    }
    const kept = tags.filter(({ count }) => count >= least);
    const numberOf = new Int32Array(counted.counts.length).fill(-1);
    for (const [number, candidate] of found.slice(0, kept.length).entries()) numberOf[candidate] = number;
    renumber(counted.ofImages, matched, numberOf);
    return { tags: kept, ofImages: counted.ofImages };
  }
}

/** Counts the hashtags in buckets of a size, or larger. */
async function countTags(
  list: TagList,
  matched: Matched,
  buckets: TagBuckets,
  smallest: number,
  signal: AbortSignal | undefined,
  onProgress: ((entries: number) => void) | undefined,
): Promise<CountedTags> {
  const counted = new CountedTags(matched, buckets, smallest);
  for await (const entries of list.entries(signal)) {
    if (!counted.add(entries)) throw changed(list);
    onProgress?.(counted.read);
  }
  if (!counted.isWhole) throw changed(list);
  return counted;
}

class CountedTags {
  readonly table = new StringTable();
  readonly ofImages: TagsOfImages;
  /** Entries that have been read. */
  read = 0;
  readonly #imageOfEntry: Int32Array;
  readonly #buckets: TagBuckets;
  readonly #smallest: number;
  #counts = new Uint32Array(1 << 10);
  /** Members that have been found. */
  #found = 0;

  constructor({ imageOfEntry, countryOfImage }: Matched, buckets: TagBuckets, smallest: number) {
    this.#imageOfEntry = imageOfEntry;
    this.#buckets = buckets;
    this.#smallest = smallest;
    const ofEach = () => new Uint32Array(countryOfImage.length);
    this.ofImages = { begins: ofEach(), ends: ofEach(), members: new Uint32Array(buckets.total(smallest)) };
  }

  /** Of the hashtags in the table. */
  get counts(): Uint32Array {
    return this.#counts.subarray(0, this.table.strings.length);
  }

  /** Whether there was as much as had been seen before. */
  get isWhole(): boolean {
    return this.read === this.#imageOfEntry.length && this.#found === this.ofImages.members.length;
  }

  /** @returns false where there is more than had been seen before */
  add({ bytes, length, starts, tags }: TagEntries): boolean {
    const { begins, ends, members } = this.ofImages;
    if (this.read + length > this.#imageOfEntry.length) return false;
    for (let entry = 0; entry < length; entry++) {
      const image = this.#imageOfEntry[this.read++]!;
      if (image < 0) continue;
      begins[image] = this.#found;
      for (let tag = starts[entry]!; tag < starts[entry + 1]!; tag++) {
        const hash = tags.hashes[tag]!;
        if (this.#buckets.of(hash) < this.#smallest) continue;
        const candidate = this.table.intern(bytes, tags.begins[tag]!, tags.ends[tag]!, hash);
        if (candidate === this.#counts.length) this.#counts = doubled(this.#counts);
        this.#counts[candidate]!++;
        members[this.#found++] = candidate;
      }
      ends[image] = this.#found;
    }
    return true;
  }
}

function changed({ file }: TagList): EvaluationError {
  const message = `${file} has changed while it was read; let nobody write to it meanwhile.`;
  return new EvaluationError('HASHTAGS_WRONG', message);
}

function doubled(counts: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(2 * counts.length);
  larger.set(counts);
  return larger;
}

/** Ties in the order of their code units. */
function largest({ counts, table }: CountedTags, most: number) {
  const sorted = counts.slice().sort();
  const last = sorted[Math.max(0, sorted.length - most)] ?? 0;
  const found: (FrequentTag & { readonly candidate: number })[] = [];
  for (let candidate = 0; candidate < counts.length; candidate++) {
    const count = counts[candidate]!;
    if (count >= last) found.push({ candidate, tag: table.strings.at(candidate), count });
  }
  found.sort((one, other) => other.count - one.count || (one.tag < other.tag ? -1 : 1));
  const kept = found.slice(0, most);
  return {
    tags: kept.map(({ tag, count }): FrequentTag => ({ tag, count })),
    candidates: kept.map(({ candidate }) => candidate),
  };
}

/** Gives hashtags their numbers, in place, and leaves out those that have none (-1). */
function renumber({ begins, ends, members }: TagsOfImages, { imageOfEntry }: Matched, numberOf: Int32Array): void {
  let next = 0;
  for (const image of imageOfEntry) {
    if (image < 0) continue;
    const begin = next;
    for (let at = begins[image]!; at < ends[image]!; at++) {
      const number = numberOf[members[at]!]!;
      if (number >= 0) members[next++] = number;
    }
    begins[image] = begin;
    ends[image] = next;
  }
}
