import { nameOf } from '../../../evals/report/benchmarks.ts';
import type { BenchmarkRow, Figure, PaperSection, Report } from '../../../evals/report/report.ts';
import { formatCount } from '../../../training/run-page/format.ts';
import { type Html, html } from '../../../training/run-page/html.ts';
import { deltaText, intervalText, valueText } from '../format.ts';

/** The paper's rows as they are printed, ours below them. Scrolls by itself where the page is narrow. */
export function paperTable(section: PaperSection): Html {
  const { table, title, attributes, columns, columnsInPaper, paper, ours } = section;
  const name = `Table ${table}: ${title}`;
  const partly =
    columns.length < columnsInPaper
      ? html` ${columns.length} of the table's ${columnsInPaper} columns: those with a result.`
      : undefined;
  return html`<h3>${name}</h3>
<p class="muted">In per cent.${partly}</p>
<div class="wide" role="region" aria-label="${name}" tabindex="0"><table>
<thead><tr><th scope="col">${attributes[0]}</th>${columns.map((column) => html`<th scope="col" class="number">${column}</th>`)}</tr></thead>
<tbody>${paper.map(
    ({ group, attributes, figures, isBaseline }, i) => html`
${group !== '' && group !== paper[i - 1]?.group ? groupRow(group, columns.length) : undefined}
<tr>${rowHead(attributes, isBaseline)}${figures.map((figure) => html`<td class="number">${figure === '-' ? '–' : figure}</td>`)}</tr>`,
  )}
${groupRow('These results', columns.length)}${ours.map(
  ({ attributes, figures, isBaseline }) => html`
<tr class="ours">${rowHead(attributes, isBaseline)}${figures.map((figure) => html`<td class="number">${figureCell(figure, 'per cent')}</td>`)}</tr>`,
)}
</tbody></table></div>`;
}

function groupRow(group: string, columns: number): Html {
  return html`<tr class="group"><th scope="rowgroup" colspan="${columns + 1}">${group}</th></tr>`;
}

function rowHead([name, ...others]: readonly string[], isBaseline: boolean): Html {
  const more = others.filter((text) => text !== '').join(' · ');
  return html`<th scope="row">${name}${baselineTag(isBaseline)}${more === '' ? undefined : html`<small>${more}</small>`}</th>`;
}

function baselineTag(isBaseline: boolean): Html | undefined {
  return isBaseline ? html` <span class="tag">baseline</span>` : undefined;
}

function figureCell(figure: Figure | null, unit: BenchmarkRow['unit']): Html {
  if (figure === null) return html`–`;
  const { delta } = figure;
  return html`<b>${valueText(figure, unit)}</b><small>${intervalText(figure, unit)}</small><small>of ${formatCount(figure.count)}</small>${figure.of === '' ? undefined : html`<small class="of">${figure.of}</small>`}${
    delta && html`<small class="delta">Δ ${deltaText(delta, unit)}</small>`
  }`;
}

/** All benchmarks, a column for each checkpoint. */
export function benchmarkTable(
  rows: readonly BenchmarkRow[],
  { checkpoints, baseline }: Pick<Report, 'checkpoints' | 'baseline'>,
  name: string,
): Html {
  return html`<div class="wide" role="region" aria-label="${name}" tabindex="0"><table>
<thead><tr><th scope="col">Benchmark</th>${checkpoints.map(
    ({ label }) =>
      html`<th scope="col" class="number">${label}${baselineTag(baseline.of === 'results' && label === baseline.name)}</th>`,
  )}<th scope="col">In the paper</th></tr></thead>
<tbody>${rows.map(
    ({ protocol, dataset, metric, of, variant, unit, place, figures }) => html`
<tr><th scope="row">${nameOf(dataset, variant)}<small>${[protocol, unit === '' ? metric : `${metric}, %`, of].filter((text) => text !== '').join(' · ')}</small></th>${figures.map(
      (figure) => html`<td class="number">${figureCell(figure, unit)}</td>`,
    )}<td class="note">${place}</td></tr>`,
  )}
</tbody></table></div>`;
}
