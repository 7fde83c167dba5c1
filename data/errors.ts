/** What can go wrong with images, as a whole and one by one. */
import { AuspexError } from '../errors.ts';
import type { ImageFailureCode } from '../kernels/images.ts';

export type DataErrorCode =
  | 'NO_SUCH_FOLDER'
  | 'NO_IMAGES'
  | 'BAD_SOURCE'
  | 'TOO_MANY_SKIPPED'
  | 'BAD_CROP_POLICY'
  | 'BAD_POSITION'
  | 'BAD_OPTION'
  | 'LOADER_CLOSED'
  /** A topic that cannot be trained on as it is asked for. */
  | 'BAD_TOPIC'
  | 'RANKS_DISAGREE';

/** An error that ends what was asked for. A single bad image is a {@link SkipReason} and not an error. */
export class DataError extends AuspexError<DataErrorCode> {}

/** Why one image is not used. */
export type SkipCode =
  | Exclude<ImageFailureCode, 'NOT_JPEG' | 'BOX_OUTSIDE'>
  | 'NOT_AN_IMAGE'
  /** Of a topic: the message is none of an image. */
  | 'BAD_IMAGE_MESSAGE'
  /** Of a topic: the message is of a newer format. */
  | 'UNKNOWN_SCHEMA'
  /** Of a topic: what came is not what was published, by its SHA-256. */
  | 'CHANGED'
  /** Of a topic: the message was deleted, and the training is allowed to go on without. */
  | 'DELETED';

export interface SkipReason {
  readonly code: SkipCode;
  readonly message: string;
}
