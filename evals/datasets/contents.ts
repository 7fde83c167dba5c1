/** What a reader of a published layout is given, and what it gives. */
import type { Dataset, Split, SplitName } from './dataset.ts';

export interface Place {
  /** The unpacked download. */
  readonly download: string;
  /** What `auspex datasets prepare` has made of it, where the download alone does not do, such as frames of videos. */
  readonly prepared: string;
}

export interface Contents {
  readonly classes: readonly string[];
  /** As `Dataset.aliases`. */
  readonly aliases?: Dataset['aliases'];
  /** Each reads names and labels, and no image. */
  readonly splits: Readonly<Partial<Record<SplitName, () => Promise<Split>>>>;
}

/** Looks at the files that it needs, and no further. @throws DatasetError */
export type Reader = (place: Place) => Promise<Contents>;

/** An item of a download that cannot be used. */
export interface Unusable {
  readonly name: string;
  readonly message: string;
}

/** Makes files that the reader needs beside the download. */
export type Maker = (place: Place, onProgress: (done: number, total: number) => void) => Promise<readonly Unusable[]>;
