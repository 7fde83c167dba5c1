import { AuspexError } from '../errors.ts';

export type EvaluationErrorCode =
  /** Two inputs that must have equal sizes do not. */
  | 'SHAPES_DIFFER'
  /** More neighbours were asked for than there are rows, or none at all. */
  | 'NEIGHBOURS_OUT_OF_RANGE'
  /** Images of fewer than two classes: there is nothing to tell apart. */
  | 'TOO_FEW_CLASSES'
  /** Pixels that do not make up whole views. */
  | 'WRONG_VIEWS'
  /** A checkpoint that lacks what was asked for. */
  | 'WRONG_CHECKPOINT'
  /** A feature is NaN or infinite: the encoder is broken, and any score of it would mislead. */
  | 'FEATURES_NOT_FINITE';

/** What goes wrong while features are measured. */
export class EvaluationError extends AuspexError<EvaluationErrorCode> {}
