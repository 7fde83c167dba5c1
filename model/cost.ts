/**
 * What a model costs before anything is built: parameters, multiply-adds and activation bytes.
 *
 * Multiply-adds count every convolution (squeeze-and-excitation included), not BN, activations, pooling or biases; one
 * multiply-add is what the literature calls a FLOP. Activations are the outputs of all convolutions, as in the RegNet
 * paper; a compiled program knows its exact memory, this is for comparing architectures.
 */
import { countValues, headParameters, prototypeParameters, trunkParameters } from './parameters.ts';
import type { BlockSpec, TrunkSpec } from './regnet.ts';
import type { HeadSpec } from './swav.ts';

export type ActivationDType = 'fp32' | 'bf16';

const BYTES_PER_VALUE: Record<ActivationDType, number> = { fp32: 4, bf16: 2 };

export interface ParameterCounts {
  readonly trunk: number;
  readonly head: number;
  readonly prototypes: number;
}

/** Cost of one image in one part of the trunk: the stem, or a block. */
export interface PartCost {
  /** `stem`, or the block's name. */
  readonly name: string;
  readonly multiplyAdds: number;
  readonly activationBytes: number;
  /** Height and width of the output in pixels. */
  readonly outputSide: number;
}

export interface TrunkCost {
  readonly multiplyAdds: number;
  readonly activationBytes: number;
  readonly parts: readonly PartCost[];
}

/** Trained values of trunk, head and prototypes. */
export function parameterCounts(
  trunk: TrunkSpec,
  head: Omit<HeadSpec, 'prototypes'>,
  prototypes: number,
): ParameterCounts {
  const whole = { ...head, prototypes };
  return {
    trunk: countValues(trunkParameters(trunk).parameters),
    head: countValues(headParameters(trunk.width, whole).parameters),
    prototypes: countValues(prototypeParameters(trunk.width, whole).parameters),
  };
}

/**
 * Cost of one square image.
 * @param resolution - side of the image in pixels.
 */
export function trunkCost(trunk: TrunkSpec, resolution: number, dtype: ActivationDType = 'fp32'): TrunkCost {
  const parts: PartCost[] = [];
  let side = halved(resolution);
  const stemPixels = side * side;
  parts.push({
    name: 'stem',
    multiplyAdds: trunk.stemWidth * 3 * 9 * stemPixels,
    activationBytes: trunk.stemWidth * stemPixels * BYTES_PER_VALUE[dtype],
    outputSide: side,
  });
  for (const block of trunk.blocks) {
    const inputSide = side;
    if (block.stride === 2) side = halved(side);
    parts.push(blockCost(block, inputSide, side, BYTES_PER_VALUE[dtype]));
  }
  const total = (key: 'multiplyAdds' | 'activationBytes') => parts.reduce((sum, part) => sum + part[key], 0);
  return { multiplyAdds: total('multiplyAdds'), activationBytes: total('activationBytes'), parts };
}

function blockCost(block: BlockSpec, inputSide: number, outputSide: number, bytesPerValue: number): PartCost {
  const { inputWidth, width, bottleneckWidth, groupWidth, seWidth } = block;
  const inputPixels = inputSide * inputSide;
  const outputPixels = outputSide * outputSide;
  // (values of the output, multiply-adds per value) of each convolution
  const convolutions: [outputs: number, perOutput: number][] = [
    [bottleneckWidth * inputPixels, inputWidth],
    [bottleneckWidth * outputPixels, groupWidth * 9],
    [seWidth, bottleneckWidth],
    [bottleneckWidth, seWidth],
    [width * outputPixels, bottleneckWidth],
  ];
  if (block.projection) convolutions.push([width * outputPixels, inputWidth]);
  return {
    name: block.name,
    multiplyAdds: convolutions.reduce((sum, [outputs, perOutput]) => sum + outputs * perOutput, 0),
    activationBytes: convolutions.reduce((sum, [outputs]) => sum + outputs, 0) * bytesPerValue,
    outputSide,
  };
}

/** Side after a convolution of stride 2 that pads to "same". */
function halved(side: number): number {
  return Math.ceil(side / 2);
}
