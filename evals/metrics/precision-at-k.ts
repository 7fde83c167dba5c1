import type { Neighbours } from '../neighbours/nearest-neighbours.ts';
import { checkRows } from './check-rows.ts';

/**
 * The share of the `k` most similar database rows that have the query's label, for each query.
 * @param k at most as many as were searched for
 * @throws EvaluationError SHAPES_DIFFER
 */
export function precisionAtK(
  { indices, k: searched }: Neighbours,
  queryLabels: ArrayLike<number>,
  databaseLabels: ArrayLike<number>,
  k: number,
): Float64Array {
  checkRows(indices.length, queryLabels.length * searched, 'neighbours');
  checkRows(Math.min(k, searched), k, 'neighbours of a query');
  return Float64Array.from({ length: queryLabels.length }, (_, query) => {
    const nearest = indices.subarray(query * searched, query * searched + k);
    return nearest.reduce((sum, row) => sum + Number(databaseLabels[row] === queryLabels[query]), 0) / k;
  });
}
