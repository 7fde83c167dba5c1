/** Figures by group: numbers, how many images they are of, and intervals on one scale. Bars decorate a table that has every number. */
import type { AttributeSection, Disparity, GroupFigure } from '../../../evals/report/fairness/fairness-report.ts';
import type { ReportedCheckpoint } from '../../../evals/report/report.ts';
import { formatCount } from '../../../training/run-page/format.ts';
import { type Html, html } from '../../../training/run-page/html.ts';
import { groupCountText, measureTitle, STATUS_TEXT, verdictText } from '../fairness-text.ts';
import { deltaText, intervalText, valueText } from '../format.ts';

/** Pixels of a bar, for each checkpoint. */
const ROW = 14;

export function groupTable(section: AttributeSection, checkpoints: readonly ReportedCheckpoint[]): Html {
  const title = measureTitle(section);
  const shown = [...checkpoints.entries()].filter(([i]) => section.groups.some(({ figures }) => figures[i]));
  return html`<h3>${title}</h3>
<div class="wide" role="region" aria-label="${title}" tabindex="0"><table class="groups">
<thead><tr><th scope="col">${section.attribute}</th>${shown.map(([i, { label }]) => html`<th scope="col" class="number">${shown.length > 1 ? dot(i) : undefined}${label}</th>`)}<th scope="col" class="scale" aria-hidden="true"><span>0</span><span>50</span><span>100 %</span></th></tr></thead>
<tbody>${section.groups.map(
    ({ group, figures }) => html`
<tr><th scope="row">${group}</th>${shown.map(([i]) => html`<td class="number">${groupCell(figures[i] ?? null, section)}</td>`)}<td class="interval-cell" aria-hidden="true">${intervals(
      shown.map(([i]) => [i, figures[i] ?? null]),
    )}</td></tr>`,
  )}
</tbody></table></div>
${shown.map(([i, checkpoint]) => disparityLine(section, i, shown.length > 1 ? checkpoint.label : undefined))}`;
}

/** The colour of a checkpoint's intervals. */
function dot(checkpoint: number): Html {
  return html`<svg class="dot" width="12" height="10" aria-hidden="true"><circle class="s${checkpoint % 6}" cx="5" cy="5" r="4"/></svg>`;
}

function groupCell(group: GroupFigure | null, { unit }: AttributeSection): Html {
  if (group === null) return html`–`;
  const { figure, status } = group;
  const flag = status === 'enough' ? undefined : html`<small class="flag">${STATUS_TEXT[status]}</small>`;
  const counts = html`<small>${groupCountText(group, unit)}</small>`;
  if (!figure) return html`–${counts}${flag}`;
  return html`<b>${valueText(figure, 'per cent')}</b><small>${intervalText(figure, 'per cent')}</small>${counts}${flag}`;
}

function intervals(figures: readonly (readonly [number, GroupFigure | null])[]): Html {
  return html`<svg height="${ROW * figures.length}">${[0, 50, 100].map((at) => html`<line class="grid" x1="${at}%" x2="${at}%" y1="0" y2="${ROW * figures.length}"/>`)}${figures.map(
    ([checkpoint, group], row) => {
      if (!group?.figure) return undefined;
      const { value, low, high } = group.figure;
      const y = ROW * row + ROW / 2;
      const kind = group.status === 'enough' ? '' : ' small';
      return html`<line class="s${checkpoint % 6} whisker${kind}" x1="${low.toFixed(2)}%" x2="${high.toFixed(2)}%" y1="${y}" y2="${y}"/><circle class="s${checkpoint % 6}${kind}" cx="${value.toFixed(2)}%" cy="${y}" r="4"/>`;
    },
  )}</svg>`;
}

function disparityLine(section: AttributeSection, checkpoint: number, label: string | undefined): Html {
  const unlabelled = section.unlabelled[checkpoint] ?? 0;
  const more = unlabelled > 0 ? ` ${formatCount(unlabelled)} images have no label of ${section.attribute}.` : '';
  const name = label === undefined ? undefined : html`<b>${label}:</b> `;
  const disparity = section.disparities[checkpoint];
  if (!disparity)
    return html`<p class="disparity">${name}Fewer than two groups are large enough to be compared.${more}</p>`;
  return html`<p class="disparity ${verdictClass(disparity)}">${name}${verdictText(disparity)}${more}</p>`;
}

const verdictClass = ({ verdict }: Disparity) => verdict.replaceAll(' ', '-');

/** All differences of the paper's measures at a glance. */
export function differencesTable(
  rows: readonly { readonly section: AttributeSection; readonly checkpoint: string; readonly disparity: Disparity }[],
): Html {
  const points = (value: number) => deltaText({ value }, 'per cent');
  return html`<div class="wide" role="region" aria-label="Differences between groups" tabindex="0"><table>
<thead><tr><th scope="col">Measure</th><th scope="col">Checkpoint</th><th scope="col">Farthest apart</th><th scope="col" class="number">Points</th><th scope="col" class="number">This attribute</th><th scope="col" class="number">All comparisons</th><th scope="col">Told apart</th></tr></thead>
<tbody>${rows.map(
    ({ section, checkpoint, disparity: { highest, lowest, difference, together, verdict } }) => html`
<tr><th scope="row">${section.measure} by ${section.attribute}<small>${[section.of, section.dataset].filter((part) => part !== '').join(', ')}</small></th><td>${checkpoint}</td><td>${highest}, ${lowest}</td><td class="number"><b>${points(difference.value)}</b></td><td class="number muted">${points(difference.low)} to ${points(difference.high)}</td><td class="number muted">${points(together.low)} to ${points(together.high)}</td><td class="verdict ${verdict.replaceAll(' ', '-')}">${verdict === 'apart' ? 'yes' : verdict === 'perhaps' ? 'not among all' : 'no'}</td></tr>`,
  )}
</tbody></table></div>`;
}
