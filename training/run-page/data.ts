import type { EvaluationsRecord } from '../evaluations/evaluation-records.ts';
import type { EvaluationConfig } from '../evaluations/watch.ts';
import type { MetricsRecord, RunDescription, SkippedImage } from '../run/records.ts';

/** Everything that the page shows. Strings may hold anything: the page escapes them. */
export interface RunPageData {
  readonly title: string;
  /** One or two sentences: what was trained on what. */
  readonly summary: string;
  readonly run: RunDescription;
  readonly metrics: readonly MetricsRecord[];
  /** Steps that the config asks for. */
  readonly totalSteps: number;
  /** K; a loss at ln K is that of a model which knows nothing. */
  readonly numPrototypes: number;
  /** The last one is the headline. */
  readonly heldOut: readonly HeldOutResult[];
  readonly neighbours?: NeighbourGrid;
  /** The resolved config as YAML. */
  readonly config: string;
  readonly skipped: readonly SkippedImage[];
  /** Of checkpoints, as the configuration asks for them. */
  readonly evaluations?: {
    readonly configs: readonly EvaluationConfig[];
    readonly records: readonly EvaluationsRecord[];
  };
  readonly attributions: readonly Attribution[];
}

/** One held-out score beside its baselines, all on one scale. */
export interface HeldOutResult {
  /** What is measured: "P@1, photos never seen". */
  readonly title: string;
  /** One sentence: the question that the score answers. */
  readonly question: string;
  readonly rows: readonly HeldOutRow[];
}

export interface HeldOutRow {
  readonly name: string;
  readonly kind: 'trained' | 'baseline';
  /** 0 to 1. */
  readonly value: number;
  /** The 95 % confidence interval; missing where the value is exact, as chance is. */
  readonly interval?: { readonly low: number; readonly high: number };
}

export interface NeighbourGrid {
  /** What makes a neighbour correct. */
  readonly caption: string;
  readonly rows: readonly NeighbourRow[];
}

export interface NeighbourRow {
  readonly query: Picture;
  /** Nearest first. */
  readonly neighbours: readonly Neighbour[];
}

export interface Picture {
  readonly name: string;
  /** From {@link makeThumbnail}. */
  readonly dataUri: string;
}

export interface Neighbour extends Picture {
  /** Cosine. */
  readonly similarity: number;
  readonly correct: boolean;
}

/** Whose photo it is, as its licence asks. */
export interface Attribution {
  readonly name: string;
  readonly author: string;
  readonly licence: string;
  /** Where it comes from, as text. */
  readonly source?: string;
}
