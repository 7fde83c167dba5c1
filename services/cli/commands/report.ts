import type { Command } from 'commander';
import { DEFAULT_BASELINE } from '../../../evals/report/baseline.ts';
import { nameOf } from '../../../evals/report/benchmarks.ts';
import type { Report } from '../../../evals/report/report.ts';
import { valueText } from '../../report/format.ts';
import { writeReport } from '../../report/write-report.ts';
import { Output, table } from '../output.ts';

interface ReportCommandOptions {
  out: string;
  title: string;
  baseline: string;
  json?: boolean;
}

export function addReportCommand(program: Command): void {
  program
    .command('report')
    .description("results of evaluations beside each other and the paper's, as one page; also as Markdown and JSON")
    .argument('<result...>', 'result.json files, or folders that hold some, up to three levels down')
    .option('--out <dir>', 'for report.html, report.md and report.json', 'report')
    .option('--title <text>', 'heading of the report', 'Evaluations')
    .option(
      '--baseline <name>',
      'what differences are taken to: a row of the paper, or one of the checkpoints by its name in the report',
      DEFAULT_BASELINE,
    )
    .option('--json', 'print the report as JSON')
    .action(async (paths: string[], options: ReportCommandOptions) => {
      const output = new Output(options);
      const { title, baseline } = options;
      const { report, files, missingPictures } = await writeReport(paths, options.out, { title, baseline });
      for (const warning of report.warnings) output.text(`warning: ${warning}`);
      for (const { file, reason } of missingPictures) output.text(`no picture of ${file}: ${reason}`);
      output.result({ files, missingPictures, report }, `${describe(report)}\n\n${files.html}`);
    });
}

function describe({ checkpoints, benchmarks }: Report): string {
  const head = ['benchmark', ...checkpoints.map(({ label }) => label)];
  const rows = benchmarks.map(({ protocol, dataset, variant, metric, unit, figures }) => [
    `${protocol} ${nameOf(dataset, variant)}, ${metric}${unit === '' ? '' : ' in %'}`,
    ...figures.map((figure) => (figure === null ? '-' : valueText(figure, unit))),
  ]);
  return table([head, ...rows]);
}
