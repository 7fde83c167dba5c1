/** What a fairness report says, as its JSON has it; page and Markdown are made of it and add nothing. */

import type { BenchmarkRow, Delta, Figure, PaperSection, Report } from '../report.ts';
import type { CAUTION } from './indicators.ts';

/** Of a checkpoint, for one group. */
export interface GroupFigure {
  /** Undefined where no image of the group could be judged. */
  readonly figure?: Figure;
  readonly images: number;
  /** People or households that they are of. */
  readonly units: number;
  /** Images for which there is no right answer. */
  readonly unjudged: number;
  readonly status: 'enough' | 'too few' | 'not judged';
}

/** Of a checkpoint: the groups of an attribute that are farthest apart. In points. */
export interface Disparity {
  readonly highest: string;
  readonly lowest: string;
  /** With an interval that holds for all pairs of groups of the attribute at once. */
  readonly difference: Delta;
  /** An interval that holds for all comparisons of the report at once. */
  readonly together: { readonly low: number; readonly high: number };
  /** Lowest by highest, where that is not 0. */
  readonly ratio?: Delta;
  /** `apart`: by both intervals. `perhaps`: not by the one of all comparisons. `not told apart`: by neither. */
  readonly verdict: 'apart' | 'perhaps' | 'not told apart';
}

/** One measure, divided by one attribute. Arrays are by checkpoint. */
export interface AttributeSection {
  /** Of the data, and what tells several evaluations of it apart. */
  readonly dataset: string;
  readonly attribute: string;
  readonly measure: string;
  /** Such as `layer pool`. */
  readonly of: string;
  /** It is what the paper's tables have; others are further layers, thresholds or depths. */
  readonly isMain: boolean;
  readonly groups: readonly { readonly group: string; readonly figures: readonly (GroupFigure | null)[] }[];
  /** Null where fewer than two groups are large enough, or there is no result. */
  readonly disparities: readonly (Disparity | null)[];
  /** Images without a label of the attribute. */
  readonly unlabelled: readonly (number | null)[];
  readonly unit: string;
  readonly mean: 'images' | 'units';
  readonly minimum: number;
  readonly minimumUnits: number;
}

/** A picture that an evaluation made, such as a map of countries. */
export interface Picture {
  readonly checkpoint: number;
  readonly dataset: string;
  /** An SVG file. */
  readonly file: string;
}

export interface IndicatorSection {
  readonly protocol: string;
  readonly title: string;
  readonly source: string;
  readonly asks: string;
  /** Those of the paper that results stand in. */
  readonly tables: readonly PaperSection[];
  /** Why results do not stand beside the paper's. */
  readonly notBeside: readonly string[];
  /** Figures of all images together. */
  readonly all: readonly BenchmarkRow[];
  readonly attributes: readonly AttributeSection[];
  readonly maps: readonly Picture[];
}

export interface Comparisons {
  /** Differences whose intervals are looked at. */
  readonly count: number;
  readonly note: string;
}

export interface FairnessReport
  extends Pick<Report, 'title' | 'time' | 'baseline' | 'warnings' | 'checkpoints' | 'results'> {
  readonly formatVersion: 1;
  readonly caution: typeof CAUTION;
  readonly reading: readonly string[];
  readonly comparisons: Comparisons;
  readonly indicators: readonly IndicatorSection[];
  /** Indicators of the paper that nothing was measured for. */
  readonly missing: readonly string[];
}
