/** What a geolocalisation has predicted, image by image, as a file to read and as maps to look at. */
import path from 'node:path';
import { writeFileAtomically } from '../../checkpoints/atomic-file.ts';
import type { Place } from './distance.ts';

/** An image, where it was taken, and where it was looked for. */
export interface Located {
  readonly image: string;
  /** Such as a test set. */
  readonly group?: string;
  readonly truth: Place;
  readonly predicted: Place;
  /** Of S2, in hexadecimal. */
  readonly cell: string;
  readonly probability: number;
  /** Between the two places. */
  readonly km: number;
}

const LOCATED_FILE = 'places.json';

/** @returns the files by what they hold */
export async function writeLocated(
  out: string,
  results: readonly { readonly method: Readonly<Record<string, string>>; readonly located: readonly Located[] }[],
): Promise<Record<string, string>> {
  const methods = results.map(({ method, located }) => ({ ...method, images: located }));
  const text = `${JSON.stringify({ formatVersion: 1, methods }, null, 1)}\n`;
  await writeFileAtomically(path.join(out, LOCATED_FILE), (handle) => handle.writeFile(text));
  const files: Record<string, string> = { places: LOCATED_FILE };
  const { errorMap } = await import('../report/error-map.ts');
  const ofImages = results.filter(({ method }) => method['classifier'] !== 'most frequent cell');
  for (const { method, located } of ofImages) {
    const layer = ofImages.length > 1 ? method['layer'] : undefined;
    const name = layer === undefined ? 'map' : `map-${layer}`;
    const title = Object.entries(method).map(([key, value]) => `${key} ${value}`);
    const picture = errorMap(located, title.join(', '));
    await writeFileAtomically(path.join(out, `${name}.svg`), (handle) => handle.writeFile(picture));
    files[layer === undefined ? 'map of errors' : `map of errors, ${layer}`] = `${name}.svg`;
  }
  return files;
}
