/**
 * What ranks do together, on tensors where they lie. Whoever brings collectives for a device (NCCL, as custom operations)
 * implements this and hands it to the executor; without it, programs of one rank run.
 *
 * All ranks issue the same calls in the same order. A call may return before the exchange has ended, as long as operations on
 * its result wait for it: the order of the device's stream is enough.
 */
import type { Tensor } from './binding.ts';
import type { Tensors } from './tensors.ts';

export interface Collectives {
  readonly rank: number;
  readonly size: number;
  /** Every rank's numbers (n) of one type, in rank order: (size * n). */
  allGather(t: Tensors, input: Tensor): Tensor;
  /** This rank's part (n) of `scale` times the sum over all ranks of (size * n), f32. */
  reduceScatter(t: Tensors, input: Tensor, scale: number): Tensor;
  /** `scale` times the sum over all ranks, f32, in the same shape. */
  allReduce(t: Tensors, input: Tensor, scale: number): Tensor;
  /** Sum or maximum over so many consecutive ranks, this one among them; f32, in the same shape. */
  withinGroup(t: Tensors, input: Tensor, reduce: 'sum' | 'maximum', ranks: number): Tensor;
}
