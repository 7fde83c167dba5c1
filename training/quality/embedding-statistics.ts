/** What tells a representation that learns from one that collapses, without any label. */
import type { Features } from '../../evals/features/features.ts';
import { symmetricEigenvalues } from '../../evals/linear-algebra/symmetric-eigen.ts';

/**
 * The effective rank of [n, d] embeddings, between 1 and min(n, d): exp of the entropy of the singular values' shares
 * (RankMe, Garrido et al. 2023, eq. 1; embeddings are not centred). 1 means that all images look the same to the model;
 * rows of zeros only give 0.
 *
 * Singular values are the square roots of the eigenvalues of Z^T Z, or of Z Z^T where that is the smaller one. The cost
 * grows with max(n, d) * min(n, d)^2: 2,000 x 256 takes a fifth of a second, so sample rows when both are in the thousands.
 */
export function effectiveRank(embeddings: Features): number {
  const { count, dimension } = embeddings;
  const gram = count < dimension ? rowProducts(embeddings) : columnProducts(embeddings);
  const eigenvalues = symmetricEigenvalues(gram, Math.min(count, dimension));
  // Squaring lost everything below the square root of the machine precision: that is rounding, not rank.
  const noise = (eigenvalues[0] ?? 0) * Number.EPSILON * Math.max(count, dimension);
  const singularValues = eigenvalues.filter((value) => value > noise).map(Math.sqrt);
  return singularValues.length === 0 ? 0 : Math.exp(entropy(singularValues));
}

/** Z^T Z, [d, d]: lower triangle only. */
function columnProducts({ values, count, dimension }: Features): Float64Array {
  const gram = new Float64Array(dimension * dimension);
  for (let row = 0; row < count; row++) {
    const begin = row * dimension;
    for (let i = 0; i < dimension; i++) {
      const value = values[begin + i]!;
      for (let j = 0; j <= i; j++) gram[i * dimension + j]! += value * values[begin + j]!;
    }
  }
  return gram;
}

/** Z Z^T, [n, n]: lower triangle only. */
function rowProducts({ values, count, dimension }: Features): Float64Array {
  const gram = new Float64Array(count * count);
  for (let a = 0; a < count; a++) {
    for (let b = 0; b <= a; b++) {
      let sum = 0;
      for (let i = 0; i < dimension; i++) sum += values[a * dimension + i]! * values[b * dimension + i]!;
      gram[a * count + b] = sum;
    }
  }
  return gram;
}

/** How evenly the prototypes are used. */
export interface PrototypeUse {
  /** Entropy of the use over its largest possible value: 1 is perfectly even, 0 a single prototype. */
  readonly entropy: number;
  /** Prototypes that at least one image chose. */
  readonly used: number;
}

/**
 * Adds each row's best prototype of [rows, numPrototypes] scores (or codes) to `counts`, and returns `counts`.
 *
 * Take scores, not codes, to see a collapse: Sinkhorn spreads the codes of every batch evenly by construction. And count
 * over many batches: one batch of 16 rows cannot touch more than 16 of 16,000 prototypes.
 */
export function countPrototypes(
  scores: Float32Array,
  numPrototypes: number,
  counts: Float64Array = new Float64Array(numPrototypes),
): Float64Array {
  for (let begin = 0; begin < scores.length; begin += numPrototypes) {
    let best = 0;
    for (let i = 1; i < numPrototypes; i++) if (scores[begin + i]! > scores[begin + best]!) best = i;
    counts[best]!++;
  }
  return counts;
}

/** Use by counts of chosen prototypes; the largest possible entropy is that of min(counted rows, prototypes) choices. */
export function prototypeUse(counts: Float64Array): PrototypeUse {
  const rows = counts.reduce((sum, count) => sum + count, 0);
  return {
    entropy: normalisedEntropy(counts, Math.min(rows, counts.length)),
    used: counts.reduce((used, count) => used + (count > 0 ? 1 : 0), 0),
  };
}

function normalisedEntropy(weights: Float64Array, choices: number): number {
  return choices > 1 ? Math.min(1, entropy(weights) / Math.log(choices)) : 0;
}

/** The entropy in nats of non-negative weights, taken as shares of their sum; 0 when there are none. */
function entropy(weights: Float64Array): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const nats = (weight: number) => (weight > 0 ? -(weight / total) * Math.log(weight / total) : 0);
  return weights.reduce((sum, weight) => sum + nats(weight), 0);
}
