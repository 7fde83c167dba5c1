import { AuspexError } from '../../errors.ts';

export type InterchangeErrorCode =
  /** Names that belong to none of the layouts that are known. */
  | 'UNKNOWN_LAYOUT'
  /** Shapes of no RegNet that a configuration can describe. */
  | 'UNKNOWN_TRUNK'
  /** A tensor that the network needs is not there. */
  | 'FOREIGN_TENSOR_MISSING'
  /** A tensor that has no place in the network, or one that two tensors claim. */
  | 'FOREIGN_TENSOR_UNUSED'
  /** A tensor of another shape or type than the network needs. */
  | 'FOREIGN_TENSOR_SHAPE'
  /** Shards that do not fit together. */
  | 'FOREIGN_SHARDS'
  /** A file of Python's pickle, which could run anything. */
  | 'PICKLE_REFUSED'
  /** The wanted format has no such network. */
  | 'CANNOT_EXPORT';

/** Weights that cannot be taken from, or given to, other software; the message names file, tensor and remedy. */
export class InterchangeError extends AuspexError<InterchangeErrorCode> {}
