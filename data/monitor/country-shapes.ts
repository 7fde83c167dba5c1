/** The outlines of countries as paths of an SVG, in an equal-area projection, so that no country looks larger than it is. */
import { createRequire } from 'node:module';
import { geoEqualEarth, geoGraticule10, geoPath } from 'd3-geo';
import { feature } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import { countryOfNumber } from './countries.ts';

/** Of the map, in the units of its paths. */
export const MAP_WIDTH = 960;
export const MAP_HEIGHT = 468;

export interface CountryShape {
  /** ISO 3166-1 alpha-2; undefined for what is no country of it. */
  readonly code: string | undefined;
  readonly name: string;
  /** Of an SVG. */
  readonly path: string;
}

type Scale = '50m' | '110m';

const known = new Map<Scale | 'coarse', readonly CountryShape[]>();

/** 1.1 MB of paths. */
export function countryShapes(): readonly CountryShape[] {
  return remembered('50m', () => shapesAt('50m'));
}

/** 0.1 MB: outlines for a scale of 1 to 110 million, and finer ones of the countries that are too small for it. */
export function coarseCountryShapes(): readonly CountryShape[] {
  return remembered('coarse', () => {
    const coarse = shapesAt('110m');
    const drawn = new Set(coarse.map(({ code }) => code));
    return [...coarse, ...countryShapes().filter(({ code }) => code !== undefined && !drawn.has(code))];
  });
}

function remembered(key: Scale | 'coarse', make: () => readonly CountryShape[]): readonly CountryShape[] {
  const shapes = known.get(key) ?? make();
  known.set(key, shapes);
  return shapes;
}

function shapesAt(scale: Scale): CountryShape[] {
  const topology = createRequire(import.meta.url)(`world-atlas/countries-${scale}.json`) as Topology<{
    countries: GeometryCollection<{ name: string }>;
  }>;
  const path = geoPath(projection()).digits(1);
  return feature(topology, topology.objects.countries).features.flatMap((country) => {
    const drawn = path(country);
    if (!drawn) return [];
    const { name } = country.properties;
    // Kosovo has no number in ISO 3166-1.
    const code =
      country.id === undefined ? (name === 'Kosovo' ? 'XK' : undefined) : countryOfNumber(String(country.id));
    return [{ code, name, path: drawn }];
  });
}

/** The outline of the world, and its meridians and parallels. */
export function mapFrame(): { readonly sphere: string; readonly graticule: string } {
  const path = geoPath(projection()).digits(1);
  return { sphere: path({ type: 'Sphere' })!, graticule: path(geoGraticule10())! };
}

function projection() {
  return geoEqualEarth().fitSize([MAP_WIDTH, MAP_HEIGHT], { type: 'Sphere' });
}
