/** The paper's tables with our rows below the paper's. */
import { difference, exactly, paperFigure } from './baseline.ts';
import { figureOf, ofText } from './benchmark-rows.ts';
import { nameOf } from './benchmarks.ts';
import { type PaperTable, rowName } from './paper/paper-table.ts';
import { PAPER_TABLES } from './paper/tables.ts';
import { shortParameters } from './parameters.ts';
import type { Place } from './placement.ts';
import type { Baseline, Figure, PaperSection, ReportedCheckpoint, ReportedResult } from './report.ts';

/** One of ours, and where in the paper it belongs. */
export interface PlacedResult {
  readonly index: number;
  readonly reported: ReportedResult;
  readonly places: readonly Place[];
}

/** The tables for which there is anything. */
export function paperSections(
  placed: readonly PlacedResult[],
  checkpoints: readonly ReportedCheckpoint[],
  baseline: Baseline,
): PaperSection[] {
  return PAPER_TABLES.flatMap((table) => {
    const here = placed.filter(({ places }) => places.some((place) => place.table === table));
    return here.length === 0 ? [] : [sectionOf(table, here, checkpoints, baseline)];
  });
}

function sectionOf(
  table: PaperTable,
  placed: readonly PlacedResult[],
  checkpoints: readonly ReportedCheckpoint[],
  baseline: Baseline,
): PaperSection {
  const { number, title, attributes, columns, rows } = table;
  const isFilled = (column: number) =>
    placed.some(({ places }) => places.some((place) => place.table === table && place.column === column));
  const shown = [...columns.keys()].filter(isFilled);
  const ours = ourRows(table, placed, checkpoints);
  const theirs = ours.find(({ label }) => baseline.of === 'results' && label === baseline.name);
  const baseOf = (column: number) => {
    if (baseline.of === 'results') return theirs?.figures.get(column);
    const figure = paperFigure(table, column, baseline.name);
    return figure === undefined ? undefined : exactly(figure);
  };
  const withDelta = (figure: Figure | undefined, column: number, isBaseline: boolean): Figure | null => {
    const base = baseOf(column);
    if (figure === undefined) return null;
    return base === undefined || isBaseline ? figure : { ...figure, delta: difference(figure, base) };
  };
  return {
    ...{ table: number, title, attributes, columnsInPaper: columns.length },
    columns: shown.map((column) => columns[column]!.name),
    paper: rows.map((row) => ({
      group: row.group,
      attributes: row.attributes,
      figures: shown.map((column) => row.figures[column]!),
      isBaseline: baseline.of === 'paper' && rowName(row) === baseline.name,
    })),
    ours: ours.map((row) => ({
      attributes: attributes.map((name) => attributeOf(name, row)),
      figures: shown.map((column) => withDelta(row.figures.get(column), column, row === theirs)),
      isBaseline: row === theirs,
    })),
  };
}

interface OurRow {
  readonly label: string;
  readonly variant: string;
  readonly checkpoint: ReportedCheckpoint;
  readonly options: Readonly<Record<string, unknown>>;
  /** By column. */
  readonly figures: Map<number, Figure>;
}

/** One for each checkpoint, and for each of its variants where it was evaluated in several ways. */
function ourRows(
  table: PaperTable,
  placed: readonly PlacedResult[],
  checkpoints: readonly ReportedCheckpoint[],
): OurRow[] {
  const rows = new Map<string, OurRow>();
  for (const { index, reported, places } of placed) {
    const { variant, result } = reported;
    const checkpoint = checkpoints[reported.checkpoint]!;
    const key = `${reported.checkpoint} ${variant}`;
    const { label } = checkpoint;
    const row = rows.get(key) ?? { label, variant, checkpoint, options: result.options, figures: new Map() };
    rows.set(key, row);
    for (const { table: other, column, metric } of places) {
      if (other !== table) continue;
      const figure = { ...figureOf(metric, index), of: ofText(withoutColumn(metric, table, column)) };
      row.figures.set(column, named(metric, figure));
    }
  }
  return [...rows.values()];
}

/** What a metric is of, less what its column says. */
function withoutColumn(metric: Place['metric'], { columns }: PaperTable, column: number): Place['metric'] {
  const { of, between } = columns[column]!;
  const said = [...Object.keys(of ?? {}), ...(between ? ['highest', 'lowest'] : [])];
  const rest = Object.entries(metric.of ?? {}).filter(([key]) => !said.includes(key));
  return { ...metric, of: Object.fromEntries(rest) };
}

/** The tables say accuracy, and leave open whether of images or of classes. */
function named({ name }: Place['metric'], figure: Figure): Figure {
  if (name !== 'mean-per-class') return figure;
  return { ...figure, of: ['mean over classes', figure.of].filter((part) => part !== '').join(', ') };
}

/** What the table says of a model, said of ours. */
function attributeOf(name: string, { label, variant, checkpoint, options }: OurRow): string {
  if (name === 'Model' || name === 'Method') return nameOf(label, variant);
  if (name === 'Arch.') return checkpoint.architecture;
  if (name === 'Param.') return shortParameters(checkpoint.parameters);
  // Table 10: copies are described whole, by as many components as were asked for, or all.
  if (name === 'size') return typeof options['size'] === 'number' ? `long ${options['size']}` : '';
  if (name === 'dims') return typeof options['components'] === 'number' ? String(options['components']) : 'all';
  return '';
}
