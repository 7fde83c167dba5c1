/**
 * Average precision of rows that have scores, as a classifier gives them to every class: equal scores are one step of the curve, and
 * rows may occur several times, as the bootstrap draws them. For a search, where images are ranked for a query and some are neither
 * right nor wrong, see `averagePrecision` of ranks in evals/retrieval/ranking.ts.
 */
import { EvaluationError } from '../errors.ts';
import { type Ranking, rank } from './ranking.ts';

/**
 * How the curve of precision over recall becomes one number.
 * - `full`: its area, where precision is the largest at that recall or beyond (VOC from 2010 on).
 * - `eleven-point`: the mean of that precision at recall 0, 0.1, ..., 1 (VOC 2007).
 * - `step`: the sum of precision times the rise of recall (scikit-learn).
 */
export type Interpolation = 'full' | 'eleven-point' | 'step';

/** Rows of equal scores are one step of the curve. NaN without a row that belongs. @param counts how often each row occurs */
export function averagePrecision(ranking: Ranking, interpolation: Interpolation, counts?: ArrayLike<number>): number {
  const found: number[] = [];
  const precision: number[] = [];
  let positives = 0;
  let negatives = 0;
  ranking.visit(counts, (group) => {
    positives += group.positives;
    negatives += group.negatives;
    if (group.positives === 0) return;
    found.push(positives);
    precision.push(positives / (positives + negatives));
  });
  if (positives === 0) return Number.NaN;
  if (interpolation !== 'step') {
    for (let i = precision.length - 2; i >= 0; i--) precision[i] = Math.max(precision[i]!, precision[i + 1]!);
  }
  if (interpolation === 'eleven-point') {
    const best = Array.from({ length: 11 }, (_, i) => precision[found.findIndex((tp) => tp / positives >= i / 10)]!);
    return best.reduce((sum, value) => sum + value, 0) / 11;
  }
  return precision.reduce((sum, value, i) => sum + (value * (found[i]! - (found[i - 1] ?? 0))) / positives, 0);
}

/**
 * The rankings of all classes, whose mean average precision can then be asked for.
 * @param scores (rows, classes), as is `present` of 1, 0, and -1 where nobody judged
 * @throws EvaluationError TOO_FEW_CLASSES where no class has a row that belongs
 */
export function rankClasses(scores: Float32Array, present: Int8Array, numClasses: number): readonly Ranking[] {
  if (!present.includes(1)) {
    throw new EvaluationError(
      'TOO_FEW_CLASSES',
      `No row belongs to any of ${numClasses} classes; check the labels of the split.`,
    );
  }
  return Array.from({ length: numClasses }, (_, column) => rank(scores, present, { column, columns: numClasses }));
}

/** Over the classes that have a row that belongs. @param counts how often each row occurs */
export function meanAveragePrecision(
  rankings: readonly Ranking[],
  interpolation: Interpolation,
  counts?: ArrayLike<number>,
): number {
  const values = rankings
    .map((ranking) => averagePrecision(ranking, interpolation, counts))
    .filter((value) => !Number.isNaN(value));
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
