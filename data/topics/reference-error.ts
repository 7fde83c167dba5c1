import { AuspexError } from '../../errors.ts';

export type ReferenceErrorCode =
  /** It names no place that an image can have. */
  | 'REFERENCE_INVALID'
  /** It leads to a file or a bucket that was not allowed. */
  | 'REFERENCE_NOT_ALLOWED'
  /** The file or the object is not there, is too short, or cannot be read. */
  | 'REFERENCE_UNREADABLE'
  /** What lies there is no longer the image that the message means. */
  | 'REFERENCE_CHANGED';

/** Why the image that a message refers to cannot be had. */
export class ImageReferenceError extends AuspexError<ReferenceErrorCode> {}
