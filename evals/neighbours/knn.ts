import { EvaluationError } from '../errors.ts';
import type { FeatureFile } from '../features/feature-file.ts';
import type { Features } from '../features/features.ts';
import {
  type Neighbours,
  nearestNeighbours,
  type SearchOptions,
  type Similarity,
  withoutSelf,
} from './nearest-neighbours.ts';

/** How neighbours vote. DINOv2 uses k 10, 20, 100 and 200 with temperature 0.07; VISSL k 200, 0.1, without L2. */
export interface KnnOptions {
  /** Neighbours per query. */
  readonly k: number;
  /** A neighbour of similarity s votes with weight exp(s / temperature). */
  readonly temperature: number;
  /** @default 'cosine' */
  readonly similarity?: Similarity;
  /** The queries are the database, and no row is its own neighbour. @default false */
  readonly leaveOneOut?: boolean;
}

/** The votes of the neighbours, per query. */
export interface KnnResult {
  readonly numClasses: number;
  /** The class with the most votes, [queries]; ties go to the lower class. */
  readonly predictions: Int32Array;
  /** Votes divided by their sum, [queries, numClasses]. */
  readonly probabilities: Float32Array;
}

/**
 * Classifies every query by the labels of its k nearest database rows (classes are 0 to numClasses - 1).
 * @throws EvaluationError SHAPES_DIFFER, NEIGHBOURS_OUT_OF_RANGE
 */
export async function knnClassify(
  queries: Features,
  database: Features | FeatureFile,
  databaseLabels: ArrayLike<number>,
  numClasses: number,
  { k, temperature, similarity = 'cosine', leaveOneOut = false }: KnnOptions,
  options: SearchOptions = {},
): Promise<KnnResult> {
  requireEqual(databaseLabels.length, database.count, 'database labels');
  const neighbours = leaveOneOut
    ? withoutSelf(await nearestNeighbours(queries, database, k + 1, similarity, options))
    : await nearestNeighbours(queries, database, k, similarity, options);
  return voteOf(neighbours, databaseLabels, numClasses, { k, temperature });
}

/** What the first k of the neighbours of each query vote for. @param k at most as many as were found */
export function voteOf(
  neighbours: Neighbours,
  databaseLabels: ArrayLike<number>,
  numClasses: number,
  { k, temperature }: Pick<KnnOptions, 'k' | 'temperature'>,
): KnnResult {
  const queries = neighbours.indices.length / neighbours.k;
  const predictions = new Int32Array(queries);
  const probabilities = new Float32Array(queries * numClasses);
  for (let query = 0; query < queries; query++) {
    const votes = countVotes(neighbours, query, k, databaseLabels, numClasses, temperature);
    predictions[query] = indexOfLargest(votes);
    const total = votes.reduce((sum, vote) => sum + vote, 0);
    votes.forEach((vote, label) => {
      probabilities[query * numClasses + label] = vote / total;
    });
  }
  return { numClasses, predictions, probabilities };
}

function countVotes(
  { k: found, indices, similarities }: Neighbours,
  query: number,
  k: number,
  labels: ArrayLike<number>,
  numClasses: number,
  temperature: number,
): Float64Array {
  const votes = new Float64Array(numClasses);
  // Taking the largest exponent out changes no share and keeps unnormalised features from overflowing.
  const largest = similarities[query * found]!;
  for (let slot = query * found; slot < query * found + k; slot++) {
    const label = labels[indices[slot]!]!;
    votes[label]! += Math.exp((similarities[slot]! - largest) / temperature);
  }
  return votes;
}

/** The share (0 to 1) of queries whose label is among their `top` classes; a class without a vote is never among them. */
export function topAccuracy({ probabilities, numClasses }: KnnResult, labels: ArrayLike<number>, top: number): number {
  requireEqual(labels.length, probabilities.length / numClasses, 'query labels');
  let hits = 0;
  for (let query = 0; query < labels.length; query++) {
    const row = probabilities.subarray(query * numClasses, (query + 1) * numClasses);
    const label = labels[query]!;
    const own = row[label]!;
    const rank = row.reduce((better, p, other) => better + (p > own || (p === own && other < label) ? 1 : 0), 0);
    if (own > 0 && rank < top) hits++;
  }
  return hits / labels.length;
}

/** Whether the most similar database row carries the query's own label (which may be the photo it was cut from). */
export interface Retrieval {
  /** P@1: the share (0 to 1) of queries whose nearest row has their label. */
  readonly precisionAtOne: number;
  /** 1 where it has, [queries]. */
  readonly correct: Uint8Array;
}

/**
 * Precision at 1 by cosine.
 * @throws EvaluationError SHAPES_DIFFER, NEIGHBOURS_OUT_OF_RANGE
 */
export async function retrieval(
  queries: Features,
  queryLabels: ArrayLike<number>,
  database: Features,
  databaseLabels: ArrayLike<number>,
): Promise<Retrieval> {
  requireEqual(queryLabels.length, queries.count, 'query labels');
  requireEqual(databaseLabels.length, database.count, 'database labels');
  const { indices } = await nearestNeighbours(queries, database, 1);
  const correct = Uint8Array.from(indices, (nearest, query) => Number(databaseLabels[nearest] === queryLabels[query]));
  const hits = correct.reduce((sum, hit) => sum + hit, 0);
  return { precisionAtOne: hits / queries.count, correct };
}

function indexOfLargest(values: Float64Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

function requireEqual(actual: number, expected: number, what: string) {
  if (actual === expected) return;
  throw new EvaluationError('SHAPES_DIFFER', `There are ${actual} ${what} for ${expected} rows; give one per row.`);
}
