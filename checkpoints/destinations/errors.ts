import { AuspexError } from '../../errors.ts';

export type DestinationErrorCode =
  /** An address that is neither a folder nor s3://BUCKET/PREFIX. */
  | 'DESTINATION_INVALID'
  /** No credentials, or none that may do this. */
  | 'DESTINATION_DENIED'
  /** There is no such bucket. */
  | 'DESTINATION_NOT_FOUND'
  /** The copy of another run is there, which this one would overwrite. */
  | 'DESTINATION_TAKEN'
  /** It cannot be reached, or failed again and again. */
  | 'DESTINATION_FAILED';

/** A place for copies of checkpoints that cannot be used; the message names it and says what to do. */
export class DestinationError extends AuspexError<DestinationErrorCode> {}
