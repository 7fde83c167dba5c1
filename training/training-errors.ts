import { AuspexError } from '../errors.ts';

export type TrainingErrorCode =
  /** No folder of images was given. */
  | 'NO_DATA'
  /** A topic is to be trained on, and no bus was given to read it from. */
  | 'NO_BUS'
  /** A topic without an end is to be trained on, and no number of iterations was given. */
  | 'NO_END'
  /** A folder that is no run folder. */
  | 'NO_RUN'
  /** Fewer images than a batch needs. */
  | 'TOO_FEW_IMAGES'
  /** So many ranks cannot share the batch evenly. */
  | 'BAD_WORLD_SIZE'
  /** The memory budget makes ranks recompute differently. */
  | 'RANKS_DIFFER'
  /** Ranks were lost again and again, and the training came no further. */
  | 'NO_PROGRESS'
  /** The last checkpoint could not be written. */
  | 'LAST_SAVE_FAILED'
  /** The loss or a gradient became NaN or infinite. */
  | 'NOT_FINITE'
  /** A checkpoint of another architecture or optimiser. */
  | 'CHECKPOINT_MISMATCH'
  /** An audit found something wrong. */
  | 'AUDIT_FAILED';

/** What ends a training. */
export class TrainingError extends AuspexError<TrainingErrorCode> {}
