/**
 * Which images of a database come first for each query, and how good that is: average precision, precision at k. All go by ranks: junk
 * has left the ranking, and ties are settled before (`rankBySimilarity`). For classifiers, whose rows have scores with ties, see
 * evals/metrics/average-precision.ts.
 */

/** What is right for one query. Images that are neither count as wrong. */
export interface Relevance {
  readonly positives: readonly number[];
  /** Neither right nor wrong: taken out of the ranking. */
  readonly junk?: readonly number[];
}

/**
 * The database's rows, most similar first. Of equally similar ones those that are right come last, so that an encoder that tells
 * nothing apart gains nothing by the order of the files.
 */
export function rankBySimilarity(
  similarities: ArrayLike<number>,
  positives: ReadonlySet<number> = new Set(),
): Int32Array {
  const order = Int32Array.from({ length: similarities.length }, (_, row) => row);
  return order.sort(
    (a, b) => similarities[b]! - similarities[a]! || Number(positives.has(a)) - Number(positives.has(b)) || a - b,
  );
}

/** From 0, where the positives stand in a ranking without its junk, ascending. */
export function positiveRanks(ranking: ArrayLike<number>, { positives, junk = [] }: Relevance): number[] {
  const [right, ignored] = [new Set(positives), new Set(junk)];
  const ranks: number[] = [];
  let rank = 0;
  for (let place = 0; place < ranking.length; place++) {
    const row = ranking[place]!;
    if (right.has(row)) ranks.push(rank);
    if (!ignored.has(row)) rank++;
  }
  return ranks;
}

/**
 * The area under precision over recall: between two positives as a `trapezoid`, as revisitop and the evaluation of Copydays have
 * it, or as a `rectangle`, as scikit-learn does. NaN without positives.
 * @param ranks from 0, ascending
 * @param count of positives, found or not
 */
export function averagePrecision(
  ranks: readonly number[],
  count: number,
  rule: 'trapezoid' | 'rectangle' = 'trapezoid',
): number {
  let area = 0;
  for (const [found, rank] of ranks.entries()) {
    const after = (found + 1) / (rank + 1);
    const before = rank === 0 ? 1 : found / rank;
    area += rule === 'trapezoid' ? (before + after) / 2 : after;
  }
  return area / count;
}

/** The share of positives among the first k, or, where the last positive comes sooner, up to that one; as revisitop. */
export function precisionAt(ranks: readonly number[], k: number): number {
  const last = ranks.at(-1);
  if (last === undefined) return Number.NaN;
  const depth = Math.min(last + 1, k);
  return ranks.filter((rank) => rank < depth).length / depth;
}
