/** Which entries of a list of hashtags are of images that there are embeddings of: looked at once, before any long work. */
import type { CompactStrings } from '../../data/compact-strings.ts';
import { EvaluationError } from '../errors.ts';
import { StringTable } from './string-table.ts';
import type { TagBuckets } from './tag-buckets.ts';
import type { TagEntries } from './tag-entries.ts';
import type { TagList } from './tag-list.ts';

export interface MatchedImages {
  /** Of the list, in its order: the number of each image, -1 where there is no embedding of it. */
  readonly imageOfEntry: Int32Array;
  /** Entries with an embedding. */
  readonly matched: number;
  readonly withoutEmbedding: Named;
  /** Embeddings of images that the list does not have. */
  readonly withoutHashtags: Named;
  /** ISO 3166-1 alpha-2, in alphabetical order, of those with an embedding. */
  readonly countries: readonly string[];
  /** Of each image, by its number in `countries`, and 1 more; 0 without one. */
  readonly countryOfImage: Uint16Array;
}

export interface Named {
  readonly count: number;
  /** The first of them. */
  readonly first: readonly string[];
}

const NAMED = 5;

/**
 * @param buckets in which the hashtags of images with an embedding are counted
 * @param onProgress told how many entries of the list have been read
 * @throws EvaluationError HASHTAGS_WRONG where a line is wrong, an image occurs twice, or none has an embedding; the signal's reason
 */
export async function matchImages(
  list: TagList,
  names: CompactStrings,
  buckets: TagBuckets,
  signal?: AbortSignal,
  onProgress?: (entries: number) => void,
): Promise<MatchedImages> {
  const index = new StringTable(names, (name) => {
    const message = `There are two embeddings of ${name}; give each image once.`;
    return new EvaluationError('HASHTAGS_WRONG', message);
  });
  const seen = new Uint8Array(names.length);
  // Of the list's numbers; 1 more, so that 0 is none.
  const countryOfImage = new Uint16Array(names.length);
  const missing = { count: 0, first: [] as string[] };
  let imageOfEntry = new Int32Array(Math.max(1, names.length));
  let length = 0;
  let matched = 0;
  const add = ({ bytes, lines, images, starts, tags, countries }: TagEntries, entry: number) => {
    const [begin, end] = [images.begins[entry]!, images.ends[entry]!];
    const number = index.find(bytes, begin, end, images.hashes[entry]!);
    imageOfEntry[length++] = number;
    if (number < 0) {
      missing.count++;
      if (missing.first.length < NAMED) missing.first.push(textOf(bytes, begin, end));
      return;
    }
    if (seen[number] === 1) {
      const message = `${list.file}, line ${lines[entry]}: ${names.at(number)} occurs a second time. Give all hashtags of an image on one line.`;
      throw new EvaluationError('HASHTAGS_WRONG', message);
    }
    seen[number] = 1;
    matched++;
    countryOfImage[number] = countries[entry]! + 1;
    for (let tag = starts[entry]!; tag < starts[entry + 1]!; tag++) buckets.add(tags.hashes[tag]!);
  };
  for await (const entries of list.entries(signal)) {
    if (length + entries.length > imageOfEntry.length) {
      const larger = new Int32Array(2 * (length + entries.length));
      larger.set(imageOfEntry);
      imageOfEntry = larger;
    }
    for (let entry = 0; entry < entries.length; entry++) add(entries, entry);
    onProgress?.(length);
  }
  if (matched === 0) {
    const example = missing.first[0] === undefined ? 'it has no line' : `such as ${missing.first[0]}`;
    const message = `No image of ${list.file} has an embedding (${example}; embeddings are of ${names.length === 0 ? 'nothing' : `${names.at(0)} and others`}); names must be the same.`;
    throw new EvaluationError('HASHTAGS_WRONG', message);
  }
  return {
    ...{ imageOfEntry: imageOfEntry.subarray(0, length), matched },
    ...{ withoutEmbedding: missing, withoutHashtags: untagged(names, seen) },
    ...inOrder(countryOfImage, list.codes),
  };
}

/** Numbers countries by their letters, and leaves out those of no image. */
function inOrder(countryOfImage: Uint16Array, codes: readonly string[]) {
  const used = new Uint8Array(codes.length + 1);
  for (const number of countryOfImage) used[number] = 1;
  const countries = codes.filter((_, number) => used[number + 1] === 1).sort();
  const numbers = Uint16Array.of(0, ...codes.map((code) => countries.indexOf(code) + 1));
  for (let image = 0; image < countryOfImage.length; image++) countryOfImage[image] = numbers[countryOfImage[image]!]!;
  return { countries, countryOfImage };
}

function untagged(names: CompactStrings, seen: Uint8Array): Named {
  const first: string[] = [];
  let count = 0;
  for (let number = 0; number < seen.length; number++) {
    if (seen[number] === 1) continue;
    count++;
    if (first.length < NAMED) first.push(names.at(number));
  }
  return { count, first };
}

function textOf(bytes: Uint8Array, begin: number, end: number): string {
  return new TextDecoder().decode(bytes.subarray(begin, end));
}
