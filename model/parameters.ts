/**
 * Names and shapes of all parameters and buffers, in the order in which a network uses them: timm's for the trunk.
 *
 * They are not written down a second time: the network is run with layers that only take note. Shapes are (out, in /
 * groups, k, k) for convolutions, (out, in) for linear layers, and (width) for everything of a BN.
 */
import type { BatchNormOptions, ConvolutionOptions, Layers, LinearOptions } from './layers.ts';
import type { TrunkSpec } from './regnet.ts';
import { type HeadSpec, projectionHead, prototypeScores } from './swav.ts';
import { trunk } from './trunk.ts';

export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
}

export interface ParameterList {
  /** What the optimiser trains. */
  readonly parameters: readonly ParameterSpec[];
  /** Running statistics of BN (`running_mean`, `running_var`). */
  readonly buffers: readonly ParameterSpec[];
}

/** A tensor is its number of channels. */
class ParameterListing implements Layers<number>, ParameterList {
  readonly parameters: ParameterSpec[] = [];
  readonly buffers: ParameterSpec[] = [];

  convolution(input: number, name: string, { outputChannels, kernel, groups }: ConvolutionOptions): number {
    this.#add(`${name}.weight`, [outputChannels, input / groups, kernel, kernel]);
    return outputChannels;
  }

  batchNorm(input: number, name: string, { affine = true }: BatchNormOptions = {}): number {
    if (affine) for (const suffix of ['weight', 'bias']) this.#add(`${name}.${suffix}`, [input]);
    for (const suffix of ['running_mean', 'running_var'])
      this.buffers.push({ name: `${name}.${suffix}`, shape: [input] });
    return input;
  }

  linear(input: number, name: string, outputFeatures: number, { bias, pointwise }: LinearOptions): number {
    this.#add(`${name}.weight`, [outputFeatures, input, ...(pointwise ? [1, 1] : [])]);
    if (bias) this.#add(`${name}.bias`, [outputFeatures]);
    return outputFeatures;
  }

  activation = (input: number) => input;
  add = (left: number) => left;
  globalPool = (input: number) => input;
  gate = (input: number) => input;
  l2Normalize = (input: number) => input;
  channels = (input: number) => input;
  unit = () => undefined;

  #add(name: string, shape: readonly number[]): void {
    this.parameters.push({ name, shape });
  }
}

const IMAGE_CHANNELS = 3;

/** Parameters and buffers of a trunk, from `stem.conv.weight` on. */
export function trunkParameters(spec: TrunkSpec): ParameterList {
  const listing = new ParameterListing();
  trunk(listing, spec, IMAGE_CHANNELS, '');
  return listing;
}

/** Parameters and buffers of the projection head behind a trunk: `head.0.weight`, `head.0.bias`, `head.0.bn.weight`, ... */
export function headParameters(trunkWidth: number, head: HeadSpec): ParameterList {
  const listing = new ParameterListing();
  projectionHead(listing, head, trunkWidth);
  return listing;
}

/** `prototypes.weight` (prototypes, embedding); without a head the trunk's features are the embedding. */
export function prototypeParameters(trunkWidth: number, head: HeadSpec): ParameterList {
  const listing = new ParameterListing();
  prototypeScores(listing, head, head.widths.at(-1) ?? trunkWidth);
  return listing;
}

/** Number of values in a list of parameters. */
export function countValues(parameters: readonly ParameterSpec[]): number {
  return parameters.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
}
