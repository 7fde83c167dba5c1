import type { Maker, Reader } from './contents.ts';
import type { Score, SplitName } from './dataset.ts';

/** What the catalogue says of a dataset. */
export interface CatalogueEntry {
  /** As it is given on the command line. */
  readonly name: string;
  readonly title: string;
  /** The paper's tables that it is in. */
  readonly tables: readonly number[];
  /** What is asked of an image. */
  readonly task: string;
  readonly classes: number;
  readonly score: Score;
  /** `test` is what Table 13 calls so: the images that are scored. */
  readonly splits: Readonly<Partial<Record<SplitName, SplitCount>>>;
  /** How splits come about where the dataset has none, and why counts are not those of Table 13. */
  readonly remarks?: string;
  readonly terms: Terms;
  /** Files and folders of the unpacked download. */
  readonly needs: readonly string[];
  readonly read: Reader;
  /** Makes what the reader needs beside the download. */
  readonly make?: Maker;
  /** Without a download its images are computed. */
  readonly rendered?: boolean;
}

export interface SplitCount {
  readonly images: number;
  /** Of Table 13, where that is another. */
  readonly paper?: number;
  /** Downloads differ in how many images they still have. */
  readonly varies?: boolean;
}

/** What a dataset may be used for is for its owners to say, and for its users to keep to. */
export interface Terms {
  readonly name: string;
  /** Where its owners say so. */
  readonly where: string;
}
