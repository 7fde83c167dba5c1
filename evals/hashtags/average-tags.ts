/**
 * Embeddings of hashtags (Sec. 5.2): "We represent the hashtag by simply taking the average of those features", of the images that it is
 * associated to; and "we associate it with a country by taking a majority vote across images associated with that tag."
 *
 * Embeddings are read once, from the first to the last, and none is kept. Memory: a sum for each hashtag in double precision, its votes, and
 * the numbers of its hashtags for each image.
 */
import { addToGroups } from '../../kernels/features.ts';
import { ALIGNMENT, alignedMemory } from '../../kernels/files.ts';
import { EvaluationError } from '../errors.ts';
import type { Features } from '../features/features.ts';
import type { EmbeddingSource } from './embedding-source.ts';
import { type FrequentTag, frequentTags, type TagsOfImages } from './frequent-tags.ts';
import { type MatchedImages, matchImages } from './match-images.ts';
import { TagBuckets } from './tag-buckets.ts';
import { TagList } from './tag-list.ts';

export interface TagAverage {
  readonly tag: string;
  /** That were averaged. */
  readonly images: number;
  /** ISO 3166-1 alpha-2, by majority; undefined where no image has a country. The first by its letters where several have as many. */
  readonly country: string | undefined;
  /** Of the images with a country, those of this one. */
  readonly countryShare: number | undefined;
}

type Matched = Omit<MatchedImages, 'imageOfEntry'>;

export interface AveragedTags {
  /** The most frequent first. */
  readonly tags: readonly TagAverage[];
  /** (tags, width) */
  readonly means: Features;
  readonly matched: Matched;
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
 * @param list as `TagList` reads it; read twice, or three times
 * @throws EvaluationError HASHTAGS_WRONG, TOO_FEW_ROWS where no hashtag is left, FEATURES_NOT_FINITE; the signal's reason
 */
export async function averageTags(
  source: EmbeddingSource,
  list: string,
  { most = 30_000, least = 1, check }: AverageOptions = {},
  { signal, onProgress }: AverageWork = {},
): Promise<AveragedTags> {
  const { matched, frequent, ofImages } = await tagsOf(source, list, { most, least }, { signal, onProgress });
  if (frequent.length === 0) {
    const message = `No hashtag in ${list} has ${least} images with an embedding; ask for fewer.`;
    throw new EvaluationError('TOO_FEW_ROWS', message);
  }
  check?.(frequent.length);
  const sums = zeros(frequent.length * source.width);
  const counts = new Uint32Array(frequent.length);
  let done = 0;
  let adding = Promise.resolve();
  for await (const { images, values } of source.blocks(signal)) {
    // While the block before is added up.
    const { starts, members } = groupsOf(images, ofImages, counts);
    await adding;
    adding = addToGroups(values, source.width, starts, members, sums);
    adding.catch(() => undefined); // whoever awaits it hears of it
    done += images.length;
    onProgress?.('embeddings', done, source.names.length);
  }
  await adding;
  return finish(frequent, sums, counts, votesOf(ofImages, matched, frequent.length), matched, source.width);
}

/** What the list says, read twice. */
async function tagsOf(
  { names }: EmbeddingSource,
  file: string,
  { most, least }: Required<Pick<AverageOptions, 'most' | 'least'>>,
  { signal, onProgress }: AverageWork,
) {
  const list = new TagList(file);
  const buckets = new TagBuckets();
  // About as many lines as embeddings, until it is known.
  const matched = await matchImages(list, names, buckets, signal, (entries) =>
    onProgress?.('lines looked at', entries, Math.max(entries, names.length)),
  );
  const { tags, ofImages } = await frequentTags(list, matched, buckets, { most, least }, signal, (entries) =>
    onProgress?.('lines counted', entries, matched.imageOfEntry.length),
  );
  // Of what is long, no more than is needed from here on.
  const { imageOfEntry: _, ...rest } = matched;
  return { matched: rest, frequent: tags, ofImages };
}

/** In large pages: sums are far from each other, and looking a page up takes time too. */
function zeros(count: number): Float64Array {
  const memory = alignedMemory(Math.ceil((count * 8) / ALIGNMENT) * ALIGNMENT).fill(0);
  return new Float64Array(memory.buffer, memory.byteOffset, count);
}

/**
 * The hashtags of some images, which are counted: those of image i are members[starts[i]] to members[starts[i + 1] - 1]. Plain loops:
 * there are millions of them.
 */
function groupsOf(images: Int32Array, { begins, ends, members: all }: TagsOfImages, counts: Uint32Array) {
  const starts = new Uint32Array(images.length + 1);
  for (let row = 0; row < images.length; row++) {
    const image = images[row]!;
    starts[row + 1] = starts[row]! + ends[image]! - begins[image]!;
  }
  const members = new Uint32Array(starts[images.length]!);
  for (let row = 0, at = 0; row < images.length; row++) {
    const image = images[row]!;
    for (let next = begins[image]!; next < ends[image]!; next++) {
      counts[all[next]!]!++;
      members[at++] = all[next]!;
    }
  }
  return { starts, members };
}

/** (tags, countries) */
function votesOf({ begins, ends, members }: TagsOfImages, { countries, countryOfImage }: Matched, numTags: number) {
  const votes = new Uint32Array(numTags * countries.length);
  for (let image = 0; image < begins.length; image++) {
    const country = countryOfImage[image]! - 1;
    if (country < 0) continue;
    for (let next = begins[image]!; next < ends[image]!; next++) votes[members[next]! * countries.length + country]!++;
  }
  return votes;
}

function finish(
  frequent: readonly FrequentTag[],
  sums: Float64Array,
  counts: Uint32Array,
  votes: Uint32Array,
  matched: Matched,
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
