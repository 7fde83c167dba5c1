/** Principal components of rows: the directions in which they differ most. */
import type { Features } from '../features/features.ts';
import { WhiteningFit } from '../retrieval/whitening.ts';
import { LinearMap } from './matrix-products.ts';

export interface PrincipalComponents {
  /** (rows, components): centred and turned; each component up to its sign. */
  readonly scores: Features;
  /** Variance along each component, with rows - 1 in the denominator, largest first. */
  readonly explainedVariance: Float64Array;
  /** The same as shares of all variance. */
  readonly explainedShare: Float64Array;
}

/**
 * @param most components that are kept; fewer where rows do not differ in so many directions
 * @throws EvaluationError FEATURES_ALIKE where all rows are alike; the signal's reason
 */
export async function principalComponents(
  { values, count, dimension }: Features,
  most: number,
  signal?: AbortSignal,
): Promise<PrincipalComponents> {
  const fit = new WhiteningFit(dimension);
  await fit.add(values);
  const { mean, components, eigenvalues } = await fit.finish(dimension, signal);
  const kept = Math.min(most, eigenvalues.length);
  const weight = components.subarray(0, kept * dimension);
  const bias = Float32Array.from({ length: kept }, (_, k) => {
    const component = weight.subarray(k * dimension, (k + 1) * dimension);
    return -component.reduce((sum, value, i) => sum + value * mean[i]!, 0);
  });
  const map = new LinearMap(weight, dimension, bias);
  try {
    const scores = { values: await map.apply(values), count, dimension: kept };
    const all = eigenvalues.reduce((sum, value) => sum + value, 0);
    return {
      scores,
      explainedVariance: eigenvalues.slice(0, kept).map((value) => value / (count - 1)),
      explainedShare: eigenvalues.slice(0, kept).map((value) => value / all),
    };
  } finally {
    map.free();
  }
}
