/**
 * What a benchmark is: a name, options for the command line, and rows that compare ours with a peer. One file per
 * benchmark exports a `Bench`; main.ts lists them.
 */
import type { Option } from 'commander';

export interface Bench<Options extends object = object> {
  readonly name: string;
  readonly description: string;
  /** Options beside `--json`; commander parses them into what `run` takes. */
  readonly options: readonly Option[];
  /** What a reader takes a ratio for. @default above 1, ours is better */
  readonly ratioMeans?: string;
  /** Measures. Progress goes to standard error. */
  run(options: Options): Promise<BenchRow[]>;
}

/** One figure of ours beside the peer's. Benchmarks add fields of their own. */
export interface BenchRow {
  readonly case: string;
  readonly ours: number;
  /** Null where the peer could not be measured. */
  readonly peer: number | null;
  readonly peerName: string;
  /** Above 1, ours is better, whether more or less of the unit is; null without a peer. */
  readonly ratio: number | null;
  readonly unit: string;
  /** What a reader must know before trusting the figure. */
  readonly note?: string;
}

export interface Comparison {
  readonly case: string;
  readonly ours: number;
  readonly peer: number | null;
  readonly peerName: string;
  readonly unit: string;
  readonly better: 'more' | 'less';
}

/** A row with its ratio. */
export function compare({ better, ...figures }: Comparison): BenchRow {
  const { ours, peer } = figures;
  const ratio = peer === null ? null : better === 'more' ? ours / peer : peer / ours;
  return { ...figures, ratio };
}

/** The middle value, or the mean of the two in the middle; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** One line on standard error: standard output is for results. */
export function report(line: string): void {
  process.stderr.write(`${line}\n`);
}
