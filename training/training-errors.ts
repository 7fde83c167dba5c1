import { AuspexError } from '../errors.ts';

export type TrainingErrorCode =
  /** No folder of images was given. */
  | 'NO_DATA'
  /** A folder that is no run folder. */
  | 'NO_RUN'
  /** Fewer images than a batch needs. */
  | 'TOO_FEW_IMAGES'
  /** The loss or a gradient became NaN or infinite. */
  | 'NOT_FINITE'
  /** A checkpoint of another architecture or optimiser. */
  | 'CHECKPOINT_MISMATCH'
  /** An audit found something wrong. */
  | 'AUDIT_FAILED';

/** What ends a training. */
export class TrainingError extends AuspexError<TrainingErrorCode> {}
