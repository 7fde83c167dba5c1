/**
 * The order of the images: a new random permutation per epoch, computed and not stored, so that a billion images need no
 * list. The whole state of a run's data is the number of samples drawn so far.
 *
 * The permutation is a Feistel network over the smallest power of two that holds the length, with cycle walking: what
 * lands outside is sent through again, less than once on average.
 */
import { DataError } from './errors.ts';

/** Rounds per half; from four on a Feistel network is hard to tell from a random permutation (Luby and Rackoff, 1988). */
const numRounds = 4;

export const maximumLength = 2 ** 40;

export interface Sample {
  readonly epoch: number;
  /** Which image of the source. */
  readonly index: number;
  /** The sequence that it is of, and its number among that sequence's images: each from 0 on, every one once per epoch. */
  readonly lane: number;
  readonly ordinal: number;
}

/**
 * The order in which the images of a source have their turns. Images of one place are one sequence; those of a topic are
 * several, its lanes, because partitions are read side by side. Every batch takes equally many rows from each lane.
 *
 * A position of a lane counts on from epoch to epoch; `position * lanes + lane` tells it from those of other lanes.
 */
export interface SampleOrder {
  readonly lanes: number;
  /** Images of a lane, Infinity while it is not known where it ends. */
  lengthOf(lane: number): number;
  at(lane: number, position: number): Sample;
}

/** How many samples were drawn of each lane so far: the whole state of a training's data. */
export type DataPosition = readonly number[];

/** Samples drawn of all lanes. */
export function drawnOf(position: DataPosition): number {
  return position.reduce((sum, drawn) => sum + drawn, 0);
}

/** One number for a position of a lane. */
export function encodePosition(lane: number, position: number, lanes: number): number {
  return position * lanes + lane;
}

export function decodePosition(encoded: number, lanes: number): { readonly lane: number; readonly position: number } {
  return { lane: encoded % lanes, position: Math.floor(encoded / lanes) };
}

/** As it stands in a checkpoint: a number where there is one lane. */
export function positionFromState(state: number | readonly number[] | undefined): DataPosition | undefined {
  return typeof state === 'number' ? [state] : state;
}

export function positionToState(position: DataPosition): number | readonly number[] {
  return position.length === 1 ? position[0]! : position;
}

/** The order of `length` images under a seed (0 to 2^53 - 1): one lane, a permutation of all images per epoch. */
export function shuffledOrder(length: number, seed: number): SampleOrder {
  let epochOfKeys = -1;
  let keys: Uint32Array = new Uint32Array();
  return {
    lanes: 1,
    lengthOf: () => length,
    at(lane, position) {
      checkPosition(position);
      const epoch = Math.floor(position / length);
      if (epoch !== epochOfKeys) {
        keys = roundKeys(seed, epoch);
        epochOfKeys = epoch;
      }
      const index = permuteWithKeys(position % length, length, keys);
      return { epoch, index, lane, ordinal: index };
    },
  };
}

/** @throws DataError BAD_POSITION */
export function checkPosition(position: number): void {
  if (Number.isSafeInteger(position) && position >= 0) return;
  throw new DataError('BAD_POSITION', `A position in the data has to be a non-negative integer, not ${position}.`);
}

/** Where `i` of `length` goes in an epoch: a bijection of 0 ... length - 1. */
export function permute(i: number, length: number, seed: number, epoch: number): number {
  return permuteWithKeys(i, length, roundKeys(seed, epoch));
}

function permuteWithKeys(i: number, length: number, keys: Uint32Array): number {
  if (!Number.isInteger(length) || length < 1 || length > maximumLength) {
    throw new DataError('BAD_OPTION', `An order needs from 1 to 2^40 images, not ${length}.`);
  }
  const numBits = bitsFor(length);
  let permuted = i;
  do permuted = feistel(permuted, numBits, keys);
  while (permuted >= length);
  return permuted;
}

/** Bits that hold 0 ... length - 1, at least one for either half. */
function bitsFor(length: number): number {
  let numBits = 2;
  while (2 ** numBits < length) numBits++;
  return numBits;
}

/** A bijection of 0 ... 2^numBits - 1: the halves are xored in turn with a keyed hash of the other. */
function feistel(value: number, numBits: number, keys: Uint32Array): number {
  const lowBits = numBits >> 1;
  const lowMask = 2 ** lowBits - 1;
  const highMask = 2 ** (numBits - lowBits) - 1;
  let low = value % 2 ** lowBits;
  let high = Math.floor(value / 2 ** lowBits);
  for (let round = 0; round < 2 * numRounds; round += 2) {
    low ^= hash(high, keys[round]!) & lowMask;
    high ^= hash(low, keys[round + 1]!) & highMask;
  }
  return high * 2 ** lowBits + low;
}

function roundKeys(seed: number, epoch: number): Uint32Array {
  const keys = new Uint32Array(2 * numRounds);
  let state = hash(seed % 2 ** 32, 0x5eed);
  state = hash(Math.floor(seed / 2 ** 32), state);
  state = hash(epoch % 2 ** 32, state);
  state = hash(Math.floor(epoch / 2 ** 32), state);
  for (let round = 0; round < keys.length; round++) keys[round] = hash(round, state);
  return keys;
}

/** A 32-bit hash of a value under a key: two rounds of multiply and xor-shift, each input bit flips half of the output. */
function hash(value: number, key: number): number {
  let h = (value ^ key) + 0x9e3779b9;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13) ^ key, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
