/**
 * The most frequent hashtags of a list, exactly, in memory that does not grow with the number of different ones, of which most occur once.
 *
 * Hashtags are counted into buckets by their hashes first. A hashtag has at most the count of its bucket, so that those in small buckets
 * need not be counted by themselves. If the last of those that are kept has no smaller count than the smallest bucket that was looked at,
 * none was missed; otherwise it says how small the buckets are that have to be looked at, and those are.
 */
import { hashOf } from './name-index.ts';

export interface FrequentTag {
  readonly tag: string;
  readonly count: number;
}

export interface FrequentTagsOptions {
  /** How many are wanted. */
  readonly most: number;
  /** Those with fewer images are left out. */
  readonly least: number;
  /** Buckets; a power of two. @default 2 ** 22 */
  readonly buckets?: number;
  /** Buckets whose hashtags are counted by themselves at first. @default 2 ** 20 */
  readonly candidates?: number;
}

/**
 * @param lists gives the hashtags of some images at a time, of an image each once; it is read two or three times
 * @returns the most frequent first; ties in the order of their code units
 */
export async function frequentTags(
  lists: () => AsyncIterable<readonly (readonly string[])[]>,
  { most, least, buckets = 2 ** 22, candidates = 2 ** 20 }: FrequentTagsOptions,
): Promise<FrequentTag[]> {
  const sizes = new Uint32Array(buckets);
  const bucketOf = (tag: string) => hashOf(tag) & (buckets - 1);
  for await (const images of lists()) for (const tags of images) for (const tag of tags) sizes[bucketOf(tag)]!++;

  const count = async (smallest: number): Promise<FrequentTag[]> => {
    const counts = new Map<string, number>();
    const add = (tag: string) => {
      if (sizes[bucketOf(tag)]! >= smallest) counts.set(tag, (counts.get(tag) ?? 0) + 1);
    };
    for await (const images of lists()) for (const tags of images) tags.forEach(add);
    return largest(counts, most);
  };
  const first = Math.max(least, smallestOf(sizes, candidates));
  let found = await count(first);
  const last = found.length === most ? found.at(-1)!.count : least;
  if (last < first) found = await count(Math.max(least, last));
  return found.filter(({ count: number }) => number >= least);
}

/** Ties in the order of their code units. */
function largest(counts: ReadonlyMap<string, number>, most: number): FrequentTag[] {
  const sorted = Uint32Array.from(counts.values()).sort();
  const last = sorted[Math.max(0, sorted.length - most)] ?? 0;
  const found: FrequentTag[] = [];
  for (const [tag, count] of counts) if (count >= last) found.push({ tag, count });
  found.sort((one, other) => other.count - one.count || (one.tag < other.tag ? -1 : 1));
  return found.slice(0, most);
}

/** The size that at most so many buckets have, or more. */
function smallestOf(sizes: Uint32Array, most: number): number {
  const sorted = sizes.slice().sort();
  const smallest = sorted[sorted.length - most] ?? 1;
  // Of that size there may be others.
  return most >= sorted.length || sorted[sorted.length - most - 1] !== smallest ? Math.max(1, smallest) : smallest + 1;
}
