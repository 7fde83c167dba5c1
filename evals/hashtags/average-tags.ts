/**
 * Embeddings of hashtags (Sec. 5.2): "We represent the hashtag by simply taking the average of those features", of the images that it is
 * associated to; and "we associate it with a country by taking a majority vote across images associated with that tag."
 *
 * Embeddings are read once, from the first to the last, and none is kept. Memory: a sum for each hashtag in double precision, its votes, and
 * the numbers of its hashtags for each image.
 */
import { addToGroups } from '../../kernels/features.ts';
import { EvaluationError } from '../errors.ts';
import type { Features } from '../features.ts';
import type { EmbeddingSource } from './embedding-source.ts';
import { type FrequentTag, frequentTags } from './frequent-tags.ts';
import { type MatchedImage, type MatchedImages, matchedImages, matchImages } from './match-images.ts';

export interface TagAverage {
  readonly tag: string;
  /** That were averaged. */
  readonly images: number;
  /** ISO 3166-1 alpha-2, by majority; undefined where no image has a country. The first by its letters where several have as many. */
  readonly country: string | undefined;
  /** Of the images with a country, those of this one. */
  readonly countryShare: number | undefined;
}

export interface AveragedTags {
  /** The most frequent first. */
  readonly tags: readonly TagAverage[];
  /** (tags, width) */
  readonly means: Features;
  readonly matched: MatchedImages;
  /** Hashtags of which no image could be used. */
  readonly lost: readonly string[];
}

export interface AverageOptions {
  /** Hashtags that are kept. @default 30000 */
  readonly most?: number;
  /** Images that a hashtag has at least. @default 1 */
  readonly least?: number;
  /** Told how many hashtags there are before embeddings are read; throws where they will not do. */
  readonly check?: (count: number) => void;
}

export interface AverageWork {
  readonly signal?: AbortSignal;
  /** Told of images of a stage. */
  readonly onProgress?: (stage: string, done: number, total: number) => void;
}

/**
 * @param list as `readTagList` reads it; read several times
 * @throws EvaluationError HASHTAGS_WRONG, TOO_FEW_ROWS where no hashtag is left, FEATURES_NOT_FINITE; the signal's reason
 */
export async function averageTags(
  source: EmbeddingSource,
  list: string,
  { most = 30_000, least = 1, check }: AverageOptions = {},
  { signal, onProgress }: AverageWork = {},
): Promise<AveragedTags> {
  // About as many lines as embeddings, until it is known.
  const matched = await matchImages(list, source.names, signal, (entries) =>
    onProgress?.('lines looked at', entries, Math.max(entries, source.names.length)),
  );
  const entries = (stage: string) =>
    withProgress(matchedImages(list, matched, signal), stage, matched.matched, onProgress);
  const lists = async function* () {
    for await (const some of entries('lines counted')) yield some.map(({ hashtags }) => hashtags);
  };
  const frequent = await frequentTags(lists, { most, least });
  if (frequent.length === 0) {
    const message = `No hashtag in ${list} has ${least} images with an embedding; ask for fewer.`;
    throw new EvaluationError('TOO_FEW_ROWS', message);
  }
  check?.(frequent.length);
  const groups = await groupsOf(entries('lines gathered'), matched.countries, frequent, source.names.length);
  const sums = new Float64Array(frequent.length * source.width);
  const counts = new Uint32Array(frequent.length);
  let done = 0;
  for await (const { images, values } of source.blocks(signal)) {
    const { starts, members } = groups.of(images);
    await addToGroups(values, source.width, starts, members, sums);
    for (let i = 0; i < members.length; i++) counts[members[i]!]!++;
    done += images.length;
    onProgress?.('embeddings', done, source.names.length);
  }
  return finish(frequent, sums, counts, groups.votes, matched, source.width);
}

