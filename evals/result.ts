/** What an evaluation has found, with everything that is needed to repeat it: `result.json` of its folder. */

/** Its name. */
export const RESULT_FILE = 'result.json';

/** A figure, and between which values it lies with 95 % confidence by the bootstrap. */
export interface Metric {
  /** Such as `top1`. */
  readonly name: string;
  /** Shares are from 0 to 1. */
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Images, queries or whatever the figure is a mean of. */
  readonly count: number;
  /** What it is of, where there are several: a layer, a group, a distance. */
  readonly of?: Readonly<Record<string, string>>;
}

/** The groups that figures were divided by, whether or not there are figures of them. */
export interface GroupSizes {
  /** Such as `gender`, or `gender x skintone`. */
  readonly attribute: string;
  /** What intervals draw: images of one `person` or `household` stay together. */
  readonly unit: string;
  /** A group's figure is the mean over its images, or over its units' means. */
  readonly mean: 'images' | 'units';
  /** Groups with fewer images are too small. */
  readonly minimum: number;
  /** So are groups with fewer units; results of before it was there have 2. */
  readonly minimumUnits: number;
  readonly groups: readonly GroupSize[];
  /** Images without a label of the attribute, which are in no group. */
  readonly unlabelled: number;
}

export interface GroupSize {
  /** Such as `female`, or `female x darker`. */
  readonly group: string;
  /** Those that were judged, and the units that they are of. */
  readonly images: number;
  readonly units: number;
  /** Images for which there is no right answer. */
  readonly unjudged: number;
  /** Only groups with `enough` are compared; those with `too few` have figures, which say so. */
  readonly status: 'enough' | 'too few' | 'not judged';
}

/** Features that a result rests on. */
export interface UsedFeatures {
  readonly split: string;
  readonly layer: string;
  /** Side of the centre view in pixels. */
  readonly size: number;
  readonly precision: 'f32' | 'bf16';
  /** They were there from an earlier evaluation. */
  readonly cached: boolean;
}

export interface EvaluationResult {
  readonly formatVersion: 1;
  /** Such as `linear-probe`. */
  readonly protocol: string;
  /** Section and table of the paper. */
  readonly source: string;
  /** Complete, defaults included. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly checkpoint: {
    readonly path: string;
    readonly step: number;
    /** SHA-256 over its checksums. */
    readonly digest: string;
    readonly architecture: string;
    /** Of the trunk. */
    readonly parameters: number;
    /** Its weights were left out: first ones of the same seed took their place. */
    readonly untrained?: boolean;
  };
  /** What the encoder was asked for. */
  readonly features?: readonly UsedFeatures[];
  readonly data: {
    /** Of the catalogue, or `folder`. */
    readonly name: string;
    readonly folder: string;
    readonly classes: number;
    /** Images of each split that were used, and that could not be. */
    readonly images: Readonly<Record<string, number>>;
    readonly skipped: readonly { readonly name: string; readonly code: string; readonly message: string }[];
    /** SHA-256 over the names and labels of the images. */
    readonly digest: string;
  };
  /** The first is the one that tables show. */
  readonly metrics: readonly Metric[];
  /** Of protocols that divide people, households or places. */
  readonly groups?: readonly GroupSizes[];
  /** Files beside the result, such as predictions, by what they hold. */
  readonly files: Readonly<Record<string, string>>;
  readonly seconds: number;
  /** ISO 8601 in UTC. */
  readonly time: string;
  readonly versions: Readonly<Record<string, string>>;
}
