/** What the operations of batch normalisation share: statistics and affine parameters of each resolution. */
import type { NormAttributes } from '../../../program/operations.ts';
import type { ValueId } from '../../../program/values.ts';
import type { Tensor } from '../binding.ts';
import { type Frame, gridsOf, segments, wide } from '../frame.ts';
import type { Tensors } from '../tensors.ts';

interface NormInputs {
  readonly mean: ValueId;
  readonly variance: ValueId;
  readonly scale?: ValueId;
  readonly shift?: ValueId;
}

/** Of one resolution, (C) each: z = x * a + b, and xhat = (x - mean) * istd. */
export interface Affine {
  readonly mean: Tensor;
  readonly istd: Tensor;
  readonly a: Tensor;
  readonly b: Tensor;
}

/** @param resolutions running statistics are the same for all of them. */
export function affineOf(
  frame: Frame,
  { mean, variance, scale, shift }: NormInputs,
  { epsilon }: Pick<NormAttributes, 'epsilon'>,
  resolutions: number,
): Affine[] {
  const { t } = frame;
  const [means, variances] = [mean, variance].map((id) => perResolution(t, frame.tensor(id), resolutions)) as [
    Tensor[],
    Tensor[],
  ];
  const made = means.map((each, i): Affine => {
    const istd = t.one('Rsqrt', [t.add(variances[i]!, t.constant(epsilon))]);
    const a = scale === undefined ? istd : t.multiply(frame.tensor(scale), istd);
    const shifted = t.multiply(each, a);
    const b = shift === undefined ? t.negative(shifted) : t.subtract(frame.tensor(shift), shifted);
    return { mean: each, istd, a, b };
  });
  return Array.from({ length: resolutions }, (_, i) => made[made.length === 1 ? 0 : i]!);
}

function perResolution(t: Tensors, moments: Tensor, resolutions: number): Tensor[] {
  if (moments.shape.length === 1) return [moments];
  return resolutions === 1 ? [t.reshape(moments, [moments.shape[1]!])] : t.unstack(moments);
}

/** The rows of one resolution, f32, with what normalises them. */
export interface Segment extends Affine {
  readonly index: number;
  /** (P, C). */
  readonly x: Tensor;
  readonly images: number;
  /** Of an image. */
  readonly area: number;
}

export function normalisedSegments(
  frame: Frame,
  inputs: NormInputs & { readonly input: ValueId },
  attributes: Pick<NormAttributes, 'epsilon'>,
): Segment[] {
  const grids = gridsOf(frame.value(inputs.input));
  const affine = affineOf(frame, inputs, attributes, grids.length);
  return segments(frame, wide(frame, inputs.input), grids).map((x, index) => {
    const { images, height, width } = grids[index]!;
    return { ...affine[index]!, index, x, images, area: height * width };
  });
}

export function normalise(t: Tensors, { x, a, b }: Segment): Tensor {
  return t.add(t.multiply(x, a), b);
}

/** (N, area, C). */
export function byImage(t: Tensors, rows: Tensor, { images, area }: Pick<Segment, 'images' | 'area'>): Tensor {
  return t.reshape(rows, [images, area, rows.shape[1]!]);
}

/** (N, 1, C) of a value with one row per image. */
export function rowPerImage(t: Tensors, rows: Tensor): Tensor {
  return t.reshape(rows, [rows.shape[0]!, 1, rows.shape[1]!]);
}
