/** What an operation of a program sees while it runs on TensorFlow: its values as tensors. */
import type { OperationKind, OperationOf } from '../../program/operations.ts';
import { elements, type Grid, type Value, type ValueId } from '../../program/values.ts';
import type { Tensor } from './binding.ts';
import type { Collectives } from './collectives.ts';
import { TensorFlowError } from './errors.ts';
import type { Tensors } from './tensors.ts';

export interface Frame {
  readonly t: Tensors;
  readonly isGpu: boolean;
  readonly collectives: Collectives | undefined;
  value(id: ValueId): Value;
  /** In the value's own shape and type. */
  tensor(id: ValueId): Tensor;
  /** Gives the value its numbers, which are brought into its shape and type. */
  put(id: ValueId, tensor: Tensor): void;
  /** The numbers of a small f32 value, on the host: waits for the device. Taken once per run. */
  numbers(id: ValueId): Float32Array;
}

export type Emit<Kind extends OperationKind> = (operation: OperationOf<Kind>, frame: Frame) => void;
/** How operations of some kinds are computed. */
export type Emissions<Kinds extends OperationKind> = { readonly [Kind in Kinds]: Emit<Kind> };

/** The value as f32, whatever it is stored in. */
export function wide(frame: Frame, id: ValueId): Tensor {
  return frame.t.cast(frame.tensor(id), 'f32');
}

/** The resolutions of a map; a value without grids is one of one pixel per row. */
export function gridsOf({ shape, grids }: Value): readonly Grid[] {
  return grids ?? [{ images: shape[0]!, height: 1, width: 1 }];
}

export function pixelsOf({ images, height, width }: Grid): number {
  return images * height * width;
}

/** The rows (P, C) of each resolution. */
export function segments(frame: Frame, tensor: Tensor, grids: readonly Grid[]): Tensor[] {
  return frame.t.split(tensor, grids.map(pixelsOf));
}

/** The rows (N, C) per image of each resolution. */
export function perImage(frame: Frame, tensor: Tensor, grids: readonly Grid[]): Tensor[] {
  return frame.t.split(
    tensor,
    grids.map(({ images }) => images),
  );
}

/** Whether what the operations up to here computed is to be applied at all. */
export function isApplied(frame: Frame, applied: ValueId | undefined): boolean {
  return applied === undefined || frame.numbers(applied)[0] !== 0;
}

/** An operation that takes sums over several ranks needs collectives. */
export function allRanks(frame: Frame, ranks: number | undefined, kind: OperationKind): Collectives | undefined {
  if (ranks === undefined || ranks === 1) return undefined;
  if (frame.collectives) return frame.collectives;
  throw new TensorFlowError(
    'UNSUPPORTED_OPERATION',
    `${kind} takes sums over ${ranks} ranks, and this executor was given no collectives: train on one rank.`,
  );
}

export function countOf(value: Value): number {
  return elements(value);
}
