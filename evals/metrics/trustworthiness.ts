/**
 * How far neighbours in a map are neighbours in the space that it is of (Venna and Kaski, 2001): 1 where all of the k nearest points in the
 * map are among the k nearest in the space, and less the farther away they are there.
 */
import { permute } from '../../data/order.ts';
import { EvaluationError } from '../errors.ts';
import type { Features } from '../features/features.ts';

export interface TrustworthinessOptions {
  /** @default 12 */
  readonly k?: number;
  /** Of the rows that are looked at; all of them where there are no more. @default 1000 */
  readonly sample?: number;
}

/**
 * @param points (rows, 2)
 * @throws EvaluationError TOO_FEW_ROWS where there are not more than twice k rows
 */
export function trustworthiness(
  rows: Features,
  points: ArrayLike<number>,
  { k = 12, sample = 1000 }: TrustworthinessOptions = {},
): number {
  const { count } = rows;
  if (count <= 2 * k) {
    const message = `Neighbourhoods of ${k} among ${count} rows mean little; give more than ${2 * k} rows.`;
    throw new EvaluationError('TOO_FEW_ROWS', message);
  }
  const looked = Math.min(sample, count);
  let penalty = 0;
  for (let i = 0; i < looked; i++) {
    const row = looked === count ? i : permute(i, count, 0, 0);
    penalty += penaltyOf(rows, points, row, k);
  }
  return 1 - (2 * penalty) / (looked * k * (2 * count - 3 * k - 1));
}

function penaltyOf({ values, count, dimension }: Features, points: ArrayLike<number>, row: number, k: number): number {
  const far = new Float64Array(count);
  const near = new Float64Array(count);
  for (let other = 0; other < count; other++) {
    let sum = 0;
    for (let d = 0; d < dimension; d++) sum += (values[row * dimension + d]! - values[other * dimension + d]!) ** 2;
    far[other] = sum;
    near[other] = (points[2 * row]! - points[2 * other]!) ** 2 + (points[2 * row + 1]! - points[2 * other + 1]!) ** 2;
  }
  near[row] = Number.POSITIVE_INFINITY;
  let penalty = 0;
  for (const neighbour of smallest(near, k)) {
    let rank = 1;
    for (let other = 0; other < count; other++) if (other !== row && far[other]! < far[neighbour]!) rank++;
    penalty += Math.max(0, rank - k);
  }
  return penalty;
}

/** Indices of the k smallest. */
function smallest(values: Float64Array, k: number): number[] {
  const found: number[] = [];
  for (let i = 0; i < values.length; i++) {
    if (found.length === k && values[i]! >= values[found[k - 1]!]!) continue;
    const place = found.findIndex((other) => values[i]! < values[other]!);
    found.splice(place < 0 ? found.length : place, 0, i);
    if (found.length > k) found.pop();
  }
  return found;
}
