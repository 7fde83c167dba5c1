/** Which lines of a list of hashtags are of images that there are embeddings of: looked at once, before any long work. */
import type { CompactStrings } from '../../data/compact-strings.ts';
import { EvaluationError } from '../errors.ts';
import { NameIndex } from './name-index.ts';
import { readTagList, type TaggedImage } from './tag-list.ts';

export interface MatchedImages {
  /** Of the list, in its order: the number of each image, -1 where there is no embedding of it. */
  readonly imageOfEntry: Int32Array;
  /** Entries with an embedding. */
  readonly matched: number;
  readonly withoutEmbedding: Named;
  /** Embeddings of images that the list does not have. */
  readonly withoutHashtags: Named;
  /** ISO 3166-1 alpha-2, in alphabetical order, of those in the list. */
  readonly countries: readonly string[];
}

export interface Named {
  readonly count: number;
  /** The first of them. */
  readonly first: readonly string[];
}

const NAMED = 5;

/**
 * @param onProgress told how many entries of the list have been read
 * @throws EvaluationError HASHTAGS_WRONG where a line is wrong, an image occurs twice, or none has an embedding; the signal's reason
 */
export async function matchImages(
  file: string,
  names: CompactStrings,
  signal?: AbortSignal,
  onProgress?: (entries: number) => void,
): Promise<MatchedImages> {
  const index = new NameIndex(names, (name) => {
    const message = `There are two embeddings of ${name}; give each image once.`;
    return new EvaluationError('HASHTAGS_WRONG', message);
  });
  const seen = new Uint8Array(names.length);
  const countries = new Set<string>();
  const missing = { count: 0, first: [] as string[] };
  let entries = new Int32Array(1 << 10);
  let length = 0;
  let matched = 0;
  const add = ({ line, image, country }: TaggedImage) => {
    const number = index.find(image);
    if (number < 0) {
      missing.count++;
      if (missing.first.length < NAMED) missing.first.push(image);
    } else {
      if (seen[number] === 1) {
        const message = `${file}, line ${line}: ${image} occurs a second time. Give all hashtags of an image on one line.`;
        throw new EvaluationError('HASHTAGS_WRONG', message);
      }
      seen[number] = 1;
      matched++;
      if (country !== undefined) countries.add(country);
    }
    if (length === entries.length) {
      const larger = new Int32Array(2 * length);
      larger.set(entries);
      entries = larger;
    }
    entries[length++] = number;
  };
  for await (const some of readTagList(file, signal)) {
    some.forEach(add);
    onProgress?.(length);
  }
  if (matched === 0) {
    const example = missing.first[0] === undefined ? 'it has no line' : `such as ${missing.first[0]}`;
    const message = `No image of ${file} has an embedding (${example}; embeddings are of ${names.length === 0 ? 'nothing' : `${names.at(0)} and others`}); names must be the same.`;
    throw new EvaluationError('HASHTAGS_WRONG', message);
  }
  return {
    imageOfEntry: entries.slice(0, length),
    matched,
    withoutEmbedding: missing,
    withoutHashtags: untagged(names, seen),
    countries: [...countries].sort(),
  };
}

/** An entry of the list, and the number of its image. */
export type MatchedImage = TaggedImage & { readonly number: number };

/** The entries that have an embedding, again, some at a time. */
export async function* matchedImages(
  file: string,
  { imageOfEntry }: Pick<MatchedImages, 'imageOfEntry'>,
  signal?: AbortSignal,
): AsyncGenerator<readonly MatchedImage[]> {
  let entry = 0;
  for await (const some of readTagList(file, signal)) {
    if (entry + some.length > imageOfEntry.length) {
      const message = `${file} has grown while it was read; let nobody write to it meanwhile.`;
      throw new EvaluationError('HASHTAGS_WRONG', message);
    }
    yield some.flatMap((image) => {
      const number = imageOfEntry[entry++]!;
      return number < 0 ? [] : { ...image, number };
    });
  }
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
