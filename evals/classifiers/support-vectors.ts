/**
 * Linear support vector machines, one for each class against the rest, as VISSL trains them on VOC07: squared hinge loss, rows that
 * belong count twice, and the cost is the one whose average precision is best in cross-validation. Rows should have length 1
 * (`unitRows`).
 */
import { fitSupportVectors, linearScores } from '../../kernels/features.ts';
import { EvaluationError } from '../errors.ts';
import type { Features } from '../features/features.ts';
import { averagePrecision } from '../metrics/average-precision.ts';
import { rank } from '../metrics/ranking.ts';
import { checkLabels, type LinearClassifier, type WorkOptions } from './linear-classifier.ts';

export interface SupportVectorOptions {
  /** Of errors, to choose from, in increasing order. @default [0.01, 0.1, 1, 10] */
  readonly costs?: readonly number[];
  /** Of cross-validation, each with as many rows of the class. @default 3 */
  readonly folds?: number;
}

export interface SupportVectorClassifier extends LinearClassifier {
  /** Of each class. */
  readonly costs: Float64Array;
}

const SETTINGS = { positiveWeight: 2, tolerance: 1e-4, maximumPasses: 2000 };
/** Classes whose machines are fitted side by side. */
const CLASSES_AT_ONCE = 2;

/**
 * @param present (rows, classes) of 1, 0, and -1 where nobody judged: such a row is left out
 * @throws EvaluationError SHAPES_DIFFER, LABELS_OUT_OF_RANGE, TOO_FEW_ROWS, or the signal's reason
 */
export async function trainSupportVectors(
  train: Features,
  present: Int8Array,
  numClasses: number,
  { costs = [0.01, 0.1, 1, 10], folds = 3 }: SupportVectorOptions = {},
  { signal, onProgress }: WorkOptions = {},
): Promise<SupportVectorClassifier> {
  checkLabels(train, { kind: 'sets', present }, numClasses);
  const columns = Array.from({ length: numClasses }, (_, label) =>
    Int8Array.from({ length: train.count }, (_, row) => present[row * numClasses + label]!),
  );
  for (const [label, column] of columns.entries()) checkFolds(column, label, folds);

  const { dimension } = train;
  const result = {
    numClasses,
    dimension,
    weight: new Float32Array(dimension * numClasses),
    bias: new Float32Array(numClasses),
    costs: new Float64Array(numClasses),
  };
  for (let first = 0; first < numClasses; first += CLASSES_AT_ONCE) {
    signal?.throwIfAborted();
    const together = columns.slice(first, first + CLASSES_AT_ONCE);
    const divided = together.map((column) => foldOfRows(column, folds));
    const targets = together.flatMap((column, i) => problemsOf(column, divided[i]!, folds));
    const solutions = await fitSupportVectors(
      train.values,
      dimension,
      Int8Array.from(targets.flatMap((target) => [...target])),
      Float64Array.from(costs),
      SETTINGS,
    );
    const size = costs.length * (dimension + 1);
    for (const [i, column] of together.entries()) {
      const own = solutions.subarray(i * (folds + 1) * size, (i + 1) * (folds + 1) * size);
      const best = await bestCost(train, column, divided[i]!, own, folds, costs.length);
      const chosen = own.subarray(folds * size + best * (dimension + 1), folds * size + (best + 1) * (dimension + 1));
      for (let c = 0; c < dimension; c++) result.weight[c * numClasses + first + i] = chosen[c]!;
      result.bias[first + i] = chosen[dimension]!;
      result.costs[first + i] = costs[best]!;
    }
    onProgress?.(first + together.length, numClasses);
  }
  return result;
}

/** Deals the rows that belong out to the folds, and those that do not. */
function foldOfRows(column: Int8Array, folds: number): Uint8Array {
  const dealt = [0, 0];
  return Uint8Array.from(column, (value) => (value < 0 ? 0 : dealt[value]!++ % folds));
}

/** Without each of the folds, and at last with all. */
function problemsOf(column: Int8Array, foldOf: Uint8Array, folds: number): Int8Array[] {
  return Array.from({ length: folds + 1 }, (_, fold) =>
    column.map((value, row) => (value < 0 || foldOf[row] === fold ? 0 : value > 0 ? 1 : -1)),
  );
}

/** The number of the cost with the best mean over folds; the lowest of equal ones. */
async function bestCost(
  { values, dimension, count }: Features,
  column: Int8Array,
  foldOf: Uint8Array,
  solutions: Float32Array,
  folds: number,
  costs: number,
): Promise<number> {
  const machines = folds * costs;
  const weight = new Float32Array(dimension * machines);
  const bias = new Float32Array(machines);
  for (let machine = 0; machine < machines; machine++) {
    const begin = machine * (dimension + 1);
    for (let c = 0; c < dimension; c++) weight[c * machines + machine] = solutions[begin + c]!;
    bias[machine] = solutions[begin + dimension]!;
  }
  const scores = await linearScores(values, dimension, weight, bias);
  const means = Array.from({ length: costs }, (_, cost) => {
    let sum = 0;
    for (let fold = 0; fold < folds; fold++) {
      const own = Float32Array.from({ length: count }, (_, row) => scores[row * machines + fold * costs + cost]!);
      const judged = column.map((value, row) => (foldOf[row] === fold ? value : -1));
      sum += averagePrecision(rank(own, judged), 'step');
    }
    return sum / folds;
  });
  return means.indexOf(Math.max(...means));
}

/** @throws EvaluationError TOO_FEW_ROWS */
function checkFolds(column: Int8Array, label: number, folds: number): void {
  const positives = column.reduce((sum, value) => sum + Number(value > 0), 0);
  const negatives = column.reduce((sum, value) => sum + Number(value === 0), 0);
  if (Math.min(positives, negatives) >= folds) return;
  const message =
    `${positives} rows belong to class ${label} and ${negatives} do not, too few for ${folds} folds with both; ` +
    'give more rows, fewer folds, or leave the class out.';
  throw new EvaluationError('TOO_FEW_ROWS', message);
}
