import { EvaluationError } from '../errors.ts';

/** @throws EvaluationError SHAPES_DIFFER */
export function checkRows(actual: number, expected: number, what: string): void {
  if (actual === expected) return;
  throw new EvaluationError(
    'SHAPES_DIFFER',
    `There are ${actual} ${what} where ${expected} are wanted; give all of the same rows.`,
  );
}
