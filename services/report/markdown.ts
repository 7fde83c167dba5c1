/** report.md: the tables, warnings and what is needed to repeat each result. Plots and pictures are on the page. */
import { datasetOf, nameOf, optionText } from '../../evals/report/benchmarks.ts';
import type { BenchmarkRow, Figure, PaperSection, Report, ReportedResult } from '../../evals/report/report.ts';
import { formatCount, formatDuration, formatTime } from '../../training/run-page/format.ts';
import { deltaText, intervalText, valueText } from './format.ts';
import { plain, table } from './markdown-text.ts';

export function renderMarkdown(report: Report): string {
  const { title, warnings, tables, benchmarks, further, deltas, results, baseline, checkpoints } = report;
  const blocks = [
    `# ${plain(title)}`,
    `${checkpoints.map(({ label }) => plain(label)).join(' · ')}. Newest result: ${formatTime(report.time)}. Figures are followed by their 95 % interval and what they are a mean of; Δ is the difference to ${plain(baseline.name)}.`,
    warnings.map((warning) => `- **Warning:** ${plain(warning)}`).join('\n'),
    '## Checkpoints side by side',
    benchmarkTable(benchmarks, report),
    ...(further.length === 0 ? [] : ['### Further figures', benchmarkTable(further, report)]),
    ...(tables.length === 0 ? [] : ["## Beside the paper's rows", ...tables.flatMap(paperTable)]),
    ...(deltas.length === 0 ? [] : [`## Linear probes against ${plain(baseline.name)}`]),
    ...deltas.flatMap(({ name, tasks }) => [
      `### ${plain(name)}`,
      table(
        ['Task', 'Points', '95 % interval'],
        tasks.map(({ task, value, low, high }) => [task, points(value), `${points(low)} to ${points(high)}`]),
      ),
    ]),
    '## How to repeat it',
    ...results.map((result) => provenance(result, checkpoints[result.checkpoint]!.label)),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

export function benchmarkTable(rows: readonly BenchmarkRow[], { checkpoints }: Pick<Report, 'checkpoints'>): string {
  return table(
    ['Benchmark', ...checkpoints.map(({ label }) => label), 'In the paper'],
    rows.map(({ protocol, dataset, metric, of, variant, unit, place, figures }) => [
      [nameOf(dataset, variant), protocol, unit === '' ? metric : `${metric}, %`, of].filter((part) => part).join(', '),
      ...figures.map((figure) => figureText(figure, unit)),
      place,
    ]),
  );
}

export function paperTable({ table: number, title, attributes, columns, paper, ours }: PaperSection): string[] {
  return [
    `### Table ${number}: ${title}`,
    table(
      [...attributes, ...columns],
      [
        ...paper.map((row) => [...row.attributes, ...row.figures]),
        ...ours.map((row) => [...row.attributes, ...row.figures.map((figure) => figureText(figure, 'per cent'))]),
      ],
      ours.length,
    ),
  ];
}

export function figureText(figure: Figure | null, unit: BenchmarkRow['unit']): string {
  if (figure === null) return '-';
  const delta = figure.delta ? `, Δ ${deltaText(figure.delta, unit)}` : '';
  return `${valueText(figure, unit)} (${intervalText(figure, unit)}; of ${formatCount(figure.count)}${figure.of === '' ? '' : `, ${figure.of}`})${delta}`;
}

const points = (value: number) => deltaText({ value }, 'per cent');

export function provenance({ file, variant, place, result }: ReportedResult, label: string): string {
  const { protocol, source, options, checkpoint, data, seconds, time, versions } = result;
  const list = (values: Readonly<Record<string, unknown>>) =>
    Object.entries(values)
      .map(([key, value]) => `${key} ${optionText(value)}`)
      .join(', ');
  const facts = [
    `Protocol: ${source}; in the paper: ${place}`,
    `Checkpoint: ${checkpoint.path}, step ${checkpoint.step}${checkpoint.untrained ? ', untrained' : ''}, digest ${checkpoint.digest}; ${checkpoint.architecture}, ${formatCount(checkpoint.parameters)} parameters`,
    `Data: ${data.folder}, digest ${data.digest}; ${list(data.images)}; ${formatCount(data.skipped.length)} skipped`,
    `Options: ${list(options)}`,
    `Made ${formatTime(time)} in ${formatDuration(seconds)}, with ${list(versions)}; read from ${file}`,
  ];
  return `### ${plain(`${protocol} on ${datasetOf(result)}: ${nameOf(label, variant)}`)}\n\n${facts.map((fact) => `- ${plain(fact)}`).join('\n')}`;
}
