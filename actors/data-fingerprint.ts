/** A fingerprint of the images that a process sees, by their names and number. */
import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { ImageCollection } from '../data/source.ts';
import type { DataFingerprint } from './world.ts';

/** Names between two pauses: of a thousand million, all at once would keep a process from saying that it lives. */
const AT_ONCE = 2 ** 16;

export async function fingerprintOf(source: ImageCollection): Promise<DataFingerprint> {
  const { identity, length } = source;
  if (identity !== undefined) return { images: Number.isFinite(length) ? length : null, names: identity };
  const hash = createHash('sha256');
  for (let index = 0; index < source.length; index++) {
    hash.update(`${source.name(index)}\n`);
    if ((index + 1) % AT_ONCE === 0) await setImmediate();
  }
  return { images: source.length, names: hash.digest('hex') };
}

/** What differs, for people; undefined where nothing does. */
export function differenceOf(one: DataFingerprint, other: DataFingerprint): string | undefined {
  if (one.images !== other.images) return `${one.images} images, where the others see ${other.images}`;
  return one.names === other.names ? undefined : `${one.images} images of other names than the others`;
}
