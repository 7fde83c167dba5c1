import type { Command } from 'commander';
import { DEFAULT_BASELINE } from '../../../evals/report/baseline.ts';
import { nameOf } from '../../../evals/report/benchmarks.ts';
import type { FairnessReport } from '../../../evals/report/fairness/fairness-report.ts';
import type { Report } from '../../../evals/report/report.ts';
import { mainDifferences, measureTitle } from '../../report/fairness-text.ts';
import { deltaText, valueText } from '../../report/format.ts';
import { writeFairness } from '../../report/write-fairness.ts';
import { writeReport } from '../../report/write-report.ts';
import { Output, table } from '../output.ts';

interface ReportCommandOptions {
  out: string;
  title: string;
  baseline: string;
  fairness?: boolean;
  json?: boolean;
}

export function addReportCommand(command: Command): void {
  command
    .argument('<result...>', 'result.json files, or folders that hold some, up to three levels down')
    .option(
      '--out <dir>',
      'for report.html, report.md and report.json, or with --fairness for fairness.* and model-card*',
      'report',
    )
    .option('--title <text>', 'heading of the report', 'Evaluations')
    .option(
      '--baseline <name>',
      'what differences are taken to: a row of the paper, or one of the checkpoints by its name in the report',
      DEFAULT_BASELINE,
    )
    .option(
      '--fairness',
      "the paper's indicators of fairness by group, and a model card of each checkpoint, in place of the report",
    )
    .option('--json', 'print the report as JSON')
    .action(async (paths: string[], options: ReportCommandOptions) => {
      const output = new Output(options);
      const { title, baseline } = options;
      if (options.fairness) {
        const { report, cards, files } = await writeFairness(paths, options.out, { title, baseline });
        for (const warning of report.warnings) output.text(`warning: ${warning}`);
        output.result(
          { files, report, cards },
          `${describeFairness(report)}\n\n${[files.html, ...files.cards].join('\n')}`,
        );
        return;
      }
      const { report, files, missingPictures } = await writeReport(paths, options.out, { title, baseline });
      for (const warning of report.warnings) output.text(`warning: ${warning}`);
      for (const { file, reason } of missingPictures) output.text(`no picture of ${file}: ${reason}`);
      output.result({ files, missingPictures, report }, `${describe(report)}\n\n${files.html}`);
    });
}

/** What differs most first, and what to make of it. */
function describeFairness(report: FairnessReport): string {
  const points = (value: number) => deltaText({ value }, 'per cent');
  const rows = mainDifferences(report).map(({ section, checkpoint, disparity }) => [
    ...[
      measureTitle(section),
      checkpoint,
      `${disparity.highest}, ${disparity.lowest}`,
      points(disparity.difference.value),
    ],
    `${points(disparity.together.low)} to ${points(disparity.together.high)}`,
    disparity.verdict,
  ]);
  const head = ['measure', 'checkpoint', 'farthest apart', 'points', '95 %, all comparisons', ''];
  return `${rows.length > 0 ? `${table([head, ...rows])}\n\n` : ''}${report.comparisons.note}`;
}

function describe({ checkpoints, benchmarks }: Report): string {
  const head = ['benchmark', ...checkpoints.map(({ label }) => label)];
  const rows = benchmarks.map(({ protocol, dataset, variant, metric, unit, figures }) => [
    `${protocol} ${nameOf(dataset, variant)}, ${metric}${unit === '' ? '' : ' in %'}`,
    ...figures.map((figure) => (figure === null ? '-' : valueText(figure, unit))),
  ]);
  return table([head, ...rows]);
}
