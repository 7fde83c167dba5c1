/**
 * Retrieval with one right answer per query: how often it comes first (precision at 1), and the mean average precision,
 * which with one right answer is the mean of 1/rank. Similarity is the cosine, as in the paper's Table 10.
 */
import { seededRandom } from '../../data/random.ts';

export interface RetrievalSet {
  /** One feature vector per query, all of one length. */
  readonly queries: readonly Float32Array[];
  /** One feature vector per gallery image. */
  readonly gallery: readonly Float32Array[];
  /** Per query, the gallery's index of the right answer. */
  readonly targets: readonly number[];
}

/** Per query. Where other images are exactly as similar as the right one, the mean over the orders of the tie. */
export interface QueryScores {
  /** 1 where the right answer comes first, 0 where not. */
  readonly first: Float64Array;
  readonly reciprocalRank: Float64Array;
}

/** A mean and the bounds of its 95 % bootstrap confidence interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Scores every query against the whole gallery. */
export function scoreQueries(set: RetrievalSet): QueryScores {
  const gallery = set.gallery.map(unit);
  const first = new Float64Array(set.queries.length);
  const reciprocalRank = new Float64Array(set.queries.length);
  for (const [index, query] of set.queries.entries()) {
    const direction = unit(query);
    const similarities = gallery.map((vector) => dot(direction, vector));
    const right = similarities[set.targets[index]!]!;
    let above = 0;
    let equal = 0; // the right answer itself included
    for (const similarity of similarities) {
      if (similarity > right) above++;
      else if (similarity === right) equal++;
    }
    first[index] = above === 0 ? 1 / equal : 0;
    for (let place = 1; place <= equal; place++) reciprocalRank[index]! += 1 / (above + place) / equal;
  }
  return { first, reciprocalRank };
}

/**
 * The mean of `scores` with a percentile bootstrap over groups: queries made from the same photo are not independent, so
 * whole groups are drawn.
 *
 * @param groups - per score, the group it belongs to
 */
export function bootstrapMean(
  scores: ArrayLike<number>,
  groups: readonly number[],
  options: { seed?: number; resamples?: number } = {},
): Estimate {
  const sums = new Map<number, { sum: number; count: number }>();
  for (const [index, group] of groups.entries()) {
    const entry = sums.get(group) ?? { sum: 0, count: 0 };
    entry.sum += scores[index]!;
    entry.count++;
    sums.set(group, entry);
  }
  const entries = [...sums.values()];
  const random = seededRandom(options.seed ?? 0);
  const means = Array.from({ length: options.resamples ?? 2000 }, () => {
    let sum = 0;
    let count = 0;
    for (let draw = 0; draw < entries.length; draw++) {
      const entry = entries[random.integer(entries.length)]!;
      sum += entry.sum;
      count += entry.count;
    }
    return sum / count;
  }).sort((a, b) => a - b);
  const at = (share: number): number => means[Math.round(share * (means.length - 1))]!;
  return { value: mean(scores), low: at(0.025), high: at(0.975) };
}

/** The difference of two methods on the same queries, with the bootstrap of {@link bootstrapMean}. */
export function bootstrapDifference(
  ours: ArrayLike<number>,
  theirs: ArrayLike<number>,
  groups: readonly number[],
): Estimate {
  return bootstrapMean(
    Array.from(ours, (score, index) => score - theirs[index]!),
    groups,
  );
}

export function mean(scores: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < scores.length; index++) sum += scores[index]!;
  return sum / scores.length;
}

function unit(vector: Float32Array): Float32Array {
  const length = Math.sqrt(dot(vector, vector));
  return length === 0 ? vector : vector.map((value) => value / length);
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += a[index]! * b[index]!;
  return sum;
}
