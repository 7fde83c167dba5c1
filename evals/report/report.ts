/** What a report says, as its JSON has it; page and Markdown are made of it and add nothing. */
import type { StoredResult } from './read-results.ts';

/** A figure of ours. Where the unit is per cent, so are its ends. */
export interface Figure {
  readonly value: number;
  /** The 95 % interval. */
  readonly low: number;
  readonly high: number;
  /** Images, queries or whatever it is a mean of. */
  readonly count: number;
  /** What it is of, such as a layer; empty where there is only one. */
  readonly of: string;
  /** Difference to the baseline, where that has a figure for the same benchmark. */
  readonly delta?: Delta;
  /** Which of the report's results it is from. */
  readonly result: number;
}

/** In points where the figures are per cent. */
export interface Delta {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface Baseline {
  readonly name: string;
  readonly of: 'paper' | 'results';
}

export interface ReportedCheckpoint {
  readonly label: string;
  readonly path: string;
  readonly digest: string;
  readonly step: number;
  readonly architecture: string;
  readonly parameters: number;
  readonly untrained: boolean;
}

export interface ReportedResult {
  readonly file: string;
  /** Index among the report's checkpoints. */
  readonly checkpoint: number;
  /** What tells it from other results of the same checkpoint and benchmark; empty where there are none. */
  readonly variant: string;
  /** Tables of the paper that it stands in. */
  readonly tables: readonly number[];
  /** The same in words, or why it stands in none. */
  readonly place: string;
  readonly result: StoredResult;
}

/** A table of the paper, with the columns for which there is a figure of ours. */
export interface PaperSection {
  readonly table: number;
  readonly title: string;
  readonly attributes: readonly string[];
  readonly columns: readonly string[];
  /** Columns that the table has in the paper. */
  readonly columnsInPaper: number;
  readonly paper: readonly {
    readonly group: string;
    readonly attributes: readonly string[];
    /** In per cent, as printed; - where there is none. */
    readonly figures: readonly string[];
    readonly isBaseline: boolean;
  }[];
  readonly ours: readonly {
    readonly attributes: readonly string[];
    readonly figures: readonly (Figure | null)[];
    readonly isBaseline: boolean;
  }[];
}

/** One benchmark over all checkpoints. */
export interface BenchmarkRow {
  readonly protocol: string;
  readonly dataset: string;
  readonly metric: string;
  /** Layer or group that all figures are of; empty where it is the first metric of each result. */
  readonly of: string;
  readonly variant: string;
  readonly unit: 'per cent' | '';
  readonly place: string;
  /** By checkpoint. */
  readonly figures: readonly (Figure | null)[];
}

/** Figure 7 for one dataset. */
export interface ModelSizes {
  readonly dataset: string;
  readonly paper: readonly { readonly name: string; readonly parameters: number; readonly value: number }[];
  readonly ours: readonly {
    readonly checkpoint: number;
    readonly name: string;
    readonly parameters: number;
    readonly value: number;
    readonly low: number;
    readonly high: number;
  }[];
}

/** Figure 11 for one checkpoint: greatest first. */
export interface TaskDeltas {
  readonly name: string;
  readonly tasks: readonly (Delta & { readonly task: string })[];
}

export interface ComparedExample {
  readonly name: string;
  readonly image: string;
  readonly caption?: string;
  readonly truth?: string;
  readonly answers: readonly {
    readonly checkpoint: string;
    readonly predicted: string;
    readonly right: boolean;
    readonly found?: readonly { readonly image: string; readonly caption?: string; readonly right: boolean }[];
  }[];
}

/** Figures 8 to 10 and 13 for one benchmark. */
export interface ExampleSection {
  readonly title: string;
  readonly caption: string;
  /** Of `total`; those come first on which checkpoints differ. */
  readonly examples: readonly ComparedExample[];
  readonly total: number;
}

export interface Report {
  readonly formatVersion: 1;
  readonly title: string;
  /** When the newest result was made, ISO 8601. */
  readonly time: string;
  readonly baseline: Baseline;
  readonly warnings: readonly string[];
  readonly checkpoints: readonly ReportedCheckpoint[];
  readonly results: readonly ReportedResult[];
  readonly tables: readonly PaperSection[];
  /** The first metric of each benchmark. */
  readonly benchmarks: readonly BenchmarkRow[];
  /** All others. */
  readonly further: readonly BenchmarkRow[];
  readonly modelSizes: readonly ModelSizes[];
  readonly deltas: readonly TaskDeltas[];
  readonly examples: readonly ExampleSection[];
}
