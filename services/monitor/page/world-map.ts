/** The map of the world as an SVG: countries coloured by their share. */
import { countryShapes, MAP_HEIGHT, MAP_WIDTH, mapFrame } from '../../../data/monitor/country-shapes.ts';
import { formatCount, formatShare } from '../../../training/run-page/format.ts';
import { type Html, html } from '../../../training/run-page/html.ts';
import type { CountedLabelValue } from '../summary.ts';

/** Upper ends of the classes of the scale; more is the last. */
export const CLASSES = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3] as const;

/** @param values countries by alpha-2 code */
export function worldMap(values: readonly CountedLabelValue[]): Html {
  const found = new Map(values.map((value) => [value.value, value]));
  const paths = countryShapes().map(({ code, name, path }) => {
    const value = code === undefined ? undefined : found.get(code);
    if (!value) return html`<path class="c0" d="${path}"><title>${name}: none</title></path>`;
    const text = `${value.name ?? name}: ${formatShare(value.share)}, ${formatCount(value.count)} images`;
    return html`<path class="c${classOf(value.share)}" tabindex="0" d="${path}"><title>${text}</title></path>`;
  });
  const { sphere, graticule } = mapFrame();
  return html`<svg class="map" viewBox="0 0 ${MAP_WIDTH} ${MAP_HEIGHT}" role="img" aria-label="Countries of the sample, by their share; the table has the same numbers">
<path class="sea" d="${sphere}"/><path class="graticule" d="${graticule}"/>
${paths}
</svg>`;
}

/** The legend of the map. */
export function legend(): Html {
  const percent = (share: number) => `${Number((100 * share).toPrecision(3))} %`;
  const items = [...CLASSES, null].map((end, i) => {
    const begin = i === 0 ? undefined : CLASSES[i - 1]!;
    const text =
      end === null ? `over ${percent(begin!)}` : begin === undefined ? `to ${percent(end)}` : `to ${percent(end)}`;
    return html`<li><span class="swatch c${i + 1}"></span>${text}</li>`;
  });
  return html`<ul class="legend"><li><span class="swatch c0"></span>none</li>${items}</ul>`;
}

/** 1 for the smallest shares. */
export function classOf(share: number): number {
  const above = CLASSES.findIndex((end) => share <= end);
  return above < 0 ? CLASSES.length + 1 : above + 1;
}
