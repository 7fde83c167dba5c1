/**
 * Retrieval with one right answer per query: how often it comes first (precision at 1), and the mean average precision,
 * which with one right answer is the mean of 1/rank. Similarity is the cosine, as in the paper's Table 10.
 */
import { bootstrapMean, type Interval } from '../../evals/intervals/bootstrap.ts';

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

/** Resamples of an interval. */
const SAMPLES = 2000;

/** The mean over queries; those made from the same photo, their target, are not independent. */
export function meanOverPhotos(scores: ArrayLike<number>, targets: readonly number[]): Interval {
  return bootstrapMean(scores, { groups: targets, samples: SAMPLES });
}

/** The same of the difference of two methods on the same queries. */
export function differenceOverPhotos(
  ours: ArrayLike<number>,
  theirs: ArrayLike<number>,
  targets: readonly number[],
): Interval {
  const differences = Array.from(ours, (score, index) => score - theirs[index]!);
  return meanOverPhotos(differences, targets);
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
