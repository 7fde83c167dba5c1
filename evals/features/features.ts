import { EvaluationError } from '../errors.ts';

/** One feature vector per image: `values` is [count, dimension], row-major. */
export interface Features {
  readonly values: Float32Array;
  readonly count: number;
  readonly dimension: number;
}

/**
 * Wraps a row-major [count, dimension] matrix.
 * @throws EvaluationError SHAPES_DIFFER when the values do not fill whole rows, FEATURES_NOT_FINITE on NaN or infinity.
 */
export function features(values: Float32Array, dimension: number): Features {
  const count = values.length / dimension;
  if (!Number.isInteger(count)) {
    throw new EvaluationError(
      'SHAPES_DIFFER',
      `${values.length} values are not whole rows of ${dimension}; pass the width that the encoder produced.`,
    );
  }
  const broken = values.findIndex((value) => !Number.isFinite(value));
  if (broken >= 0) {
    throw new EvaluationError(
      'FEATURES_NOT_FINITE',
      `Feature ${broken % dimension} of row ${Math.floor(broken / dimension)} is ${values[broken]}; ` +
        'the encoder that made it has diverged: go back to an earlier checkpoint.',
    );
  }
  return { values, count, dimension };
}

/** The reciprocal L2 norm of every row; 0 for a row of zeros, so that its cosine with anything is 0. */
export function inverseNorms({ values, count, dimension }: Features): Float64Array {
  const inverse = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    let squares = 0;
    for (let i = row * dimension; i < (row + 1) * dimension; i++) squares += values[i]! * values[i]!;
    inverse[row] = squares > 0 ? 1 / Math.sqrt(squares) : 0;
  }
  return inverse;
}

/** Rows of length 1; a row of zeros stays one. */
export function unitRows(rows: Features): Features {
  const inverse = inverseNorms(rows);
  const { values, dimension } = rows;
  return { ...rows, values: values.map((value, i) => value * inverse[Math.floor(i / dimension)]!) };
}
