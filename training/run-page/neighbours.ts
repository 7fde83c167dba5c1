import type { Neighbour, NeighbourGrid } from './data.ts';
import { type Html, html } from './html.ts';

/** Each query and its nearest neighbours. A hit is told by its border and, for whoever cannot see that, by a tick and words. */
export function renderNeighbours({ caption, rows }: NeighbourGrid): Html {
  return html`
    <p>${caption}</p>
    <ol class="neighbours">${rows.map(({ query, neighbours }, row) => {
      return html`
      <li>
        <figure class="query">
          <img src="${query.dataUri}" alt="Query ${row + 1}: ${query.name}" title="${query.name}" loading="lazy" width="96" height="96">
          <figcaption>query</figcaption>
        </figure>${neighbours.map(renderNeighbour)}
      </li>`;
    })}
    </ol>`;
}

function renderNeighbour({ name, dataUri, similarity, correct }: Neighbour, index: number): Html {
  const verdict = correct ? 'correct' : 'not correct';
  return html`
        <figure class="${correct ? 'hit' : 'miss'}">
          <img src="${dataUri}" alt="Neighbour ${index + 1}, ${verdict}: ${name}" title="${name}" loading="lazy" width="96" height="96">
          <figcaption>${correct ? html`<b>✓ </b>` : undefined}${similarity.toFixed(2)}</figcaption>
        </figure>`;
}
