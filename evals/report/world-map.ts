/** Figure 5: the accuracy of each country as a map of the world, an SVG that needs nothing else. */
import { countryOfText } from '../../data/monitor/countries.ts';
import { coarseCountryShapes, MAP_HEIGHT, MAP_WIDTH, mapFrame } from '../../data/monitor/country-shapes.ts';
import type { GroupSize, GroupSizes, Metric } from '../result.ts';

export interface CountryFigure {
  /** An ISO 3166-1 code or an English name. */
  readonly country: string;
  /** A share from 0 to 1, and its interval. */
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly images: number;
  readonly units: number;
  readonly status: GroupSize['status'];
}

/** Upper ends of the classes of the scale; the last has all that is more. */
const CLASS_ENDS = [0.5, 0.6, 0.7, 0.8, 0.9];
/** From few to many: told apart without colours too, by their lightness (cividis). */
const FILLS = ['#00224e', '#35456c', '#666970', '#948e77', '#c8b866', '#fee838'];
const NONE = '#e4e4e4';
const LEGEND_HEIGHT = 62;

/** The countries of a result. @param name of the measure @param sizes of attribute `country` */
export function countriesOf(
  metrics: readonly Metric[],
  name: string,
  { attribute, groups }: GroupSizes,
): CountryFigure[] {
  return groups.flatMap(({ group, images, units, status }) => {
    const metric = metrics.find(
      (each) => each.name === name && each.of?.['attribute'] === attribute && each.of['group'] === group,
    );
    if (!metric) return [];
    const { value, low, high } = metric;
    return [{ country: group, value, low, high, images, units, status }];
  });
}

/** @returns the SVG. Countries with too few images are hatched; those whose names are on no map are listed below it. */
export function worldMap(figures: readonly CountryFigure[]): string {
  const byCode = new Map<string, CountryFigure>();
  const strange: CountryFigure[] = [];
  const drawn = new Set(coarseCountryShapes().map(({ code }) => code));
  for (const figure of figures) {
    const code = countryOfText(figure.country);
    if (code !== undefined && drawn.has(code) && !byCode.has(code)) byCode.set(code, figure);
    else strange.push(figure);
  }
  const countries = coarseCountryShapes().map(({ code, name, path }) => {
    const figure = code === undefined ? undefined : byCode.get(code);
    const fill = !figure ? NONE : FILLS[classOf(figure.value)];
    const shape = `<path d="${path}" fill="${fill}"><title>${escaped(figure ? textOf(figure) : `${name}: no images`)}</title></path>`;
    return figure?.status === 'too few' ? `${shape}<path d="${path}" fill="url(#few)" pointer-events="none"/>` : shape;
  });
  const { sphere, graticule } = mapFrame();
  const others = strange.map(({ country, value }) => `${country} ${Math.round(100 * value)} %`).join(', ');
  const below = others === '' ? '' : label(8, MAP_HEIGHT + LEGEND_HEIGHT - 6, `Not on the map: ${others}`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${MAP_WIDTH} ${MAP_HEIGHT + LEGEND_HEIGHT}" role="img" aria-label="Accuracy of ${figures.length} countries on a map of the world" font-family="system-ui, sans-serif" font-size="12">
<defs><pattern id="few" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M0 0V5" stroke="#fff" stroke-width="3"/></pattern></defs>
<rect width="100%" height="100%" fill="#fff"/>
<path d="${sphere}" fill="#f7fafc"/><path d="${graticule}" fill="none" stroke="#e3ebf0" stroke-width="0.5"/>
<g stroke="#fff" stroke-width="0.4">
${countries.join('\n')}
</g>
${legend()}${below}
</svg>`;
}

function legend(): string {
  const ends = [0, ...CLASS_ENDS, 1].map((end) => `${Math.round(100 * end)}`);
  const classes = FILLS.map((fill, i) => ({ fill, text: `${ends[i]} to ${ends[i + 1]} %`, few: false }));
  const items = [
    ...classes,
    { fill: FILLS[3]!, text: 'too few', few: true },
    { fill: NONE, text: 'no images', few: false },
  ];
  const width = MAP_WIDTH / items.length;
  return items
    .map(({ fill, text, few }, i) => {
      const box = (paint: string) =>
        `<rect x="${(i * width + 8).toFixed(1)}" y="${MAP_HEIGHT + 8}" width="18" height="14" fill="${paint}"/>`;
      return `${box(fill)}${few ? box('url(#few)') : ''}${label(i * width + 31, MAP_HEIGHT + 19, text)}`;
    })
    .join('');
}

function label(x: number, y: number, text: string): string {
  return `<text x="${x.toFixed(1)}" y="${y}" fill="#222">${escaped(text)}</text>`;
}

function textOf({ country, value, low, high, images, units, status }: CountryFigure): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const few = status === 'too few' ? ', too few to compare' : '';
  return `${country}: ${percent(value)} (${percent(low)} to ${percent(high)}), ${images} images of ${units} household${units === 1 ? '' : 's'}${few}`;
}

/** 0 for the lowest shares. */
export function classOf(share: number): number {
  const above = CLASS_ENDS.findIndex((end) => share < end);
  return above < 0 ? CLASS_ENDS.length : above;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
