/** Marks of series, told apart by shape and by colours that the colour-blind can tell apart. */
import { type Html, html, Html as RawHtml } from '../../../training/run-page/html.ts';

/** Around (0, 0), of about equal area. */
const SHAPES = [
  'M4.2,0A4.2,4.2 0 1 1 -4.2,0A4.2,4.2 0 1 1 4.2,0Z',
  'M-3.8,-3.8H3.8V3.8H-3.8Z',
  'M0,-5.2L5,3.6H-5Z',
  'M0,-5.4L5.4,0L0,5.4L-5.4,0Z',
  'M0,5.2L5,-3.6H-5Z',
  'M-5,-1.7H-1.7V-5H1.7V-1.7H5V1.7H1.7V5H-1.7V1.7H-5Z',
] as const;

const CIRCLE = SHAPES[0];
const DIAMOND = SHAPES[3];

/** Of the i-th checkpoint. */
export function seriesMark(i: number, x: number, y: number, title: string): Html {
  const series = i % SHAPES.length;
  return mark(`s${series}`, SHAPES[series]!, x, y, title);
}

export const theirMark = (x: number, y: number, title: string) => mark('theirs', CIRCLE, x, y, title);
export const seerMark = (x: number, y: number, title: string) => mark('seer', DIAMOND, x, y, title);

function mark(className: string, shape: string, x: number, y: number, title: string): Html {
  return html`<path class="${className}" transform="translate(${x.toFixed(1)},${y.toFixed(1)})" d="${new RawHtml(shape)}"><title>${title}</title></path>`;
}

/** The interval of a mark. */
export function whisker(i: number, x: number, low: number, high: number): Html {
  const [at, from, to] = [x, low, high].map((value) => value.toFixed(1)) as [string, string, string];
  return html`<line class="s${i % SHAPES.length} whisker" x1="${at}" x2="${at}" y1="${from}" y2="${to}"/>`;
}

/** A mark with its name, for a legend. */
export function legendItem(mark: (x: number, y: number, title: string) => Html, name: string): Html {
  return html`<li><svg width="14" height="14" aria-hidden="true">${mark(7, 7, name)}</svg>${name}</li>`;
}
