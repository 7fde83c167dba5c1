/** What the plots of a report show: Figure 7, accuracy out of domain over model sizes, and Figure 11, differences of linear probes. */
import { difference, exactly, paperFigure } from './baseline.ts';
import { figureOf } from './benchmark-rows.ts';
import { nameOf } from './benchmarks.ts';
import { numberOf, rowName } from './paper/paper-table.ts';
import { PAPER_TABLES } from './paper/tables.ts';
import type { PlacedResult } from './paper-sections.ts';
import { parametersOf } from './parameters.ts';
import type { Baseline, BenchmarkRow, ModelSizes, ReportedCheckpoint, TaskDeltas } from './report.ts';

const OUT_OF_DOMAIN = 7;
/** Tables 8 and 9 have some of the same tasks in a protocol of their own. */
const LINEAR_PROBES = [11, 17];

/** A panel for each dataset of Table 7 that there is a figure of ours for. */
export function modelSizes(placed: readonly PlacedResult[], checkpoints: readonly ReportedCheckpoint[]): ModelSizes[] {
  const table = PAPER_TABLES.find(({ number }) => number === OUT_OF_DOMAIN)!;
  return table.columns.flatMap(({ name: dataset }, column) => {
    const ours = placed.flatMap(({ index, reported, places }) => {
      const place = places.find((place) => place.table === table && place.column === column);
      if (!place) return [];
      const { value, low, high } = figureOf(place.metric, index);
      const { label, parameters } = checkpoints[reported.checkpoint]!;
      return [{ checkpoint: reported.checkpoint, name: nameOf(label, reported.variant), parameters, value, low, high }];
    });
    if (ours.length === 0) return [];
    const paper = table.rows.flatMap((row) => {
      const parameters = parametersOf(row.attributes[3]!);
      const value = numberOf(row.figures[column]!);
      // Of one network trained on several things, the table says which.
      const name = `${rowName(row)}${row.attributes[2] === 'INet-22k' ? ', INet-22k' : ''}`;
      return parameters === undefined || value === null ? [] : [{ name, parameters, value }];
    });
    return [{ dataset, paper, ours }];
  });
}

/** The linear probes of each checkpoint for which the baseline has a figure. */
export function taskDeltas(
  placed: readonly PlacedResult[],
  benchmarks: readonly BenchmarkRow[],
  checkpoints: readonly ReportedCheckpoint[],
  baseline: Baseline,
): TaskDeltas[] {
  const all = baseline.of === 'paper' ? toPaper(placed, checkpoints, baseline.name) : toOurs(benchmarks, checkpoints);
  return [...all].map(([name, tasks]) => ({ name, tasks: tasks.toSorted((a, b) => b.value - a.value) }));
}

type Tasks = Map<string, TaskDeltas['tasks'][number][]>;

function toPaper(placed: readonly PlacedResult[], checkpoints: readonly ReportedCheckpoint[], name: string): Tasks {
  const deltas: Tasks = new Map();
  for (const { index, reported, places } of placed) {
    for (const { table, column, metric } of places) {
      if (!LINEAR_PROBES.includes(table.number)) continue;
      const base = paperFigure(table, column, name);
      if (base === undefined) continue;
      const task = nameOf(table.columns[column]!.name, reported.variant);
      const delta = { task, ...difference(figureOf(metric, index), exactly(base)) };
      add(deltas, checkpoints[reported.checkpoint]!.label, delta);
    }
  }
  return deltas;
}

function toOurs(benchmarks: readonly BenchmarkRow[], checkpoints: readonly ReportedCheckpoint[]): Tasks {
  const deltas: Tasks = new Map();
  for (const { protocol, dataset, variant, unit, figures } of benchmarks) {
    if (protocol !== 'linear-probe' || unit !== 'per cent') continue;
    for (const [i, figure] of figures.entries()) {
      if (figure?.delta) add(deltas, checkpoints[i]!.label, { task: nameOf(dataset, variant), ...figure.delta });
    }
  }
  return deltas;
}

function add(deltas: Tasks, name: string, delta: TaskDeltas['tasks'][number]): void {
  deltas.set(name, [...(deltas.get(name) ?? []), delta]);
}
