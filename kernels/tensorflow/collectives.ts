/**
 * What ranks do together, as operations of TensorFlow on tensors where they lie (kernels/collectives/tensorflow-ops.cc). The
 * communicator behind them reaches the other ranks by NCCL from memory of GPUs, or in shared memory and by Gloo from that of
 * processors.
 *
 * All ranks issue the same calls in the same order. A call returns when the exchange is over, and begins after what the
 * device's stream holds.
 */
import { CollectiveError, type CollectiveErrorCode } from '../errors.ts';
import { type Attribute, attribute, type Tensor, TYPES } from './binding.ts';
import type { RanksOf } from './messages.ts';
import type { Tensors } from './tensors.ts';

export interface Collectives {
  /** In exchanges so far, or waiting for other ranks to come to them. */
  readonly seconds: number;
  /** Every rank's numbers (n) of one type, in rank order: (size * n). */
  allGather(t: Tensors, input: Tensor): Tensor;
  /** This rank's part (n) of `scale` times the sum over all ranks of (size * n), f32. */
  reduceScatter(t: Tensors, input: Tensor, scale: number): Tensor;
  /** `scale` times the sum over all ranks, f32, in the same shape. */
  allReduce(t: Tensors, input: Tensor, scale: number): Tensor;
  /** Sum or maximum over so many consecutive ranks, this one among them; f32, in the same shape. */
  withinGroup(t: Tensors, input: Tensor, reduce: 'sum' | 'maximum', ranks: number): Tensor;
}

export class Operations implements Collectives {
  readonly #ranks: RanksOf;
  readonly #communicator: Attribute;
  #milliseconds = 0;

  constructor(ranks: RanksOf) {
    this.#ranks = ranks;
    this.#communicator = attribute.int('communicator', ranks.communicator);
  }

  get seconds(): number {
    return this.#milliseconds / 1000;
  }

  allGather(t: Tensors, input: Tensor): Tensor {
    return this.#exchange(t, 'AuspexAllGather', input, [attribute.type('T', input.dtype)]);
  }

  reduceScatter(t: Tensors, input: Tensor, scale: number): Tensor {
    return this.#exchange(t, 'AuspexReduceScatter', input, [attribute.float('scale', scale)]);
  }

  allReduce(t: Tensors, input: Tensor, scale: number): Tensor {
    const sum = this.#exchange(t, 'AuspexAllReduce', input, []);
    return scale === 1 ? sum : t.scale(sum, scale);
  }

  withinGroup(t: Tensors, input: Tensor, reduce: 'sum' | 'maximum', ranks: number): Tensor {
    const { rank, size } = this.#ranks;
    const first = Math.floor(rank / ranks) * ranks;
    return this.#exchange(t, 'AuspexAllReduce', input, [
      attribute.bool('maximum', reduce === 'maximum'),
      attribute.int('first', first),
      attribute.int('ranks', Math.min(ranks, size - first)),
    ]);
  }

  #exchange(t: Tensors, name: string, input: Tensor, attributes: readonly Attribute[]): Tensor {
    if (name !== 'AuspexAllGather' && input.dtype !== TYPES.f32) throw new Error(`${name} takes f32 alone`);
    const begin = performance.now();
    try {
      return t.one(name, [input], [this.#communicator, ...attributes]);
    } finally {
      this.#milliseconds += performance.now() - begin;
    }
  }
}

const FAILED = /\b(PEER_LOST|TIMED_OUT|ABORTED|MISMATCHED|INVALID_CALL): ([^\n]*)/;

/** What an operation's text says of an exchange that failed; undefined if it failed of something else. */
export function collectiveFailure(text: string): CollectiveError | undefined {
  const found = FAILED.exec(text);
  if (!found) return undefined;
  const [, code, message] = found as unknown as [string, CollectiveErrorCode, string];
  return new CollectiveError(code, `${message.charAt(0).toUpperCase()}${message.slice(1)}.`);
}
