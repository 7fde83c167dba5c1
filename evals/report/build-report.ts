/** From results to a report: nothing is computed here but differences, and what may be compared with what is decided. */
import { DEFAULT_BASELINE, findBaseline } from './baseline.ts';
import { rowsOf } from './benchmark-rows.ts';
import { benchmarksOf } from './benchmarks.ts';
import { identityOf, namedCheckpoints } from './checkpoints.ts';
import { compareExamples } from './compare-examples.ts';
import type { Examples } from './examples.ts';
import { paperSections } from './paper-sections.ts';
import { placeInPaper } from './placement.ts';
import { modelSizes, taskDeltas } from './plots.ts';
import type { FoundResult } from './read-results.ts';
import type { Report, ReportedResult } from './report.ts';

export interface ReportOptions {
  readonly title: string;
  /** A row of the paper such as `SEER RG-10B`, or the name of a checkpoint. @default {@link DEFAULT_BASELINE} */
  readonly baseline?: string;
}

/**
 * @param found at least one
 * @param examples by the file of their result
 * @throws ReportError RESULT_DUPLICATE, UNKNOWN_BASELINE
 */
export function buildReport(
  found: readonly FoundResult[],
  examples: ReadonlyMap<string, Examples>,
  { title, baseline: asked = DEFAULT_BASELINE }: ReportOptions,
): Report {
  const named = namedCheckpoints(found);
  const checkpoints = [...named.values()];
  const baseline = findBaseline(
    asked,
    checkpoints.map(({ label }) => label),
  );
  const benchmarks = benchmarksOf(found);
  const identities = [...named.keys()];
  const placed = benchmarks.flatMap(({ variant, results }) =>
    results.map(({ file, result }) => {
      const { places, text } = placeInPaper(result);
      const checkpoint = identities.indexOf(identityOf(result));
      const tables = [...new Set(places.map(({ table }) => table.number))];
      const reported: ReportedResult = { file, checkpoint, variant, tables, place: text, result };
      return { places, reported };
    }),
  );
  const results = placed.map(({ reported }) => reported);
  const inPaper = placed.map((one, index) => ({ ...one, index }));
  const base = checkpoints.findIndex(({ label }) => baseline.of === 'results' && label === baseline.name);
  const rows = benchmarks.map((benchmark) =>
    rowsOf(benchmark, { results, numCheckpoints: checkpoints.length, baseline: base < 0 ? undefined : base }),
  );
  const first = rows.flatMap((row) => row.first);
  return {
    formatVersion: 1,
    title,
    time: results.map(({ result }) => result.time).reduce((a, b) => (a > b ? a : b)),
    baseline,
    warnings: benchmarks.flatMap(({ warnings }) => warnings),
    ...{ checkpoints, results },
    tables: paperSections(inPaper, checkpoints, baseline),
    benchmarks: first,
    further: rows.flatMap((row) => row.further),
    modelSizes: modelSizes(inPaper, checkpoints),
    deltas: taskDeltas(inPaper, first, checkpoints, baseline),
    examples: benchmarks.flatMap((one) => compareExamples(one, examples, results, checkpoints) ?? []),
  };
}
