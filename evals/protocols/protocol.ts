/** What a benchmark's protocol is: its options, what it needs before any long work begins, and the work. */
import type * as z from 'zod';
import type { EvaluationView } from '../../data/evaluation-views.ts';
import type { FeatureLayer } from '../../program/encoder.ts';
import type { Dataset, Split, SplitName } from '../datasets/dataset.ts';
import type { EvaluatedCheckpoint } from '../evaluated-checkpoint.ts';
import type { SkippedImage } from '../features/embed-images.ts';
import type { Features } from '../features/features.ts';
import type { EvaluationResult, Metric } from '../result.ts';

/** Features of the images of a split that could be decoded, and which ones those are. */
export interface SplitFeatures {
  /** (rows, width); of a map, `shape` has height, width and channels of a row. */
  readonly features: Features;
  readonly shape: readonly number[];
  /** The image of each row. */
  readonly rows: Int32Array;
}

export interface FeatureRequest {
  readonly split: SplitName;
  readonly layer: FeatureLayer;
  /** Side of the centre view in pixels. */
  readonly size: number;
  /** Of a map only its mean over all pixels. @default false */
  readonly average?: boolean;
}

/** What a protocol works with. */
export interface Workbench {
  readonly data: Dataset;
  split(name: SplitName): Promise<Split>;
  /** Computed once for a checkpoint, images, layer and view, and kept in the cache. */
  features(request: FeatureRequest): Promise<SplitFeatures>;
  /**
   * The same some images at a time, and not kept: for feature maps, of which all would not fit into memory. To be read to its end
   * before anything else is asked for.
   * @param view @default 'centre'; of whole images `size` is the longer side, and maps have the shapes of their images, those of one
   * shape after those of another
   */
  batches(request: FeatureRequest, view?: EvaluationView): AsyncIterable<SplitFeatures>;
  readonly checkpoint: string;
  /** The same opened, for protocols that train it further. */
  readonly model: EvaluatedCheckpoint;
  /** Where it may write files of its own; they are named in the result. */
  readonly out: string;
  readonly signal: AbortSignal;
  /** How many images of a split were used without `features`, and which could not be. */
  noteImages(split: SplitName, used: number, skipped: readonly SkippedImage[]): void;
  progress(stage: string, done: number, total: number): void;
}

export interface Outcome {
  readonly metrics: readonly Metric[];
  readonly groups?: EvaluationResult['groups'];
  readonly files?: EvaluationResult['files'];
}

export interface Protocol<Options = unknown> {
  /** Such as `linear-probe`. */
  readonly name: string;
  readonly description: string;
  /** Section and table of the paper. */
  readonly source: string;
  /** Defaults are the paper's. */
  readonly options: z.ZodType<Options>;
  /**
   * Options that are files or folders: a server looks whether a job may read them, or write into them where they are for output.
   * @default none
   */
  readonly paths?: Readonly<Record<string, 'file' | 'folder' | 'output'>>;
  /** Of the dataset. Of `val` and `test` either stands for the other where a dataset has only that one. */
  readonly splits: readonly SplitName[];
  /** Those that are wanted besides, with such options. @default none */
  furtherSplits?(options: Options): readonly SplitName[];
  /** The layers whose features are wanted: a checkpoint without one is refused before any long work. */
  layers(options: Options): readonly FeatureLayer[];
  /** Refuses labels that the protocol has no meaning for. @throws EvaluationError */
  check(options: Options, splits: ReadonlyMap<SplitName, Split>, data: Dataset): void;
  run(options: Options, bench: Workbench): Promise<Outcome>;
}
