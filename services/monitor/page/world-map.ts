/** The map of the world as an SVG: countries coloured by their share, in an equal-area projection, so that no country looks larger than it is. */
import { createRequire } from 'node:module';
import { geoEqualEarth, geoGraticule10, geoPath } from 'd3-geo';
import { feature } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import { countryOfNumber } from '../../../data/monitor/countries.ts';
import { formatCount, formatShare } from '../../../training/run-page/format.ts';
import { type Html, html } from '../../../training/run-page/html.ts';
import type { CountedLabelValue } from '../summary.ts';

const WIDTH = 960;
const HEIGHT = 468;

/** Upper ends of the classes of the scale; more is the last. */
export const CLASSES = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3] as const;

interface Shape {
  /** ISO 3166-1 alpha-2; undefined for what is no country of it. */
  readonly code: string | undefined;
  readonly name: string;
  /** Of an SVG. */
  readonly path: string;
}

let shapes: readonly Shape[] | undefined;

/** @param values countries by alpha-2 code */
export function worldMap(values: readonly CountedLabelValue[]): Html {
  const found = new Map(values.map((value) => [value.value, value]));
  const paths = countries().map(({ code, name, path }) => {
    const value = code === undefined ? undefined : found.get(code);
    if (!value) return html`<path class="c0" d="${path}"><title>${name}: none</title></path>`;
    const text = `${value.name ?? name}: ${formatShare(value.share)}, ${formatCount(value.count)} images`;
    return html`<path class="c${classOf(value.share)}" tabindex="0" d="${path}"><title>${text}</title></path>`;
  });
  const { sphere, graticule } = frame();
  return html`<svg class="map" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Countries of the sample, by their share; the table has the same numbers">
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

function projection() {
  return geoEqualEarth().fitSize([WIDTH, HEIGHT], { type: 'Sphere' });
}

function frame() {
  const path = geoPath(projection()).digits(1);
  return { sphere: path({ type: 'Sphere' })!, graticule: path(geoGraticule10())! };
}

function countries(): readonly Shape[] {
  if (shapes) return shapes;
  const topology = createRequire(import.meta.url)('world-atlas/countries-50m.json') as Topology<{
    countries: GeometryCollection<{ name: string }>;
  }>;
  const path = geoPath(projection()).digits(1);
  shapes = feature(topology, topology.objects.countries).features.flatMap((country) => {
    const drawn = path(country);
    if (!drawn) return [];
    const { name } = country.properties;
    // Kosovo has no number in ISO 3166-1.
    const code =
      country.id === undefined ? (name === 'Kosovo' ? 'XK' : undefined) : countryOfNumber(String(country.id));
    return [{ code, name, path: drawn }];
  });
  return shapes;
}
