import { AuspexError } from '../../errors.ts';

export type DatasetErrorCode =
  /** No dataset of this name is in the catalogue. */
  | 'DATASET_UNKNOWN'
  /** The folder was not prepared, or by a newer version. */
  | 'DATASET_NOT_PREPARED'
  /** A file or folder of the published download is not where it belongs. */
  | 'DATASET_FILE_MISSING'
  /** It is there, but in an archive. */
  | 'DATASET_PACKED'
  /** A file that is not what its name says. */
  | 'DATASET_FILE_BROKEN'
  /** Files of another edition of the dataset. */
  | 'DATASET_OTHER_VERSION'
  | 'DATASET_SPLIT_MISSING'
  /** Not as many images as were published. */
  | 'DATASET_COUNTS'
  /** A class of which a split has no image. */
  | 'DATASET_CLASS_EMPTY'
  /** Names or labels are not those that were prepared. */
  | 'DATASET_CHANGED'
  /** What `auspex datasets verify` found. */
  | 'DATASET_PROBLEMS'
  | 'FFMPEG_MISSING'
  /** Files are not where, or not named as, the published dataset has them. */
  | 'DATASET_LAYOUT'
  /** A place that is none, an image without one, or with several. */
  | 'DATASET_COORDINATES'
  /** Something lies where a dataset is to be written. */
  | 'DATASET_FOLDER_TAKEN';

/** What is wrong with a benchmark's files, said before any long work begins. */
export class DatasetError extends AuspexError<DatasetErrorCode> {}
