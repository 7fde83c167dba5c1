/**
 * The country of an image, and how it is known. What stands in the message comes first; only then the image's own header.
 *
 *     label `country` ──▶ labels `latitude`, `longitude` ──▶ GPS in EXIF, where the message holds the image ──▶ unknown
 *
 * The first that names a country wins. Where none does, the first that was there and failed is the reason.
 */
import type { ImageMessage } from '../topics/image-message.ts';
import { type Coordinates, countryOfCoordinates, countryOfText } from './countries.ts';
import { exifPlace } from './exif-place.ts';

/** How the country of an image is known. */
export const KNOWN_BY = ['country-label', 'coordinate-labels', 'exif'] as const;
/** Why it is not. */
export const UNKNOWN_BECAUSE = [
  'country-label-not-understood',
  'coordinate-labels-wrong',
  'exif-malformed',
  'in-no-country',
  'nothing-in-image',
  'only-a-reference',
] as const;

export type KnownBy = (typeof KNOWN_BY)[number];
export type UnknownBecause = (typeof UNKNOWN_BECAUSE)[number];

export interface Location {
  /** ISO 3166-1 alpha-2; undefined where it is unknown. */
  readonly country: string | undefined;
  readonly how: KnownBy | UnknownBecause;
}

type Labels = ImageMessage['labels'];
type Attempt = (image: ImageMessage) => Location | undefined;

export function locate(image: ImageMessage): Location {
  let failed: Location | undefined;
  for (const attempt of ATTEMPTS) {
    const found = attempt(image);
    if (found?.country !== undefined) return found;
    failed ??= found;
  }
  return failed ?? unknown('inline' in image.content ? 'nothing-in-image' : 'only-a-reference');
}

const ATTEMPTS: readonly Attempt[] = [
  ({ labels }) => {
    const text = labelOf(labels, 'country');
    if (text === undefined || text.toLowerCase() === 'unknown') return undefined;
    const country = countryOfText(text);
    return country ? { country, how: 'country-label' } : unknown('country-label-not-understood');
  },
  ({ labels }) => {
    const [latitude, longitude] = [labelOf(labels, 'latitude'), labelOf(labels, 'longitude')];
    if (latitude === undefined && longitude === undefined) return undefined;
    const place = { latitude: degrees(latitude, 90), longitude: degrees(longitude, 180) };
    return isPlace(place) ? at(place, 'coordinate-labels') : unknown('coordinate-labels-wrong');
  },
  ({ content }) => {
    const place = 'inline' in content ? exifPlace(content.inline) : 'none';
    if (place === 'none') return undefined;
    return place === 'malformed' ? unknown('exif-malformed') : at(place, 'exif');
  },
];

function at(place: Coordinates, how: KnownBy): Location {
  const country = countryOfCoordinates(place);
  return country ? { country, how } : unknown('in-no-country');
}

function unknown(how: UnknownBecause): Location {
  return { country: undefined, how };
}

/** Undefined where the label is missing or empty. */
function labelOf(labels: Labels, name: string): string | undefined {
  return labels[name]?.trim() || undefined;
}

/** Decimal degrees; NaN for anything else. */
function degrees(text: string | undefined, limit: number): number {
  if (text === undefined || !/^[+-]?\d{1,3}(\.\d*)?$/.test(text)) return Number.NaN;
  const value = Number(text);
  return Math.abs(value) <= limit ? value : Number.NaN;
}

function isPlace({ latitude, longitude }: Coordinates): boolean {
  return !Number.isNaN(latitude) && !Number.isNaN(longitude);
}
