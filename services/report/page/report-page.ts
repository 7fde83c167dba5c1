/** report.html: one file without scripts, which loads nothing. */
import type { Report } from '../../../evals/report/report.ts';
import { formatCount, formatTime } from '../../../training/run-page/format.ts';
import { type Html, html } from '../../../training/run-page/html.ts';
import type { Picture } from '../pictures.ts';
import { deltaBars } from './delta-bars.ts';
import { exampleSection } from './examples.ts';
import { headFigure, renderPage, type Section, warningList } from './frame.ts';
import { modelSizePlots } from './model-size-plot.ts';
import { provenance } from './provenance.ts';
import { benchmarkTable, paperTable } from './tables.ts';

/** Equal reports give equal pages. */
export function renderReportPage(report: Report, pictures: ReadonlyMap<string, Picture>): string {
  const names = report.checkpoints.map(({ label }) => label).join(' · ');
  return renderPage({
    title: report.title,
    eyebrow: 'Auspex report',
    lead: `${names}. Newest result: ${formatTime(report.time)}.`,
    figures: figures(report),
    before: warningList(report.warnings),
    sections: sectionsOf(report, pictures),
  });
}

function sectionsOf(report: Report, pictures: ReadonlyMap<string, Picture>): Section[] {
  const { tables, benchmarks, further, modelSizes, deltas, examples, results, checkpoints, baseline } = report;
  const when = (isThere: boolean, content: () => Html) => (isThere ? content() : undefined);
  return [
    {
      id: 'checkpoints',
      title: 'Checkpoints side by side',
      content: html`<p>${SIDE_BY_SIDE} ${baseline.of === 'results' ? `Δ is the difference to ${baseline.name}.` : undefined}</p>
${benchmarkTable(benchmarks, report, 'Checkpoints side by side')}${when(
  further.length > 0,
  () =>
    html`<details><summary>Further figures <span class="muted">${formatCount(further.length)}</span></summary><div>${benchmarkTable(further, report, 'Further figures')}</div></details>`,
)}`,
    },
    {
      id: 'paper',
      title: "Beside the paper's rows",
      content: when(
        tables.length > 0,
        () => html`<p>${BESIDE} Δ is the difference to ${baseline.name}, in points.</p>${tables.map(paperTable)}`,
      ),
    },
    {
      id: 'sizes',
      title: 'Out of domain, over model sizes',
      content: when(
        modelSizes.length > 0,
        () =>
          html`<p>As Figure 7 of the paper: top-1 accuracy over the number of parameters, on a logarithmic scale.</p>${modelSizePlots(modelSizes)}`,
      ),
    },
    {
      id: 'deltas',
      title: 'Linear probes against a baseline',
      content: when(
        deltas.length > 0,
        () =>
          html`<p>As Figure 11 of the paper: differences to ${baseline.name} in points, greatest first. ${INTERVALS[baseline.of]}</p>${deltaBars(report)}`,
      ),
    },
    {
      id: 'examples',
      title: 'Examples',
      content: when(
        examples.length > 0,
        () =>
          html`<p>Images on which checkpoints differ come first. They illustrate, and are no sample.</p>${examples.map((section) => exampleSection(section, pictures))}`,
      ),
    },
    {
      id: 'provenance',
      title: 'How to repeat it',
      content: html`${results.map((result) => provenance(result, checkpoints[result.checkpoint]!))}`,
    },
  ];
}

const SIDE_BY_SIDE =
  'Below each figure stand its 95 % interval, by the bootstrap, and what it is a mean of. The last column says where in the paper the same benchmark stands on the same images; without such a place, a figure must not be set beside the paper’s.';
const BESIDE =
  "The paper's rows are as printed, and have no intervals. Ours stand beside them only where dataset and number of images are those of the paper; options may still differ from the paper's, and are listed at the end.";
const INTERVALS = {
  paper: "Lines are 95 % intervals of our figures; the paper's have none.",
  results: 'Lines are 95 % intervals as if both figures were independent; on the same images, that is rather too wide.',
} as const;

function figures({ checkpoints, results, tables, warnings }: Report): Html {
  const figure = (name: string, count: number, detail: string) => headFigure(name, formatCount(count), detail);
  const datasets = new Set(results.map(({ result }) => result.data.digest));
  return html`<dl class="figures">
${figure('Checkpoints', checkpoints.length, checkpoints.length === 1 ? checkpoints[0]!.architecture : 'side by side')}
${figure('Results', results.length, `on ${datasets.size === 1 ? 'one set' : `${formatCount(datasets.size)} sets`} of images`)}
${figure('Beside the paper', results.filter((result) => result.tables.length > 0).length, `in ${formatCount(tables.length)} of its tables`)}
${figure('Warnings', warnings.length, warnings.length === 0 ? 'rows can be compared' : 'see below')}
</dl>`;
}
