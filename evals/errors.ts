import { AuspexError } from '../errors.ts';

export type EvaluationErrorCode =
  /** Two inputs that must have equal sizes do not. */
  | 'SHAPES_DIFFER'
  /** More neighbours were asked for than there are rows, or none at all. */
  | 'NEIGHBOURS_OUT_OF_RANGE'
  /** Images of fewer than two classes: there is nothing to tell apart. */
  | 'TOO_FEW_CLASSES'
  /** A figure of no row at all. */
  | 'TOO_FEW_ROWS'
  /** A label that is no number of a class, or neither present, absent nor left unjudged. */
  | 'LABELS_OUT_OF_RANGE'
  /** Features of all images are alike, and nothing can be fitted to them. */
  | 'FEATURES_ALIKE'
  /** Pixels that do not make up whole views. */
  | 'WRONG_VIEWS'
  /** A checkpoint that lacks what was asked for. */
  | 'WRONG_CHECKPOINT'
  /** A benchmark that does not exist. */
  | 'UNKNOWN_PROTOCOL'
  /** An option of a benchmark that it does not have, or a value that it cannot take. */
  | 'PROTOCOL_OPTION'
  /** The data has no images for a purpose that the benchmark needs some for. */
  | 'SPLIT_MISSING'
  /** A dataset was named where a folder is one by itself. */
  | 'DATASET_NAMED'
  /** Labels that do not belong to these images, or to these classes. */
  | 'LABELS_WRONG'
  /** A class that nothing could be learned about. */
  | 'CLASS_WITHOUT_IMAGES'
  /** Not one image could be decoded. */
  | 'NO_USABLE_IMAGES'
  /** Labels that the benchmark has no meaning for. */
  | 'LABELS_UNSUITABLE'
  /** Images without the texts that the benchmark reads beside them. */
  | 'TEXTS_MISSING'
  /** A text model that is not there, cannot be run, or is of another kind. */
  | 'TEXT_MODEL'
  /** A network that was fine-tuned has diverged. */
  | 'LOSS_NOT_FINITE'
  /** Classes of a test set that a network's classes do not settle. */
  | 'CLASSES_DIFFER'
  /** A list of images that does not fit the data. */
  | 'BAD_IMAGE_LIST'
  /** What is searched for is among what is searched. */
  | 'QUERY_IN_DATABASE'
  /** A list of hashtags with a line that is none, or that belongs to other images. */
  | 'HASHTAGS_WRONG'
  /** A feature, or a weight that it comes from, is NaN or infinite: the encoder is broken, and any score of it would mislead. */
  | 'FEATURES_NOT_FINITE';

/** What goes wrong while features are measured. */
export class EvaluationError extends AuspexError<EvaluationErrorCode> {}
