/**
 * Names, shapes and initial distributions of all parameters and buffers, in timm's names and order.
 *
 * Convolutions are (out, in / groups, k, k), linear layers (out, in), everything of a BN (width). Initialisation as in
 * ClassyVision/VISSL: it differs from timm's in that groups do not count and the last BN of a block starts at 1.
 */
import type { BlockSpec, TrunkSpec } from './regnet.ts';

/** Distribution of a parameter's initial values. */
export type Initializer =
  | { readonly kind: 'normal'; readonly std: number }
  | { readonly kind: 'uniform'; readonly bound: number }
  | { readonly kind: 'constant'; readonly value: number };

export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly init: Initializer;
}

export interface ParameterList {
  /** What the optimiser trains. */
  readonly parameters: readonly ParameterSpec[];
  /** Running statistics of BN (`running_mean`, `running_var`). */
  readonly buffers: readonly ParameterSpec[];
}

/** BN layers of the head: none (the paper), after hidden layers, or also after the output (there without affine). */
export type HeadBatchNorm = 'none' | 'hidden' | 'hidden-and-output';

const ZERO: Initializer = { kind: 'constant', value: 0 };
const ONE: Initializer = { kind: 'constant', value: 1 };

class Collector {
  readonly parameters: ParameterSpec[] = [];
  readonly buffers: ParameterSpec[] = [];

  /** A convolution with normal weights of variance 2 / (k * k * out), groups not counted. */
  convolution(name: string, [out, inPerGroup, kernel]: readonly [number, number, number]): void {
    const std = Math.sqrt(2 / (kernel * kernel * out));
    this.add(`${name}.weight`, [out, inPerGroup, kernel, kernel], { kind: 'normal', std });
  }

  /** A 1x1 convolution with bias. The reference leaves its bias at PyTorch's default, U(-1, 1) / sqrt(in). */
  biasedConvolution(name: string, out: number, input: number): void {
    this.convolution(name, [out, input, 1]);
    this.add(`${name}.bias`, [out], { kind: 'uniform', bound: 1 / Math.sqrt(input) });
  }

  linear(name: string, out: number, input: number): void {
    this.add(`${name}.weight`, [out, input], { kind: 'normal', std: 0.01 });
    this.add(`${name}.bias`, [out], ZERO);
  }

  batchNorm(name: string, width: number, affine = true): void {
    if (affine) {
      this.add(`${name}.weight`, [width], ONE);
      this.add(`${name}.bias`, [width], ZERO);
    }
    this.buffers.push({ name: `${name}.running_mean`, shape: [width], init: ZERO });
    this.buffers.push({ name: `${name}.running_var`, shape: [width], init: ONE });
  }

  add(name: string, shape: readonly number[], init: Initializer): void {
    this.parameters.push({ name, shape, init });
  }
}

/** Parameters and buffers of a trunk, from `stem.conv.weight` on. */
export function trunkParameters(trunk: TrunkSpec): ParameterList {
  const collector = new Collector();
  collector.convolution('stem.conv', [trunk.stemWidth, 3, 3]);
  collector.batchNorm('stem.bn', trunk.stemWidth);
  for (const block of trunk.blocks) addBlock(collector, block);
  return collector;
}

function addBlock(collector: Collector, block: BlockSpec): void {
  const { name, inputWidth, width, bottleneckWidth, groupWidth, seWidth } = block;
  collector.convolution(`${name}.conv1.conv`, [bottleneckWidth, inputWidth, 1]);
  collector.batchNorm(`${name}.conv1.bn`, bottleneckWidth);
  collector.convolution(`${name}.conv2.conv`, [bottleneckWidth, groupWidth, 3]);
  collector.batchNorm(`${name}.conv2.bn`, bottleneckWidth);
  collector.biasedConvolution(`${name}.se.fc1`, seWidth, bottleneckWidth);
  collector.biasedConvolution(`${name}.se.fc2`, bottleneckWidth, seWidth);
  collector.convolution(`${name}.conv3.conv`, [width, bottleneckWidth, 1]);
  collector.batchNorm(`${name}.conv3.bn`, width);
  if (block.projection) {
    collector.convolution(`${name}.downsample.conv`, [width, inputWidth, 1]);
    collector.batchNorm(`${name}.downsample.bn`, width);
  }
}

/**
 * Parameters of the projection head: `0.weight`, `0.bias`, `1.weight`, ...; its BN layers are `0.bn.weight`, ...
 * @param trunkWidth - channels that the trunk gives.
 * @param widths - widths of the layers after it.
 */
export function headParameters(
  trunkWidth: number,
  widths: readonly number[],
  batchNorm: HeadBatchNorm = 'none',
): ParameterList {
  const collector = new Collector();
  let input = trunkWidth;
  for (const [layer, width] of widths.entries()) {
    const isOutput = layer === widths.length - 1;
    collector.linear(`${layer}`, width, input);
    if (isOutput ? batchNorm === 'hidden-and-output' : batchNorm !== 'none') {
      collector.batchNorm(`${layer}.bn`, width, !isOutput);
    }
    input = width;
  }
  return collector;
}

/**
 * The prototypes' `weight` (prototypes, embedding), without bias. PyTorch's default for linear layers, U(-1, 1) /
 * sqrt(embedding), as in swav and VISSL; training normalises the rows.
 */
export function prototypeParameters(prototypes: number, embeddingWidth: number): ParameterList {
  const init: Initializer = { kind: 'uniform', bound: 1 / Math.sqrt(embeddingWidth) };
  return { parameters: [{ name: 'weight', shape: [prototypes, embeddingWidth], init }], buffers: [] };
}

/** Number of values in a list of parameters. */
export function countValues(parameters: readonly ParameterSpec[]): number {
  return parameters.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
}
