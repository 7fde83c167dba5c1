/** Where images were taken and where they were looked for, on a map of the world, as an SVG by itself. */
import { createRequire } from 'node:module';
import { geoEqualEarth, geoPath } from 'd3-geo';
import { feature } from 'topojson-client';
import type { GeometryObject, Topology } from 'topojson-specification';
import { type Place, RADII_KM } from '../geo/distance.ts';

export interface MappedError {
  readonly image: string;
  readonly truth: Place;
  readonly predicted: Place;
  readonly km: number;
}

const WIDTH = 960;
const MAP_HEIGHT = 468;
const HEIGHT = MAP_HEIGHT + 62;
/** Beyond so many images ways would hide each other and the map: places alone are drawn. */
const MOST_WAYS = 400;

/** From the nearest to what is farther than any radius; told apart by those who see no red or no green, too. */
const COLOURS = ['#0b5fa5', '#2c8fc9', '#63b8c4', '#e0b23c', '#dd7a26', '#b3264a'] as const;
const NAMES = [...RADII_KM.map((km) => `to ${km.toLocaleString('en')} km`), 'farther'];

/** @param title what was predicted by */
export function errorMap(errors: readonly MappedError[], title: string): string {
  const projection = geoEqualEarth().fitSize([WIDTH, MAP_HEIGHT], { type: 'Sphere' });
  const path = geoPath(projection).digits(1);
  const topology = createRequire(import.meta.url)('world-atlas/land-110m.json') as Topology<{ land: GeometryObject }>;
  // The largest errors first, so that the small ones lie on top of them.
  const sorted = [...errors].sort((one, other) => other.km - one.km);
  const ways = errors.length > MOST_WAYS ? [] : sorted.filter(({ km }) => km > RADII_KM[0]);
  const lines = ways.map(({ truth, predicted, km }) => {
    const way = path({ type: 'LineString', coordinates: [coordinatesOf(truth), coordinatesOf(predicted)] });
    return `<path class="way" stroke="${COLOURS[classOf(km)]}" d="${way}"/>`;
  });
  const dots = sorted.map(({ image, truth, predicted, km }) => {
    const [x, y] = projection(coordinatesOf(truth))!;
    const label = `${image}: taken at ${degrees(truth)}, looked for at ${degrees(predicted)}, ${kilometres(km)} away`;
    return `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${errors.length > MOST_WAYS ? 2 : 3}" fill="${COLOURS[classOf(km)]}"><title>${escaped(label)}</title></circle>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(`Errors of ${title}`)}">
<style>
  svg { background: #fff; font: 13px system-ui, sans-serif; }
  .sea { fill: #eef3f7; stroke: #b8c4cf; } .land { fill: #d9dde1; } .way { fill: none; stroke-width: 0.9; opacity: 0.55; }
  circle { stroke: #fff; stroke-width: 0.6; } text { fill: #1f2933; } .title { font-weight: 600; }
  @media (prefers-color-scheme: dark) {
    svg { background: #14181d; } .sea { fill: #1b222a; stroke: #46525f; } .land { fill: #343d47; } circle { stroke: #14181d; } text { fill: #e4e9ee; }
  }
</style>
<path class="sea" d="${path({ type: 'Sphere' })}"/><path class="land" d="${path(feature(topology, topology.objects.land))}"/>
${[...lines, ...dots].join('\n')}
<text class="title" x="12" y="${MAP_HEIGHT + 22}">${escaped(`${errors.length.toLocaleString('en')} images, ${title}`)}</text>
${legend(errors)}
</svg>
`;
}

function legend(errors: readonly MappedError[]): string {
  const counts = NAMES.map(() => 0);
  for (const { km } of errors) counts[classOf(km)]!++;
  const step = (WIDTH - 24) / NAMES.length;
  return NAMES.map((name, i) => {
    const x = 12 + i * step;
    return `<circle cx="${x + 5}" cy="${MAP_HEIGHT + 45}" r="5" fill="${COLOURS[i]}"/><text x="${x + 16}" y="${MAP_HEIGHT + 49.5}">${name}: ${counts[i]!.toLocaleString('en')}</text>`;
  }).join('\n');
}

function classOf(km: number): number {
  const inside = RADII_KM.findIndex((radius) => km <= radius);
  return inside < 0 ? RADII_KM.length : inside;
}

function coordinatesOf({ latitude, longitude }: Place): [number, number] {
  return [longitude, latitude];
}

function degrees({ latitude, longitude }: Place): string {
  const side = (value: number, positive: string, negative: string) =>
    `${Math.abs(value).toFixed(2)}° ${value < 0 ? negative : positive}`;
  return `${side(latitude, 'N', 'S')} ${side(longitude, 'E', 'W')}`;
}

function kilometres(km: number): string {
  return km < 10 ? `${km.toFixed(1)} km` : `${Math.round(km).toLocaleString('en')} km`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
