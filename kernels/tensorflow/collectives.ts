/**
 * What ranks do together, as operations of TensorFlow on tensors where they lie (kernels/collectives/tensorflow-ops.cc). The
 * communicator behind them reaches the other ranks by NCCL from memory of GPUs, or in shared memory and by Gloo from that of
 * processors.
 *
 * Exchanges run on threads of their own, and on a GPU on streams of their own: they begin after what the device's stream holds when
 * they are started, and the stream waits for them where they are awaited. All ranks start the same ones in the same order.
 */
import type { ValueId } from '../../program/values.ts';
import { CollectiveError, type CollectiveErrorCode } from '../errors.ts';
import { type Attribute, attribute, type Tensor, TYPES } from './binding.ts';
import { TensorFlowError } from './errors.ts';
import type { RanksOf } from './messages.ts';
import type { Tensors } from './tensors.ts';

export interface Collectives {
  /** That the thread has waited for what was started. */
  readonly awaiting: number;
  // What is started goes on until `await(into)`; nobody may use its output before.
  /** Every rank's numbers (n) of one type, in rank order: (size * n). */
  allGather(t: Tensors, input: Tensor, into: ValueId): void;
  /** This rank's part (n) of `scale` times the sum over all ranks of (size * n), f32. */
  reduceScatter(t: Tensors, input: Tensor, scale: number, into: ValueId): void;
  /** `scale` times the sum over all ranks, f32, in the same shape. */
  allReduce(t: Tensors, input: Tensor, scale: number, into: ValueId): void;
  /** What was started for the value; undefined if nothing is under way. */
  await(t: Tensors, into: ValueId): Tensor | undefined;
  /** Sum or maximum over so many consecutive ranks, this one among them; f32, in the same shape. Beside what was started. */
  withinGroup(t: Tensors, input: Tensor, reduce: 'sum' | 'maximum', ranks: number): Tensor;
  /** Waits until all that was awaited is over on the device as well, and throws if one of them failed. */
  settle(t: Tensors): void;
  /** Deletes what nobody has awaited. */
  free(t: Tensors): void;
}

/** An exchange under way: its output, which nobody may use, and the ticket to await it with. */
interface Exchange {
  readonly output: Tensor;
  readonly ticket: Tensor;
  /** What the sum is multiplied by when it is there. */
  readonly scale: number;
}

export class Operations implements Collectives {
  readonly #ranks: RanksOf;
  readonly #communicator: Attribute;
  readonly #underWay = new Map<ValueId, Exchange>();
  #hasExchanged = false;
  #milliseconds = 0;

  constructor(ranks: RanksOf) {
    this.#ranks = ranks;
    this.#communicator = attribute.int('communicator', ranks.communicator);
  }

  get awaiting(): number {
    return this.#milliseconds / 1000;
  }

  allGather(t: Tensors, input: Tensor, into: ValueId): void {
    this.#start(t, 'AuspexAllGather', input, [attribute.type('T', input.dtype)], into);
  }

  reduceScatter(t: Tensors, input: Tensor, scale: number, into: ValueId): void {
    this.#start(t, 'AuspexReduceScatter', input, [attribute.float('scale', scale)], into);
  }

  allReduce(t: Tensors, input: Tensor, scale: number, into: ValueId): void {
    this.#start(t, 'AuspexAllReduce', input, [], into, scale);
  }

  await(t: Tensors, into: ValueId): Tensor | undefined {
    const exchange = this.#underWay.get(into);
    if (!exchange) return undefined;
    this.#underWay.delete(into);
    const begin = performance.now();
    try {
      const there = this.#await(t, exchange.output, exchange.ticket);
      return exchange.scale === 1 ? there : t.scale(there, exchange.scale);
    } finally {
      this.#milliseconds += performance.now() - begin;
      t.delete(exchange.output);
      t.delete(exchange.ticket);
    }
  }

  withinGroup(t: Tensors, input: Tensor, reduce: 'sum' | 'maximum', ranks: number): Tensor {
    const { rank, size } = this.#ranks;
    const first = Math.floor(rank / ranks) * ranks;
    if (first + ranks > size) {
      throw new TensorFlowError('UNSUPPORTED_OPERATION', `${size} ranks do not divide into groups of ${ranks}.`);
    }
    const [output, ticket] = this.#issue(t, 'AuspexAllReduce', input, 'compute', [
      attribute.bool('maximum', reduce === 'maximum'),
      attribute.int('first', first),
      attribute.int('ranks', ranks),
    ]);
    return this.#await(t, output, ticket);
  }

  settle(t: Tensors): void {
    if (!this.#hasExchanged) return;
    this.#hasExchanged = false;
    t.run('AuspexSettle', [], [this.#communicator], 0);
  }

  free(t: Tensors): void {
    for (const { output, ticket } of this.#underWay.values()) {
      t.delete(output);
      t.delete(ticket);
    }
    this.#underWay.clear();
  }

  #start(t: Tensors, name: string, input: Tensor, attributes: readonly Attribute[], into: ValueId, scale = 1): void {
    const [output, ticket] = this.#issue(t, name, input, 'communication', attributes);
    this.#underWay.set(into, { output: t.keep(output), ticket: t.keep(ticket), scale });
  }

  #issue(
    t: Tensors,
    name: string,
    input: Tensor,
    channel: 'compute' | 'communication',
    attributes: readonly Attribute[],
  ): [output: Tensor, ticket: Tensor] {
    if (name !== 'AuspexAllGather' && input.dtype !== TYPES.f32) throw new Error(`${name} takes f32 alone`);
    this.#hasExchanged = true;
    const given = [this.#communicator, attribute.string('channel', channel), ...attributes];
    return t.run(name, [input], given, 2) as [Tensor, Tensor];
  }

  #await(t: Tensors, output: Tensor, ticket: Tensor): Tensor {
    return t.one('AuspexAwait', [output, ticket], [this.#communicator, attribute.type('T', output.dtype)]);
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
