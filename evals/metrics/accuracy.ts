/**
 * How often predictions are right. `counts` says how often each row occurs, for samples drawn with replacement; without it, each row
 * occurs once.
 */
import { checkRows } from './check-rows.ts';

/**
 * 1 where the row's class has one of the `k` highest scores; of equal scores, the lower class goes first.
 * @param scores (rows, classes)
 * @throws EvaluationError SHAPES_DIFFER
 */
export function topK(scores: Float32Array, numClasses: number, labels: ArrayLike<number>, k: number): Uint8Array {
  checkRows(scores.length, labels.length * numClasses, 'scores');
  const hits = new Uint8Array(labels.length);
  for (let row = 0; row < labels.length; row++) {
    const begin = row * numClasses;
    const label = labels[row]!;
    const own = scores[begin + label]!;
    let before = 0;
    for (let other = 0; other < numClasses; other++) {
      const score = scores[begin + other]!;
      if (score > own || (score === own && other < label)) before++;
    }
    hits[row] = before < k ? 1 : 0;
  }
  return hits;
}

/** The class with the highest score of each row, the lowest of equal ones. @param scores (rows, classes) */
export function highestClass(scores: Float32Array, numClasses: number): Int32Array {
  return Int32Array.from({ length: scores.length / numClasses }, (_, row) => {
    const begin = row * numClasses;
    let best = 0;
    for (let other = 1; other < numClasses; other++) if (scores[begin + other]! > scores[begin + best]!) best = other;
    return best;
  });
}

/** The share of right predictions among the rows of each class, averaged over the classes that have rows. */
export function meanPerClass(
  predicted: ArrayLike<number>,
  labels: ArrayLike<number>,
  numClasses: number,
  counts?: ArrayLike<number>,
): number {
  const { right, rows } = countByClass(predicted, labels, numClasses, counts);
  return meanOf(right, (count, label) => (rows[label]! > 0 ? count / rows[label]! : undefined));
}

/**
 * The harmonic mean of precision and recall of each class, averaged over the classes that have rows, as WILDS has it: scikit-learn's
 * `f1_score(average='macro', labels=numpy.unique(labels))`. A class that was only predicted has no F1 of its own.
 */
export function macroF1(
  predicted: ArrayLike<number>,
  labels: ArrayLike<number>,
  numClasses: number,
  counts?: ArrayLike<number>,
): number {
  const { right, rows, guesses } = countByClass(predicted, labels, numClasses, counts);
  return meanOf(right, (count, label) =>
    rows[label]! > 0 ? (2 * count) / (rows[label]! + guesses[label]!) : undefined,
  );
}

function countByClass(
  predicted: ArrayLike<number>,
  labels: ArrayLike<number>,
  numClasses: number,
  counts: ArrayLike<number> | undefined,
) {
  checkRows(predicted.length, labels.length, 'predictions');
  const right = new Float64Array(numClasses);
  const rows = new Float64Array(numClasses);
  const guesses = new Float64Array(numClasses);
  for (let row = 0; row < labels.length; row++) {
    const [label, guess, count] = [labels[row]!, predicted[row]!, counts?.[row] ?? 1];
    rows[label]! += count;
    guesses[guess]! += count;
    if (label === guess) right[label]! += count;
  }
  return { right, rows, guesses };
}

/** Over the classes that have a value. */
function meanOf(right: Float64Array, share: (count: number, label: number) => number | undefined): number {
  const values = [...right].map(share).filter((value) => value !== undefined);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
