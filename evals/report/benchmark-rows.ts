/** Our own results side by side: a row for each benchmark, a column for each checkpoint. */
import type { Metric } from '../result.ts';
import { difference } from './baseline.ts';
import type { Benchmark } from './benchmarks.ts';
import type { FoundResult } from './read-results.ts';
import type { BenchmarkRow, Figure, ReportedResult } from './report.ts';

/** Metrics that are shares; what else there may be is shown as it is. */
const SHARES =
  /^(top\d*|accuracy|mean-per-class|mAP|macro-F1|(ROC )?AUC|(precision|recall|P)(@\d+)?|within [\d.]+ km)$/i;

/** Figures of groups, differences of them, and what is counted above a confidence are shares whatever they are called. */
export function isShare({ name, of }: Pick<Metric, 'name' | 'of'>): boolean {
  if (of?.['highest'] !== undefined) return name.endsWith(' difference');
  return SHARES.test(name) || of?.['group'] !== undefined || of?.['threshold'] !== undefined;
}

/** A metric as reports show it: shares in per cent. */
export function figureOf(metric: Metric, result: number): Figure {
  const scale = isShare(metric) ? 100 : 1;
  return {
    value: scale * metric.value,
    low: scale * metric.low,
    high: scale * metric.high,
    count: metric.count,
    of: ofText(metric),
    result,
  };
}

/** A figure with what it is called. */
export function describedFigure(metric: Metric, result: number) {
  const unit = isShare(metric) ? ('per cent' as const) : ('' as const);
  return { metric: metric.name, of: ofText(metric), unit, figure: figureOf(metric, result) };
}

/** "layer res5". */
export function ofText({ of = {} }: Metric): string {
  return Object.entries(of)
    .map(([key, value]) => `${key} ${value}`)
    .join(', ');
}

export interface RowContext {
  /** Of the report, in its order. */
  readonly results: readonly ReportedResult[];
  readonly numCheckpoints: number;
  /** The checkpoint that differences are taken to; undefined for a row of the paper. */
  readonly baseline: number | undefined;
}

/** The row of first metrics, and those of all others. */
export function rowsOf(benchmark: Benchmark, context: RowContext): { first: BenchmarkRow[]; further: BenchmarkRow[] } {
  const first = rowsBy(benchmark, context, ({ result }) => result.metrics.slice(0, 1), metricName);
  const further = rowsBy(
    benchmark,
    context,
    ({ result }) => result.metrics.slice(1),
    (metric) => `${metric.name} ${ofText(metric)}`,
  );
  return { first: first.map((row) => ({ ...row, of: '' })), further };
}

const metricName = ({ name }: Metric) => name;

function rowsBy(
  { protocol, dataset, variant, results }: Benchmark,
  { results: all, numCheckpoints, baseline }: RowContext,
  metricsOf: (found: FoundResult) => readonly Metric[],
  keyOf: (metric: Metric) => string,
): BenchmarkRow[] {
  const rows = new Map<string, { readonly metric: Metric; readonly figures: (Figure | null)[]; place: string }>();
  for (const found of results) {
    const index = all.findIndex(({ file }) => file === found.file);
    const { checkpoint, place } = all[index]!;
    for (const metric of metricsOf(found)) {
      const row = rows.get(keyOf(metric)) ?? { metric, figures: new Array(numCheckpoints).fill(null), place };
      rows.set(keyOf(metric), row);
      row.figures[checkpoint] = figureOf(metric, index);
      if (row.place !== place) row.place = `${row.place}; ${place}`;
    }
  }
  return [...rows.values()].map(({ metric, figures, place }) => ({
    ...{ protocol, dataset, variant, place },
    metric: metric.name,
    of: ofText(metric),
    unit: isShare(metric) ? 'per cent' : '',
    figures: baseline === undefined ? figures : withDeltas(figures, baseline),
  }));
}

function withDeltas(figures: readonly (Figure | null)[], baseline: number): (Figure | null)[] {
  const base = figures[baseline] ?? null;
  if (base === null) return [...figures];
  return figures.map((figure, i) =>
    figure === null || i === baseline ? figure : { ...figure, delta: difference(figure, base) },
  );
}
