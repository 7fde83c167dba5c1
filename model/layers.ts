/**
 * The vocabulary in which networks are described.
 *
 * A network is a function over `Layers<Tensor>`: run with the program builder it becomes a list of operations, run with a
 * counting implementation it becomes parameter and multiply-add counts. The model folder knows neither.
 *
 * Feature maps are channels-last. The crops of all resolutions travel as one tensor: the pixels of every image of the
 * first resolution, then those of the second, so that shapes are (pixels, channels), and (images, channels) once pooled.
 * Batch statistics are taken per resolution, as if the trunk ran once for each (facts of the reference implementation).
 */
export type Activation = 'none' | 'relu' | 'silu' | 'sigmoid';

export interface ConvolutionOptions {
  readonly outputChannels: number;
  /** Side of the square kernel, in pixels; padding is half of it. */
  readonly kernel: number;
  readonly stride: number;
  readonly groups: number;
}

export interface BatchNormOptions {
  /** @default true; without it there is neither scale nor shift. */
  readonly affine?: boolean;
}

export interface LinearOptions {
  readonly bias: boolean;
  /** Keep the weight in the shape of a 1x1 convolution (out, in, 1, 1), as squeeze-and-excitation is stored. */
  readonly pointwise?: boolean;
  /**
   * How weight and bias start. `kaiming`: normal for the fan out, bias uniform in 1/sqrt(fan in); `normal`: deviation 0.01,
   * bias 0; `uniform`: in 1/sqrt(fan in).
   */
  readonly init: 'kaiming' | 'normal' | 'uniform';
  /** Multiply as precisely as feature maps are stored, and not in f32. @default false */
  readonly asMaps?: boolean;
}

export interface Layers<Tensor> {
  /** (pixels, in) -> (pixels', out), no bias; parameter `${name}.weight` (out, in / groups, kernel, kernel). */
  convolution(input: Tensor, name: string, options: ConvolutionOptions): Tensor;
  /** Normalises each channel over the pixels of each resolution; epsilon 1e-5, momentum 0.1. */
  batchNorm(input: Tensor, name: string, options?: BatchNormOptions): Tensor;
  activation(input: Tensor, kind: Exclude<Activation, 'none'>): Tensor;
  add(left: Tensor, right: Tensor): Tensor;
  /** (pixels, channels) -> (images, channels): the mean over each image. */
  globalPool(input: Tensor): Tensor;
  /** Multiplies each image's channels by `gate` (images, channels). */
  gate(input: Tensor, gate: Tensor): Tensor;
  /** (rows, in) -> (rows, out) with `${name}.weight` and, if wanted, `${name}.bias`. */
  linear(input: Tensor, name: string, outputFeatures: number, options: LinearOptions): Tensor;
  /** Divides each row by its L2 norm. */
  l2Normalize(input: Tensor): Tensor;
  channels(input: Tensor): number;
  /** Names the unit (a block) to which the following layers belong: the grain of activation checkpoints and of shards. */
  unit(name: string): void;
}
