/**
 * RegNetY and RegNetZ: stem, four stages of bottleneck blocks, global pooling (Sec. 3.3; Radosavovic et al. 2020;
 * Dollar et al. 2021 for Z). Parameter names are timm's.
 *
 *   block   x - 1x1 - BN - act - 3x3 grouped (stride) - BN - act - SE - 1x1 - BN - (+ x or 1x1 strided projection) - act
 */
import type { Layers } from './layers.ts';
import type { BlockSpec, TrunkSpec } from './regnet.ts';

/** The outputs that other parts use: `res2` ... `res5` are the four stages, `pooled` the features (images, width). */
export interface TrunkOutputs<Tensor> {
  readonly stages: readonly Tensor[];
  readonly pooled: Tensor;
}

export function trunk<Tensor>(
  net: Layers<Tensor>,
  spec: TrunkSpec,
  images: Tensor,
  prefix = 'trunk.',
): TrunkOutputs<Tensor> {
  const activation = spec.blocks[0]?.activation ?? 'relu';
  net.unit('stem');
  let x = net.convolution(images, `${prefix}stem.conv`, {
    outputChannels: spec.stemWidth,
    kernel: 3,
    stride: 2,
    groups: 1,
  });
  x = net.activation(net.batchNorm(x, `${prefix}stem.bn`), activation);

  const stages: Tensor[] = [];
  for (const [index, blockSpec] of spec.blocks.entries()) {
    net.unit(blockSpec.name);
    x = block(net, blockSpec, x, `${prefix}${blockSpec.name}`);
    if (spec.blocks[index + 1]?.stage !== blockSpec.stage) stages.push(x);
  }
  net.unit('pool');
  return { stages, pooled: net.globalPool(x) };
}

function block<Tensor>(net: Layers<Tensor>, spec: BlockSpec, x: Tensor, name: string): Tensor {
  const { bottleneckWidth, width, stride, groupWidth, activation } = spec;
  const pointwise = (outputChannels: number, stride = 1) => ({ outputChannels, kernel: 1, stride, groups: 1 });
  const spatial = { outputChannels: bottleneckWidth, kernel: 3, stride, groups: bottleneckWidth / groupWidth };

  let y = net.convolution(x, `${name}.conv1.conv`, pointwise(bottleneckWidth));
  y = net.activation(net.batchNorm(y, `${name}.conv1.bn`), activation);
  y = net.convolution(y, `${name}.conv2.conv`, spatial);
  y = net.activation(net.batchNorm(y, `${name}.conv2.bn`), activation);
  y = net.gate(y, squeezeAndExcitation(net, spec, y, `${name}.se`));
  y = net.convolution(y, `${name}.conv3.conv`, pointwise(width));
  y = net.batchNorm(y, `${name}.conv3.bn`);

  if (spec.projection) {
    const shortcut = net.convolution(x, `${name}.downsample.conv`, pointwise(width, stride));
    y = net.add(y, net.batchNorm(shortcut, `${name}.downsample.bn`));
  } else if (spec.residual) {
    y = net.add(y, x);
  }
  return spec.linearOutput ? y : net.activation(y, activation);
}

/** Pool - linear - activation - linear - sigmoid; its width is a quarter of the block's *input* width. */
function squeezeAndExcitation<Tensor>(net: Layers<Tensor>, spec: BlockSpec, y: Tensor, name: string): Tensor {
  const excitation = { bias: true, pointwise: true, init: 'kaiming' } as const;
  const squeezed = net.linear(net.globalPool(y), `${name}.fc1`, spec.seWidth, excitation);
  const excited = net.activation(squeezed, spec.activation);
  return net.activation(net.linear(excited, `${name}.fc2`, spec.bottleneckWidth, excitation), 'sigmoid');
}
