/** Colours of the countries that most hashtags are of; the others share a grey. */
import { countryName } from '../../../data/monitor/countries.ts';
import type { MappedTag } from '../summary.ts';

/** As far apart as twelve colours can be, also for those who see no red or no green; on light and on dark ground. */
const LIGHT = [
  '#1f77b4',
  '#e07b00',
  '#2a9d4a',
  '#c8322f',
  '#7b55b5',
  '#8a5a3c',
  '#d65aa5',
  '#6f7d00',
  '#0aa3b5',
  '#3b3f9e',
  '#b58900',
  '#7a1f4d',
];
const DARK = [
  '#5aa9e6',
  '#ff9f3f',
  '#5fd07c',
  '#ff6f69',
  '#b392f0',
  '#c99a76',
  '#ff8fd0',
  '#c3d037',
  '#4fd8e6',
  '#8f95ff',
  '#f2c94c',
  '#e0709f',
];

export interface ColouredCountry {
  readonly code: string;
  readonly name: string;
  readonly hashtags: number;
  readonly light: string;
  readonly dark: string;
}

/** By the number of their hashtags. */
export function colouredCountries(tags: readonly MappedTag[]): readonly ColouredCountry[] {
  const counts = new Map<string, number>();
  for (const { country } of tags) if (country !== null) counts.set(country, (counts.get(country) ?? 0) + 1);
  return [...counts]
    .sort(([one, few], [other, many]) => many - few || (one < other ? -1 : 1))
    .map(([code, hashtags], i) => ({
      ...{ code, name: countryName(code), hashtags },
      light: LIGHT[i] ?? '#9a9fa6',
      dark: DARK[i] ?? '#777d85',
    }));
}
