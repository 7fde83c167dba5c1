/** What a program computes with: typed values, and where each lives. */

export type DType = 'f32' | 'bf16' | 'f16' | 'u8';

/** What feature maps and their gradients are stored in. f16 is for GPUs, and needs a loss scale (loss-scale.ts). */
export type Precision = Exclude<DType, 'u8'>;

export const BYTES: Readonly<Record<DType, number>> = { f32: 4, bf16: 2, f16: 2, u8: 1 };

/** The images of one resolution and their height and width at this depth of the network, in pixels. */
export interface Grid {
  readonly images: number;
  readonly height: number;
  readonly width: number;
}

/**
 * Where a value lives.
 *   input         written from outside before a run (crops, learning rate)
 *   parameter     master weight, fp32, kept between runs
 *   momentum      optimiser state, fp32, kept between runs
 *   state         kept between runs, not learnt: running statistics, queues
 *   intermediate  exists between its first and last use
 *   output        readable after a run (loss, gradients that were asked for)
 */
export type Role = 'input' | 'parameter' | 'momentum' | 'state' | 'intermediate' | 'output';

export type ValueId = number;

export interface Value {
  readonly id: ValueId;
  readonly name: string;
  readonly role: Role;
  readonly dtype: DType;
  /** Row-major; feature maps are (pixels, channels) with their `grids`. */
  readonly shape: readonly number[];
  /** One entry per resolution; the rows of the resolutions follow one another. */
  readonly grids?: readonly Grid[];
  /** How a parameter starts. */
  readonly init?: Init;
  /** Part of another value's bytes: a parameter within its gathered unit, a gradient within its unit's. */
  readonly view?: { readonly of: ValueId; readonly byteOffset: number };
  /** Part of a parameter that one rank owns: its elements from `firstElement` on. */
  readonly piece?: { readonly parameter: string; readonly firstElement: number };
  /** Lies where the other ranks of this host can read it. @default false */
  readonly shared?: boolean;
}

export type Init =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'normal'; readonly deviation: number }
  /** Uniform in -bound..bound. */
  | { readonly kind: 'uniform'; readonly bound: number };

export function elements(value: Pick<Value, 'shape'>): number {
  return value.shape.reduce((product, extent) => product * extent, 1);
}

export function byteLength(value: Pick<Value, 'shape' | 'dtype'>): number {
  return elements(value) * BYTES[value.dtype];
}

export function pixels(grids: readonly Grid[]): number {
  return grids.reduce((sum, { images, height, width }) => sum + images * height * width, 0);
}

export function imageCount(grids: readonly Grid[]): number {
  return grids.reduce((sum, grid) => sum + grid.images, 0);
}

/** Values that outlive a run. */
export function isPersistent({ role }: Pick<Value, 'role'>): boolean {
  return role === 'parameter' || role === 'momentum' || role === 'state';
}
