/** A fingerprint of the images that a process sees, by their names and number. */
import { createHash } from 'node:crypto';
import type { ImageSource } from '../data/source.ts';
import type { DataFingerprint } from './world.ts';

export function fingerprintOf(source: ImageSource): DataFingerprint {
  const hash = createHash('sha256');
  for (let index = 0; index < source.length; index++) hash.update(`${source.name(index)}\n`);
  return { images: source.length, names: hash.digest('hex') };
}

/** What differs, for people; undefined where nothing does. */
export function differenceOf(one: DataFingerprint, other: DataFingerprint): string | undefined {
  if (one.images !== other.images) return `${one.images} images, where the others see ${other.images}`;
  return one.names === other.names ? undefined : `${one.images} images of other names than the others`;
}
