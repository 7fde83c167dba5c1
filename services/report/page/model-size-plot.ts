/** Figure 7: accuracy out of domain over the number of parameters, a panel for each dataset. */
import { scaleLinear, scaleLog } from 'd3-scale';
import { shortParameters } from '../../../evals/report/parameters.ts';
import type { ModelSizes } from '../../../evals/report/report.ts';
import { type Html, html } from '../../../training/run-page/html.ts';
import { legendItem, seerMark, seriesMark, theirMark, whisker } from './marks.ts';

const WIDTH = 320;
const HEIGHT = 210;
const MARGIN = { left: 42, right: 12, top: 10, bottom: 38 };

export function modelSizePlots(panels: readonly ModelSizes[]): Html {
  const all = panels.flatMap(({ paper, ours }) => [...paper, ...ours].map(({ parameters }) => parameters));
  const x = scaleLog()
    .domain([Math.min(...all) / 1.6, Math.max(...all) * 1.6])
    .range([MARGIN.left, WIDTH - MARGIN.right]);
  return html`<div class="panels">${panels.map((panel) => renderPanel(panel, x))}</div>
<ul class="legend">${legendItem(seerMark, 'SEER, in the paper')}${legendItem(theirMark, 'others in the paper')}${legendOfOurs(panels)}</ul>`;
}

function legendOfOurs(panels: readonly ModelSizes[]): Html[] {
  const names = new Map(panels.flatMap(({ ours }) => ours.map(({ name, checkpoint }) => [name, checkpoint])));
  return [...names].map(([name, checkpoint]) =>
    legendItem((x, y, title) => seriesMark(checkpoint, x, y, title), `${name}, with 95 % interval`),
  );
}

function renderPanel({ dataset, paper, ours }: ModelSizes, x: (parameters: number) => number): Html {
  const values = [...paper.map(({ value }) => value), ...ours.flatMap(({ low, value, high }) => [low, value, high])];
  const y = scaleLinear()
    .domain([Math.min(...values), Math.max(...values)])
    .nice(4)
    .range([HEIGHT - MARGIN.bottom, MARGIN.top]);
  const highest = Math.max(...y.ticks(4));
  const isSeer = ({ name }: { readonly name: string }) => name.startsWith('SEER ');
  const seer = paper.filter(isSeer).toSorted((a, b) => a.parameters - b.parameters);
  const line = seer.map(({ parameters, value }) => `${x(parameters).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
  const text = ({ name, parameters, value }: ModelSizes['paper'][number]) =>
    `${name}, ${shortParameters(parameters)} parameters: ${value.toFixed(1)} %`;
  const described = [...ours, ...seer].map(text).join('; ');
  return html`<figure><figcaption><h3>${dataset}</h3></figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${dataset}, top-1 accuracy over model size. ${described}. Table 7 has the same figures.">
${y.ticks(4).map(
  (tick) => html`<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${y(tick)}" y2="${y(tick)}"/>
<text x="${MARGIN.left - 6}" y="${y(tick) + 4}" text-anchor="end">${tick}${tick === highest ? '\u00a0%' : undefined}</text>`,
)}
${decades(x).map(
  (
    tick,
  ) => html`<line class="grid" x1="${x(tick).toFixed(1)}" x2="${x(tick).toFixed(1)}" y1="${HEIGHT - MARGIN.bottom}" y2="${HEIGHT - MARGIN.bottom + 4}"/>
<text x="${x(tick).toFixed(1)}" y="${HEIGHT - MARGIN.bottom + 16}" text-anchor="middle">${shortParameters(tick)}</text>`,
)}
<text x="${(WIDTH + MARGIN.left) / 2}" y="${HEIGHT - 4}" text-anchor="middle">parameters</text>
<polyline class="seer-line" points="${line}"/>
${paper.filter((point) => !isSeer(point)).map((point) => theirMark(x(point.parameters), y(point.value), text(point)))}
${seer.map((point) => seerMark(x(point.parameters), y(point.value), text(point)))}
${ours.map((point) => html`${whisker(point.checkpoint, x(point.parameters), y(point.low), y(point.high))}${seriesMark(point.checkpoint, x(point.parameters), y(point.value), text(point))}`)}
</svg></figure>`;
}

/** Powers of ten within the plot. */
function decades(x: (parameters: number) => number): number[] {
  const isInside = (at: number) => at >= MARGIN.left && at <= WIDTH - MARGIN.right;
  return Array.from({ length: 12 }, (_, exponent) => 10 ** exponent).filter((tick) => isInside(x(tick)));
}