async function* withProgress(
  entries: AsyncIterable<readonly MatchedImage[]>,
  stage: string,
  total: number,
  onProgress: AverageWork['onProgress'],
): AsyncGenerator<readonly MatchedImage[]> {
  let done = 0;
  for await (const some of entries) {
    yield some;
    done += some.length;
    onProgress?.(stage, done, total);
  }
}

interface Groups {
  /** The hashtags of some images: those of image i are members[starts[i]] to members[starts[i + 1] - 1]. */
  of(images: Int32Array): { readonly starts: Uint32Array; readonly members: Uint32Array };
  /** (tags, countries) */
  readonly votes: Uint32Array;
}

async function groupsOf(
  entries: AsyncIterable<readonly MatchedImage[]>,
  countries: readonly string[],
  frequent: readonly FrequentTag[],
  numImages: number,
): Promise<Groups> {
  const numberOf = new Map(frequent.map(({ tag }, number) => [tag, number]));
  const countryNumber = new Map(countries.map((code, number) => [code, number]));
  const all = frequent.reduce((sum, { count }) => sum + count, 0);
  const tags = frequent.length <= 2 ** 16 ? new Uint16Array(all) : new Uint32Array(all);
  const begins = new Uint32Array(numImages);
  const ends = new Uint32Array(numImages);
  const votes = new Uint32Array(frequent.length * countries.length);
  let next = 0;
  const add = ({ number, hashtags, country }: MatchedImage) => {
    begins[number] = next;
    for (const hashtag of hashtags) {
      const tag = numberOf.get(hashtag);
      if (tag === undefined) continue;
      tags[next++] = tag;
      if (country !== undefined) votes[tag * countries.length + countryNumber.get(country)!]!++;
    }
    ends[number] = next;
  };
  for await (const some of entries) some.forEach(add);
  return {
    votes,
    // Millions of rows: plain loops take less time than iterators and views.
    of(images) {
      const starts = new Uint32Array(images.length + 1);
      for (let row = 0; row < images.length; row++) {
        const image = images[row]!;
        starts[row + 1] = starts[row]! + ends[image]! - begins[image]!;
      }
      const members = new Uint32Array(starts[images.length]!);
      for (let row = 0, at = 0; row < images.length; row++) {
        const image = images[row]!;
        for (let next = begins[image]!; next < ends[image]!; next++) members[at++] = tags[next]!;
      }
      return { starts, members };
    },
  };
}

function finish(
  frequent: readonly FrequentTag[],
  sums: Float64Array,
  counts: Uint32Array,
  votes: Uint32Array,
  matched: MatchedImages,
  width: number,
): AveragedTags {
  const { countries } = matched;
  const kept = [...frequent.keys()].filter((tag) => counts[tag]! > 0);
  const values = new Float32Array(kept.length * width);
  for (const [row, tag] of kept.entries()) {
    for (let i = 0; i < width; i++) values[row * width + i] = sums[tag * width + i]! / counts[tag]!;
    const broken = values.subarray(row * width, (row + 1) * width).findIndex((value) => !Number.isFinite(value));
    if (broken < 0) continue;
    const message = `An embedding of an image with #${frequent[tag]!.tag} is NaN or infinite; the encoder has diverged: go back to an earlier checkpoint.`;
    throw new EvaluationError('FEATURES_NOT_FINITE', message);
  }
  const tags = kept.map((tag): TagAverage => {
    const own = votes.subarray(tag * countries.length, (tag + 1) * countries.length);
    const cast = own.reduce((sum, number) => sum + number, 0);
    const best = own.indexOf(own.reduce((most, number) => Math.max(most, number), 0));
    return {
      tag: frequent[tag]!.tag,
      images: counts[tag]!,
      country: cast > 0 ? countries[best] : undefined,
      countryShare: cast > 0 ? own[best]! / cast : undefined,
    };
  });
  const lost = frequent.filter((_, tag) => counts[tag] === 0).map(({ tag }) => tag);
  return { tags, means: { values, count: kept.length, dimension: width }, matched, lost };
}
