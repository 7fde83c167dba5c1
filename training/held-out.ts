/** Divides a source into images to train on and images that training never sees. */
import { permute } from '../data/order.ts';
import { partOf } from '../data/part-of.ts';
import type { ImageCollection, ImageSource } from '../data/source.ts';

export interface Division {
  readonly training: ImageSource;
  readonly heldOut: ImageSource;
}

/**
 * Of a folder the division is computed, not stored: image i of a part is image p(i) or p(numTraining + i) of the source, where p is a
 * permutation that the seed decides.
 */
export function divideSource(source: ImageCollection, heldOutShare: number, seed: number): Division {
  if (source.divide) return source.divide(heldOutShare);
  const numHeldOut = numHeldOutOf(source.length, heldOutShare);
  const numTraining = source.length - numHeldOut;
  const order = (index: number) => permute(index, source.length, seed, HELD_OUT_EPOCH);
  return {
    training: numHeldOut === 0 ? source : partOf(source, numTraining, (index) => order(index)),
    heldOut: partOf(source, numHeldOut, (index) => order(numTraining + index)),
  };
}

/** How many images of so many training never sees. */
export function numHeldOutOf(numImages: number, heldOutShare: number): number {
  return Math.floor(numImages * heldOutShare);
}

/** An epoch that no training reaches, so that the division is no epoch's order. */
const HELD_OUT_EPOCH = 2 ** 32 - 1;
