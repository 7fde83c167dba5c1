/**
 * Countries: which one a text names, and in which one a place lies. A country is an entry of ISO 3166-1, such as Hong Kong
 * and French Guiana, or Kosovo (XK), which has none. Borders are those of country-coder, and are in the package: nothing is
 * asked from anyone.
 */
import { borders, featuresContaining } from '@rapideditor/country-coder';

type Properties = (typeof borders.features)[number]['properties'];

/** Degrees; north and east are positive. */
export interface Coordinates {
  readonly latitude: number;
  readonly longitude: number;
}

/** English names that neither the borders' package nor the system's list of names has. */
const MORE_NAMES: Readonly<Record<string, readonly string[]>> = {
  BN: ['Brunei Darussalam'],
  BO: ['Plurinational State of Bolivia'],
  CD: ['Democratic Republic of the Congo', 'DR Congo', 'Congo-Kinshasa'],
  CG: ['Congo', 'Republic of the Congo', 'Congo-Brazzaville'],
  CI: ['Ivory Coast'],
  CV: ['Cabo Verde'],
  CZ: ['Czech Republic'],
  FM: ['Federated States of Micronesia'],
  GB: ['Great Britain', 'Britain', 'United Kingdom of Great Britain and Northern Ireland'],
  IR: ['Islamic Republic of Iran'],
  KP: ["Democratic People's Republic of Korea"],
  KR: ['Republic of Korea', 'Korea'],
  LA: ["Lao People's Democratic Republic"],
  MD: ['Republic of Moldova'],
  MK: ['Macedonia'],
  PS: ['State of Palestine', 'Palestine'],
  RU: ['Russian Federation'],
  SY: ['Syrian Arab Republic'],
  SZ: ['Swaziland'],
  TR: ['Turkey', 'Türkiye', 'Turkiye'],
  TZ: ['United Republic of Tanzania'],
  US: ['United States', 'United States of America'],
  VA: ['Holy See'],
  VE: ['Bolivarian Republic of Venezuela'],
};

const namesInEnglish = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });

/** Degrees: a centimetre at the equator. */
const BESIDE = 1e-7;

/** Alpha-2 codes by what can stand for them. */
let codesByText: ReadonlyMap<string, string> | undefined;

/** @returns the ISO 3166-1 alpha-2 code of such a code, an alpha-3 code or an English name; undefined for others */
export function countryOfText(text: string): string | undefined {
  codesByText ??= textIndex();
  return codesByText.get(normalised(text));
}

/**
 * @param coordinates finite, within ±90 and ±180
 * @returns the alpha-2 code; undefined at sea, and where no country of ISO 3166-1 is
 */
export function countryOfCoordinates({ latitude, longitude }: Coordinates): string | undefined {
  if (Math.abs(longitude) < 180) return countryAt(longitude, latitude);
  // Polygons end at the antimeridian, and do not have it inside.
  return countryAt(180 - BESIDE, latitude) ?? countryAt(-180 + BESIDE, latitude);
}

/** The English name of a code, or the code itself. */
export function countryName(code: string): string {
  return (isAlpha2(code) && namesInEnglish.of(code)) || code;
}

/** @param number ISO 3166-1 numeric, such as '250' @returns the alpha-2 code */
export function countryOfNumber(number: string): string | undefined {
  return borders.features.find(({ properties }) => properties.iso1N3 === number && isCountry(properties))?.properties
    .iso1A2;
}

function countryAt(longitude: number, latitude: number): string | undefined {
  // The smallest area comes first.
  return featuresContaining([longitude, latitude]).find(({ properties }) => isCountry(properties))?.properties.iso1A2;
}

function isCountry({ iso1A2, isoStatus }: Properties): boolean {
  return iso1A2 !== undefined && (isoStatus === 'official' || iso1A2 === 'XK');
}

function isAlpha2(text: string): boolean {
  return /^[A-Z]{2}$/.test(text);
}

function textIndex(): Map<string, string> {
  const index = new Map<string, string>();
  const add = (text: string | undefined, code: string) => {
    // Numbers are calling codes and groups of countries.
    if (text && !/^[\d+]/.test(text) && !index.has(normalised(text))) index.set(normalised(text), code);
  };
  const countries = borders.features.filter(({ properties }) => isCountry(properties));
  for (const { properties } of countries) add(properties.iso1A2, properties.iso1A2!);
  for (const { properties } of countries) add(properties.iso1A3, properties.iso1A2!);
  for (const [code, names] of Object.entries(MORE_NAMES)) for (const name of names) add(name, code);
  for (const { properties } of countries) {
    const { iso1A2, nameEn, aliases = [] } = properties;
    for (const name of [countryName(iso1A2!), nameEn, ...aliases]) add(name, iso1A2!);
  }
  // Parts of a country that have a name but no code: England, Hawaii.
  for (const { properties } of borders.features) {
    const { country, nameEn, aliases = [] } = properties;
    if (!isCountry(properties) && country) for (const name of [nameEn, ...aliases]) add(name, country);
  }
  return index;
}

/** `Côte d’Ivoire`, `COTE D'IVOIRE` and `the Cote d Ivoire` are one. */
function normalised(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .trim()
    .replace(/^the /, '')
    .replace(/&/g, 'and')
    .replace(/[^\p{L}\p{N}]+/gu, '');
}
