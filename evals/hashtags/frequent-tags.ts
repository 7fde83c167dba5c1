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

interface CountedTags {
  readonly table: StringTable;
  /** Of the hashtags in the table. */
  readonly counts: Uint32Array;
  readonly ofImages: TagsOfImages;
}

/** Counts the hashtags in buckets of a size, or larger. */
async function countTags(
  list: TagList,
  { imageOfEntry, countryOfImage: { length: numImages } }: Matched,
  buckets: TagBuckets,
  smallest: number,
  signal: AbortSignal | undefined,
  onProgress: ((entries: number) => void) | undefined,
): Promise<CountedTags> {
  const table = new StringTable();
  let counts = new Uint32Array(1 << 10);
  const members = new Uint32Array(buckets.total(smallest));
  const begins = new Uint32Array(numImages);
  const ends = new Uint32Array(numImages);
  let next = 0;
  let read = 0;
  for await (const { bytes, length, starts, tags } of list.entries(signal)) {
    for (let entry = 0; entry < length; entry++) {
      const image = imageOfEntry[read + entry];
      if (image === undefined) throw changed(list);
      if (image < 0) continue;
      begins[image] = next;
      for (let tag = starts[entry]!; tag < starts[entry + 1]!; tag++) {
        const hash = tags.hashes[tag]!;
        if (buckets.of(hash) < smallest) continue;
        const candidate = table.intern(bytes, tags.begins[tag]!, tags.ends[tag]!, hash);
        if (candidate === counts.length) counts = doubled(counts);
        counts[candidate]!++;
        members[next++] = candidate;
      }
      ends[image] = next;
    }
    read += length;
    onProgress?.(read);
  }
  if (read !== imageOfEntry.length || next !== members.length) throw changed(list);
  return { table, counts: counts.subarray(0, table.strings.length), ofImages: { begins, ends, members } };
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
  for (const [candidate, count] of counts.entries()) {
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
