/** What differences are taken to: a row of the paper, or one of the checkpoints. */
import { ReportError } from './errors.ts';
import { numberOf, type PaperTable, rowName } from './paper/paper-table.ts';
import { PAPER_TABLES } from './paper/tables.ts';
import type { Baseline, Delta } from './report.ts';

/** The size at which the paper compares its method with others; it has a row in every table. */
export const DEFAULT_BASELINE = 'SEER RG-128Gf';

/** @throws ReportError UNKNOWN_BASELINE */
export function findBaseline(asked: string, labels: readonly string[]): Baseline {
  const plain = (name: string) => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  const among = (names: readonly string[]) => names.find((name) => plain(name) === plain(asked));
  const ours = labels.find((label) => label === asked) ?? among(labels);
  if (ours !== undefined) return { name: ours, of: 'results' };
  const inPaper = [...new Set(PAPER_TABLES.flatMap(({ rows }) => rows.map(rowName)))];
  const theirs = among(inPaper);
  if (theirs !== undefined) return { name: theirs, of: 'paper' };
  throw new ReportError(
    'UNKNOWN_BASELINE',
    `There is no baseline ${asked}. It can be a checkpoint of the results (${labels.join('; ')}) or a row of the paper (${inPaper.join('; ')}).`,
  );
}

/** The best figure in a column of the paper's rows of that name; undefined where none has one. */
export function paperFigure({ rows }: PaperTable, column: number, name: string): number | undefined {
  const figures = rows.filter((row) => rowName(row) === name).map(({ figures }) => numberOf(figures[column]!));
  const known = figures.filter((figure) => figure !== null);
  return known.length === 0 ? undefined : Math.max(...known);
}

interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** A figure without an interval, as the paper's are. */
export const exactly = (value: number): Interval => ({ value, low: value, high: value });

/**
 * A difference with its interval, from the intervals of both (Zou and Donner 2008), as if they were independent. Two
 * checkpoints that are asked about the same images mostly fail on the same ones, so that this is rather too wide.
 */
export function difference(figure: Interval, baseline: Interval): Delta {
  const value = figure.value - baseline.value;
  return {
    value,
    low: value - Math.hypot(figure.value - figure.low, baseline.high - baseline.value),
    high: value + Math.hypot(figure.high - figure.value, baseline.value - baseline.low),
  };
}
