/**
 * PCA whitening as the reference implementation has it: centred, turned to the principal components, each divided by the square
 * root of its eigenvalue of X^T X, which is not divided by the number of rows. So whitened vectors are short, which no cosine
 * sees.
 */
import { EvaluationError } from '../errors.ts';
import { GramSum, LinearMap } from '../linear-algebra/matrix-products.ts';
import { symmetricEigenvectors } from '../linear-algebra/symmetric-eigen.ts';

export interface Whitening {
  /** (dimension). */
  readonly mean: Float32Array;
  /** (components, dimension), unit rows; of the largest eigenvalue first, each up to its sign. */
  readonly components: Float32Array;
  /** (components), of the centred X^T X. */
  readonly eigenvalues: Float64Array;
}

/** Directions with less of the largest eigenvalue than this hold nothing but rounding, which whitening would blow up. */
const SMALLEST_SHARE = 1e-7;
/** Vectors that vary by less than this of their mean square are alike: it is rounding by which they differ. */
const SMALLEST_VARIANCE = 1e-12;

/** Takes rows as they come and keeps nothing of them but a mean and one square matrix. */
export class WhiteningFit {
  readonly #dimension: number;
  readonly #gram: GramSum;
  /** Mean of the first rows: taken off all, so that little cancels when the true mean is. */
  #shift: Float32Array | undefined;
  readonly #sum: Float64Array;
  #count = 0;

  constructor(dimension: number) {
    this.#dimension = dimension;
    this.#gram = new GramSum(dimension);
    this.#sum = new Float64Array(dimension);
  }

  /** @param rows (count, dimension). One call after another. */
  async add(rows: Float32Array): Promise<void> {
    if (rows.length === 0) return;
    const dimension = this.#dimension;
    this.#shift ??= meanOf(rows, dimension);
    const shifted = new Float32Array(rows.length);
    for (let first = 0; first < rows.length; first += dimension) {
      for (let d = 0; d < dimension; d++) {
        const value = rows[first + d]! - this.#shift[d]!;
        shifted[first + d] = value;
        this.#sum[d]! += value;
      }
    }
    this.#count += rows.length / dimension;
    await this.#gram.add(shifted);
  }

  /**
   * Ends the fit.
   * @param components as many of them as there are with anything in them; all by default
   * @throws EvaluationError FEATURES_ALIKE where all rows are alike
   */
  async finish(components = this.#dimension, signal?: AbortSignal): Promise<Whitening> {
    const n = this.#dimension;
    const [scatter, count] = [this.#gram.sum, this.#count];
    this.#gram.free();
    const offset = this.#sum.map((sum) => sum / count);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) scatter[i * n + j]! -= count * offset[i]! * offset[j]!;
    }
    const { values, vectors } = await symmetricEigenvectors(scatter, n, signal);
    const mean = Float32Array.from(offset, (value, d) => value + (this.#shift?.[d] ?? 0));
    const square = mean.reduce((sum, value) => sum + value ** 2, 0);
    if (!(values[0]! > SMALLEST_VARIANCE * count * square)) {
      const message = `Whitening cannot be fitted to ${count} vectors that are all alike; give it other images, or do without it.`;
      throw new EvaluationError('FEATURES_ALIKE', message);
    }
    const kept = values.findIndex((value) => !(value > SMALLEST_SHARE * values[0]!));
    const number = Math.min(components, kept < 0 ? n : kept);
    return {
      mean,
      components: Float32Array.from(vectors.subarray(0, number * n)),
      eigenvalues: values.slice(0, number),
    };
  }
}

/** Whitens rows, (count, dimension) to (count, components). */
export function whiteningMap({ mean, components, eigenvalues }: Whitening): LinearMap {
  const dimension = mean.length;
  const weight = new Float32Array(components.length);
  const bias = new Float32Array(eigenvalues.length);
  for (let k = 0; k < eigenvalues.length; k++) {
    const scale = 1 / Math.sqrt(eigenvalues[k]!);
    let shift = 0;
    for (let d = 0; d < dimension; d++) {
      const value = components[k * dimension + d]! * scale;
      weight[k * dimension + d] = value;
      shift -= value * mean[d]!;
    }
    bias[k] = shift;
  }
  return new LinearMap(weight, dimension, bias);
}

function meanOf(rows: Float32Array, dimension: number): Float32Array {
  const sum = new Float64Array(dimension);
  for (let i = 0; i < rows.length; i++) sum[i % dimension]! += rows[i]!;
  return Float32Array.from(sum, (value) => value / (rows.length / dimension));
}
