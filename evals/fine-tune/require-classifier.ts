/** A checkpoint that tells classes apart. */

import { EvaluationError } from '../errors.ts';
import type { EvaluatedCheckpoint } from '../evaluated-checkpoint.ts';
import { type EncoderDescription, type WeightSource, weightsOf } from '../features/encoder.ts';

export interface TrainedClassifier {
  readonly classes: readonly string[];
  readonly description: EncoderDescription;
  readonly weights: WeightSource;
}

/** @throws EvaluationError WRONG_CHECKPOINT where it was not fine-tuned, or is to be untrained */
export function requireClassifier({ path, classes, description, weights }: EvaluatedCheckpoint): TrainedClassifier {
  if (classes && typeof weights !== 'number') return { classes, description, weights: weightsOf(weights) };
  const message = `${path} knows no classes: give the checkpoint that the protocol fine-tune has written.`;
  throw new EvaluationError('WRONG_CHECKPOINT', message);
}
