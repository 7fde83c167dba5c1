/** Collectives as data, with the inputs of every rank and the results that a plain computation gives: the same bits. */
import { type Channel, type Communicator, type CommunicatorOptions, hasGloo } from '../../../kernels/communicator.ts';
import { standInEnvironment } from './nccl-stand-in/build.ts';

/** Whose inputs lie in their regions. */
export type Placement = 'all' | 'none' | 'even ranks';

export type Operation = { readonly seed: number; readonly channel: Channel } & (
  | { readonly kind: 'allGather'; readonly elements: number; readonly placement: Placement }
  | { readonly kind: 'reduceScatter'; readonly elements: number; readonly placement: Placement; readonly scale: number }
  | { readonly kind: 'broadcast'; readonly elements: number; readonly placement: Placement; readonly root: number }
  | {
      readonly kind: 'allReduce';
      readonly elements: number;
      readonly double: boolean;
      readonly maximum: boolean;
      /** The sizes of consecutive groups, which sum to the number of ranks. */
      readonly groups: readonly number[];
    }
  | { readonly kind: 'barrier' }
);

type Floats = Float32Array | Float64Array;
/** NCCL twice: its ranks meet in shared memory or by Gloo. */
export const TRANSPORTS = ['shared-memory', 'gloo', 'nccl', 'nccl by gloo'] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** What a rank is opened with, of its transport as the tests name it. */
export type OpenOptions = Omit<CommunicatorOptions, 'transport' | 'meetBy'> & { readonly transport: Transport };

/** NCCL gives each rank its own GPU. */
export function communicatorOptions({ transport, ...options }: OpenOptions): CommunicatorOptions {
  if (transport !== 'nccl' && transport !== 'nccl by gloo') return { ...options, transport };
  const meetBy = transport === 'nccl' ? 'shared-memory' : 'gloo';
  return { ...options, transport: 'nccl', meetBy, device: options.device ?? options.rank };
}

/** What the processes of the ranks have in their environment. */
export function environmentOf(transport: Transport): Record<string, string> {
  return transport.startsWith('nccl') ? standInEnvironment() : {};
}

/** Why a transport's tests cannot run here, if they cannot. */
export function whyNot(transport: Transport): string | undefined {
  return transport.endsWith('gloo') && !hasGloo() ? 'the addon was built without Gloo' : undefined;
}

/**
 * What a rank gives to an operation, from an element on: numbers of both signs and different sizes, so that the order of a
 * sum shows.
 */
function fill<Array extends Floats>(values: Array, seed: number, rank: number, start = 0): Array {
  const key = Math.imul(seed, 0x9e3779b1) ^ Math.imul(rank + 1, 0x5f356495);
  for (let i = 0; i < values.length; i++) {
    let bits = Math.imul((start + i) ^ key, 0x85ebca6b);
    bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
    bits ^= bits >>> 16;
    values[i] = bits / (1 << (bits & 15));
  }
  return values;
}

function inRegion(placement: Placement, rank: number): boolean {
  return placement === 'all' || (placement === 'even ranks' && rank % 2 === 0);
}

/** An input array of the operation, in the half of the region that belongs to its channel or apart. */
function place(communicator: Communicator, operation: Operation, placement: Placement, elements: number): Float32Array {
  const { region, rank } = communicator;
  if (!inRegion(placement, rank)) return new Float32Array(elements);
  const start = operation.channel === 'compute' ? 0 : region.byteLength / 2;
  return new Float32Array(region.buffer, region.byteOffset + start, elements);
}

function sameBits(name: string, actual: Floats, expected: Floats): void {
  for (let i = 0; i < expected.length; i++) {
    if (!Object.is(actual[i], expected[i])) {
      throw new Error(`${name}: element ${i} of ${expected.length} is ${actual[i]}, not ${expected[i]}`);
    }
  }
}

/** Runs one operation on this rank and throws if its result is not that of the plain computation. */
export async function perform(communicator: Communicator, operation: Operation): Promise<void> {
  const { rank, size } = communicator;
  const { seed, channel } = operation;
  const name = JSON.stringify(operation);
  if (operation.kind === 'barrier') {
    await communicator.barrier({ channel });
  } else if (operation.kind === 'allGather') {
    const { elements } = operation;
    const shard = fill(place(communicator, operation, operation.placement, elements), seed, rank);
    const whole = new Float32Array(size * elements);
    await communicator.allGather(shard, whole, { channel });
    shard.fill(Number.NaN); // it is this rank's again: nobody may still be reading it
    for (let peer = 0; peer < size; peer++) {
      const expected = fill(new Float32Array(elements), seed, peer);
      sameBits(name, whole.subarray(peer * elements, (peer + 1) * elements), expected);
    }
  } else if (operation.kind === 'reduceScatter') {
    const { elements, scale } = operation;
    const whole = fill(place(communicator, operation, operation.placement, size * elements), seed, rank);
    const shard = new Float32Array(elements);
    await communicator.reduceScatter(whole, shard, scale, { channel });
    whole.fill(Number.NaN);
    const expected = new Float32Array(elements);
    for (let peer = 0; peer < size; peer++) {
      const theirs = fill(new Float32Array(elements), seed, peer, rank * elements);
      for (let i = 0; i < elements; i++) expected[i] = peer === 0 ? theirs[i]! : expected[i]! + theirs[i]!;
    }
    for (let i = 0; i < elements; i++) expected[i] = expected[i]! * Math.fround(scale);
    sameBits(name, shard, expected);
  } else if (operation.kind === 'broadcast') {
    const data = fill(place(communicator, operation, operation.placement, operation.elements), seed, rank);
    await communicator.broadcast(data, operation.root, { channel });
    const actual = data.slice();
    data.fill(Number.NaN);
    sameBits(name, actual, fill(new Float32Array(data.length), seed, operation.root));
  } else {
    const { double, maximum, elements } = operation;
    const empty = (): Floats => (double ? new Float64Array(elements) : new Float32Array(elements));
    const group = groupOf(operation.groups, rank);
    const values = fill(empty(), seed, rank);
    await communicator.allReduce(values, { channel, group, reduction: maximum ? 'maximum' : 'sum' });
    const expected = fill(empty(), seed, group.first);
    for (let peer = group.first + 1; peer < group.first + group.size; peer++) {
      const theirs = fill(empty(), seed, peer);
      for (let i = 0; i < elements; i++) {
        expected[i] = maximum ? Math.max(expected[i]!, theirs[i]!) : expected[i]! + theirs[i]!;
      }
    }
    sameBits(name, values, expected);
  }
}

function groupOf(groups: readonly number[], rank: number): { first: number; size: number } {
  let first = 0;
  for (const size of groups) {
    if (rank < first + size) return { first, size };
    first += size;
  }
  throw new Error(`rank ${rank} is in none of the groups ${groups}`);
}
