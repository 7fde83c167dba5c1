import type { HeldOutResult, HeldOutRow } from './data.ts';
import { formatShare } from './format.ts';
import { type Html, html } from './html.ts';

/** A table per result, each row with its bar and its 95 % interval on one common scale that begins at 0. */
export function renderHeldOut(results: readonly HeldOutResult[]): Html {
  return html`${results.map(({ title, question, rows }) => {
    const end = scaleEnd(rows);
    return html`
    <div class="held-out">
      <h3>${title}</h3>
      <p>${question}</p>
      <table>
        <thead>
          <tr><th scope="col">Features</th><th scope="col" class="number">Score</th>
            <th scope="col" class="number">95&nbsp;% interval</th><th scope="col" class="bar-cell">0 to ${formatShare(end)}</th></tr>
        </thead>
        <tbody>${rows.map((row) => renderRow(row, end))}</tbody>
      </table>
    </div>`;
  })}`;
}

function renderRow(row: HeldOutRow, end: number): Html {
  const { name, kind, value, interval } = row;
  return html`
          <tr class="${kind}">
            <th scope="row">${name}</th>
            <td class="number">${formatShare(value)}</td>
            <td class="number muted">${interval ? `${formatShare(interval.low)} – ${formatShare(interval.high)}` : 'exact'}</td>
            <td class="bar-cell">${renderBar(row, end)}</td>
          </tr>`;
}

/** Decoration: every number of it stands in the cells beside it. */
function renderBar({ value, interval }: HeldOutRow, end: number): Html {
  const at = (share: number) => `${((100 * share) / end).toFixed(2)}%`;
  return html`<svg class="bar" width="100%" height="18" aria-hidden="true">
              <rect class="track" x="0" y="8.5" width="100%" height="1"/>
              <rect class="value" x="0" y="3" width="${at(value)}" height="12" rx="2"/>${
                interval &&
                html`
              <line class="interval" x1="${at(interval.low)}" x2="${at(interval.high)}" y1="9" y2="9"/>
              <line class="interval" x1="${at(interval.low)}" x2="${at(interval.low)}" y1="5" y2="13"/>
              <line class="interval" x1="${at(interval.high)}" x2="${at(interval.high)}" y1="5" y2="13"/>`
              }
            </svg>`;
}

/** The least multiple of 10 % beyond every value and interval. */
function scaleEnd(rows: readonly HeldOutRow[]): number {
  const largest = Math.max(0.05, ...rows.map(({ value, interval }) => Math.max(value, interval?.high ?? 0)));
  return Math.min(1, Math.ceil(10 * largest - 1e-9) / 10);
}

/** The first trained row and the best baseline of the last result. */
export function headline(results: readonly HeldOutResult[]) {
  const rows = results.at(-1)?.rows ?? [];
  const trained = rows.find(({ kind }) => kind === 'trained');
  const baselines = rows.filter(({ kind }) => kind === 'baseline').sort((a, b) => b.value - a.value);
  return trained && { trained, bestBaseline: baselines[0] };
}
