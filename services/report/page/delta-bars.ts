/** Figure 11: by how many points each linear probe differs from the baseline. Bars decorate a table that has every number. */
import { scaleLinear } from 'd3-scale';
import type { Report, TaskDeltas } from '../../../evals/report/report.ts';
import { type Html, html } from '../../../training/run-page/html.ts';
import { deltaText } from '../format.ts';

export function deltaBars({ deltas, baseline }: Report): Html {
  const ends = deltas.flatMap(({ tasks }) => tasks.flatMap(({ low, high }) => [low, high]));
  const scale = scaleLinear()
    .domain([Math.min(0, ...ends), Math.max(0, ...ends)])
    .nice(4)
    .range([0, 100]);
  return html`${deltas.map(({ name, tasks }) => renderOne(`${name} against ${baseline.name}`, tasks, scale))}`;
}

type Scale = ReturnType<typeof scaleLinear<number, number>>;

function renderOne(title: string, tasks: TaskDeltas['tasks'], scale: Scale): Html {
  return html`<div class="deltas"><h3>${title}</h3><table>
<thead><tr><th scope="col">Task</th><th scope="col" class="number">Points</th><th scope="col" class="number">95&nbsp;% interval</th><th scope="col" aria-hidden="true"></th></tr></thead>
<tbody>${tasks.map(
    (delta) => html`
<tr><th scope="row">${delta.task}</th><td class="number">${deltaText(delta, 'per cent')}</td>
<td class="number muted">${deltaText({ value: delta.low }, 'per cent')} to ${deltaText({ value: delta.high }, 'per cent')}</td>
<td class="bar-cell" aria-hidden="true">${bar(delta, scale)}</td></tr>`,
  )}
<tr aria-hidden="true"><td colspan="3"></td><td class="bar-cell">${axis(scale)}</td></tr>
</tbody></table></div>`;
}

function bar({ value, low, high }: TaskDeltas['tasks'][number], scale: Scale): Html {
  const at = (points: number) => `${scale(points).toFixed(2)}%`;
  const begin = Math.min(0, value);
  const width = scale(Math.max(0, value)) - scale(begin);
  return html`<svg height="16"><line class="zero" x1="${at(0)}" x2="${at(0)}" y1="0" y2="16"/>
<rect class="${value < 0 ? 'minus' : 'plus'}" x="${at(begin)}" y="3" width="${width.toFixed(2)}%" height="10"/>
<line class="interval" x1="${at(low)}" x2="${at(high)}" y1="8" y2="8"/></svg>`;
}

function axis(scale: Scale): Html {
  return html`<svg height="18">${scale.ticks(4).map((tick) => {
    const x = scale(tick);
    const anchor = x < 5 ? 'start' : x > 95 ? 'end' : 'middle';
    return html`<text x="${x.toFixed(2)}%" y="13" text-anchor="${anchor}">${tick > 0 ? `+${tick}` : String(tick).replace('-', '\u2212')}</text>`;
  })}</svg>`;
}
