import { AuspexError } from '../errors.ts';

export type CheckpointErrorCode =
  /** There is no such file or checkpoint. */
  | 'CHECKPOINT_NOT_FOUND'
  /** A file is not what was written: truncated, changed, or no safetensors at all. */
  | 'CHECKPOINT_DAMAGED'
  /** Written by a newer Auspex. */
  | 'CHECKPOINT_TOO_NEW'
  /** It belongs to another architecture or configuration. */
  | 'CHECKPOINT_MISMATCH'
  /** The disk is full, read-only or failing; what was there before is intact. */
  | 'CHECKPOINT_WRITE_FAILED'
  /** Where a new checkpoint was to be written there is something already. */
  | 'CHECKPOINT_EXISTS'
  /** A sliced checkpoint without momentum: no training can go on from it. */
  | 'CHECKPOINT_NOT_RESUMABLE'
  /** The file has no tensor of this name. */
  | 'TENSOR_NOT_FOUND';

/** A checkpoint that cannot be read or written; the message names the file and what to do. */
export class CheckpointError extends AuspexError<CheckpointErrorCode> {}
