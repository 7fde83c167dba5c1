/**
 * Where a photo says that it was taken: the GPS entries of its EXIF header. The bytes may be anything: what is wrong with
 * them is an answer and never an error, and ExifReader bounds what it decodes by the size of the file.
 */
import ExifReader, { type Tags } from 'exifreader';
import { sniffFormat } from '../sniff.ts';
import type { Coordinates } from './countries.ts';

export type ExifPlace = Coordinates | 'none' | 'malformed';

const TAGS = ['GPSLatitudeRef', 'GPSLatitude', 'GPSLongitudeRef', 'GPSLongitude'] as const;

/** Bytes of a JPEG's first segments, among which its EXIF is. */
const JPEG_HEADER_BYTES = 2 ** 17;

/** @param bytes of an encoded image; only JPEG, PNG, WebP, TIFF and AVIF are looked into */
export function exifPlace(bytes: Uint8Array): ExifPlace {
  const format = sniffFormat(bytes);
  if (format === undefined || format === 'gif') return 'none';
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (format === 'jpeg' && hasBrokenHeader(buffer)) return 'malformed';
  try {
    return placeOf(silently(() => ExifReader.load(buffer, { includeTags: { exif: [...TAGS] } })));
  } catch (error) {
    return error instanceof ExifReader.errors.MetadataMissingError ? 'none' : 'malformed';
  }
}

function placeOf(tags: Tags): ExifPlace {
  if (TAGS.every((name) => tags[name] === undefined)) return 'none';
  const latitude = degrees(tags.GPSLatitude?.value, tags.GPSLatitudeRef?.value, ['N', 'S'], 90);
  const longitude = degrees(tags.GPSLongitude?.value, tags.GPSLongitudeRef?.value, ['E', 'W'], 180);
  return latitude === undefined || longitude === undefined ? 'malformed' : { latitude, longitude };
}

/**
 * @param value [degrees, minutes, seconds] as fractions [numerator, denominator]
 * @param reference [letter] @param letters of the positive and the negative half
 */
function degrees(value: unknown, reference: unknown, letters: readonly [string, string], limit: number) {
  if (!Array.isArray(value) || value.length !== 3 || !Array.isArray(reference)) return undefined;
  const letter = reference.join('').trim().toUpperCase();
  if (!letters.includes(letter)) return undefined;
  const [whole, minutes, seconds] = value.map(fraction);
  const size = whole! + minutes! / 60 + seconds! / 3600;
  // NaN fails, too.
  if (!(size >= 0 && size <= limit)) return undefined;
  return letter === letters[1] ? -size : size;
}

/** Cameras that count no seconds write 0/0. */
function fraction(pair: unknown): number {
  if (!Array.isArray(pair)) return Number.NaN;
  const [numerator, denominator]: unknown[] = pair;
  if (numerator === 0) return 0;
  return typeof numerator === 'number' && typeof denominator === 'number' ? numerator / denominator : Number.NaN;
}

/** ExifReader passes over a header that is no TIFF, as if it were not there. */
function hasBrokenHeader(jpeg: Buffer): boolean {
  const marker = jpeg.subarray(0, JPEG_HEADER_BYTES).indexOf('Exif\0\0', 0, 'latin1');
  if (marker < 0) return false;
  const header = jpeg.toString('latin1', marker + 6, marker + 10);
  return header !== 'II*\0' && header !== 'MM\0*';
}

/** ExifReader warns of what it cannot read on the console: with some millions of images, that is no help to anyone. */
function silently<T>(work: () => T): T {
  const { warn } = console;
  console.warn = () => undefined;
  try {
    return work();
  } finally {
    console.warn = warn;
  }
}
