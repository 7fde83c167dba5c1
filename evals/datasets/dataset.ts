/** What a labelled dataset is to a benchmark, whatever its files look like. */
import type { ImageSource } from '../../data/source.ts';
import type { Attributes } from './attributes.ts';

export type SplitName = 'train' | 'val' | 'test';

/** What is right for each image, in the order of the images. */
export type Labels =
  /** One class each. */
  | { readonly kind: 'classes'; readonly classes: Int32Array }
  /** Any number of classes: (images, classes), 1 present, 0 absent, -1 not judged. */
  | { readonly kind: 'sets'; readonly present: Int8Array };

export interface Split {
  readonly images: ImageSource;
  readonly labels: Labels;
  /** Of an image, where some are not independent or a protocol divides them: such as the camera that took it, or a block of copies. */
  readonly groups?: readonly string[];
  /** What is written on or with each image, where a dataset comes with it. */
  readonly texts?: readonly string[];
  /** Whom or what images show, as far as somebody has said so. */
  readonly attributes?: Attributes;
  /** Where images were taken: (images, 2), latitude and longitude in degrees. */
  readonly coordinates?: Float64Array;
}

/** How a dataset's authors, or Table 13 of the paper, score it. */
export type Score = 'accuracy' | 'mean-per-class' | 'mAP' | 'macro-F1' | 'distance';

export interface Dataset {
  /** As the catalogue has it, such as `cifar-10`. */
  readonly name: string;
  /** Where its files are. */
  readonly folder: string;
  readonly classes: readonly string[];
  /** Where its authors say which classes of a network stand for a class: their names. One may stand for several. */
  readonly aliases?: Readonly<Record<string, readonly string[]>>;
  readonly score: Score;
  readonly splits: readonly SplitName[];
  /** Reads labels, and no image. @throws DatasetError DATASET_SPLIT_MISSING where there is none */
  split(name: SplitName): Promise<Split>;
}
