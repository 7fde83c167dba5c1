/** A batch normalisation by running statistics, as a factor and an offset for each channel: in f64, rounded once. */
import { BATCH_NORM } from '../../program/builder.ts';

/** Values of a parameter or running statistic by its name in the program. */
export type WeightSource = (name: string) => Float32Array;

export interface Affine {
  /** What x is multiplied by, (channels). */
  readonly factor: Float64Array;
  /** What is added then, (channels). */
  readonly offset: Float64Array;
}

/** @param name of the normalisation, as `trunk.stem.bn` */
export function affineOf(source: WeightSource, name: string, affine: boolean): Affine {
  const [mean, variance] = [source(`${name}.running_mean`), source(`${name}.running_var`)];
  const scale = affine ? source(`${name}.weight`) : undefined;
  const shift = affine ? source(`${name}.bias`) : undefined;
  const factor = Float64Array.from(variance, (value, i) => (scale?.[i] ?? 1) / Math.sqrt(value + BATCH_NORM.epsilon));
  const offset = factor.map((value, i) => (shift?.[i] ?? 0) - mean[i]! * value);
  return { factor, offset };
}

/** Multiplies each output channel's part of a weight, (out, ...), by its factor. */
export function scaleRows(weight: Float32Array, factor: Float64Array): Float32Array {
  const row = weight.length / factor.length;
  return weight.map((value, i) => value * factor[Math.floor(i / row)]!);
}

/** The bias behind a folded normalisation; without one before it, the offset alone. */
export function offsetBias(bias: Float32Array | undefined, { factor, offset }: Affine): Float32Array {
  return Float32Array.from(offset, (value, i) => (bias?.[i] ?? 0) * factor[i]! + value);
}
