/** Looks for the original of every copy among originals and distractors. */
import { EvaluationError } from '../errors.ts';
import { LinearMap } from '../linear-algebra/matrix-products.ts';
import type { Descriptors } from './descriptors.ts';
import { averagePrecision, positiveRanks, rankBySimilarity } from './ranking.ts';

/** What became of one copy. Images are numbers of their splits. */
export interface Found {
  readonly query: number;
  readonly original: number;
  /** From 1. */
  readonly rank: number;
  readonly similarity: number;
  readonly averagePrecision: number;
  /** The most similar image that is not right; none where there is no other. */
  readonly nearestWrong?: { readonly image: number; readonly similarity: number };
}

/** Similarities in memory at once: queries by rows of the database. */
const QUERIES_AT_ONCE = 256;

/**
 * By cosine, in the order of the queries. Those whose original is not in the database are left out.
 * @param originalsOf the images of the database that a query is a copy of
 * @throws EvaluationError NO_USABLE_IMAGES, SHAPES_DIFFER, FEATURES_NOT_FINITE
 */
export async function searchOriginals(
  queries: Descriptors,
  database: Descriptors,
  originalsOf: (query: number) => readonly number[],
): Promise<Found[]> {
  requireComparable(queries, database);
  const rowOf = new Map([...database.rows].map((image, row) => [image, row]));
  const products = new LinearMap(database.vectors, database.dimension);
  const found: Found[] = [];
  try {
    for (let first = 0; first < queries.rows.length; first += QUERIES_AT_ONCE) {
      const some = queries.rows.subarray(first, first + QUERIES_AT_ONCE);
      const begin = first * queries.dimension;
      const similarities = await products.apply(
        queries.vectors.subarray(begin, begin + some.length * queries.dimension),
      );
      const width = database.rows.length;
      for (const [i, query] of some.entries()) {
        const positives = originalsOf(query).flatMap((image) => rowOf.get(image) ?? []);
        if (positives.length === 0) continue;
        found.push(judge(query, similarities.subarray(i * width, (i + 1) * width), positives, database.rows));
      }
    }
  } finally {
    products.free();
  }
  return found;
}

function judge(query: number, similarities: Float32Array, positives: readonly number[], images: Int32Array): Found {
  const right = new Set(positives);
  const ranking = rankBySimilarity(similarities, right);
  const ranks = positiveRanks(ranking, { positives });
  const best = ranking[ranks[0]!]!;
  const wrong = ranking.find((row) => !right.has(row));
  return {
    query,
    original: images[best]!,
    rank: ranks[0]! + 1,
    similarity: similarities[best]!,
    averagePrecision: averagePrecision(ranks, positives.length),
    ...(wrong !== undefined && { nearestWrong: { image: images[wrong]!, similarity: similarities[wrong]! } }),
  };
}

function requireComparable(queries: Descriptors, database: Descriptors): void {
  for (const [what, { rows }] of Object.entries({ copies: queries, originals: database })) {
    if (rows.length > 0) continue;
    throw new EvaluationError(
      'NO_USABLE_IMAGES',
      `None of the ${what} could be decoded; look at a few of their files.`,
    );
  }
  if (queries.dimension !== database.dimension) {
    const message = `Queries have ${queries.dimension} numbers each and the database ${database.dimension}.`;
    throw new EvaluationError('SHAPES_DIFFER', message);
  }
  if ([queries, database].every(({ vectors }) => vectors.every(Number.isFinite))) return;
  throw new EvaluationError('FEATURES_NOT_FINITE', 'A descriptor is NaN or infinite: the encoder has diverged.');
}
