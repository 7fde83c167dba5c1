/**
 * Images and convolutions. Maps are (P, C) with the pixels of all resolutions; TensorFlow wants (N, H, W, C), one resolution
 * at a time, and weights as (height, width, in / groups, out) where a program stores (out, in / groups, height, width).
 */
import type { ConvolutionAttributes, NormAttributes } from '../../../program/operations.ts';
import type { Grid, ValueId } from '../../../program/values.ts';
import { attribute, type Tensor } from '../binding.ts';
import { type Emissions, type Frame, gridsOf, pixelsOf, segments, wide } from '../frame.ts';
import { activate } from './activations.ts';
import { groupedDataGradient, groupedWeightGradient } from './grouped-gradients.ts';
import { affineOf } from './normalised.ts';

export const imagesAndConvolutions: Emissions<
  'normalizeImages' | 'convolution' | 'foldedConvolution' | 'convolutionBackwardData' | 'convolutionBackwardWeights'
> = {
  normalizeImages({ inputs, outputs, attributes: { mean, deviation } }, frame) {
    const { t } = frame;
    const pixels = wide(frame, inputs.input);
    const unit = frame.value(inputs.input).dtype === 'u8' ? t.divide(pixels, t.constant(255)) : pixels;
    frame.put(outputs.output, t.divide(t.subtract(unit, t.constant(mean)), t.constant(deviation)));
  },

  convolution({ inputs, outputs, attributes }, frame) {
    frame.put(outputs.output, convolve(frame, inputs.input, outputs.output, frame.tensor(inputs.weight), attributes));
  },

  foldedConvolution({ inputs, outputs, attributes }, frame) {
    const { t } = frame;
    const { a, b } = affineOf(frame, inputs, attributes, 1)[0]!;
    const folded = t.multiply(wide(frame, inputs.weight), t.reshape(a, [a.shape[0]!, 1, 1, 1]));
    const output = t.cast(convolve(frame, inputs.input, outputs.output, folded, attributes), 'f32');
    const shifted = t.add(output, b);
    const sum = inputs.residual === undefined ? shifted : t.add(shifted, wide(frame, inputs.residual));
    frame.put(outputs.output, activate(t, sum, (attributes as NormAttributes).activation));
  },

  convolutionBackwardData({ inputs, outputs, attributes }, frame) {
    const { t } = frame;
    const map = frame.value(outputs.inputGradient);
    const gradient = frame.tensor(inputs.outputGradient);
    const weight = t.cast(frame.tensor(inputs.weight), map.dtype);
    if (isPointwise(attributes)) {
      const own = t.matMul(gradient, matrixOf(frame, weight));
      frame.put(
        outputs.inputGradient,
        inputs.accumulate === undefined ? own : t.add(own, frame.tensor(inputs.accumulate)),
      );
      return;
    }
    const grids = gridsOf(map);
    const from = gridsOf(frame.value(inputs.outputGradient));
    const channels = map.shape[1]!;
    const parts = segments(frame, gradient, from).map((rows, i) => {
      const dy = asImages(frame, rows, from[i]!);
      const dx = dataGradient(frame, dy, weight, [...sidesOf(grids[i]!), channels], attributes);
      return t.reshape(dx, [pixelsOf(grids[i]!), channels]);
    });
    frame.put(outputs.inputGradient, t.concat(parts));
  },

  convolutionBackwardWeights({ inputs, outputs, attributes }, frame) {
    const { t } = frame;
    const [x, dy] = [frame.tensor(inputs.input), frame.tensor(inputs.outputGradient)];
    const weight = frame.value(outputs.weightGradient);
    if (isPointwise(attributes)) {
      frame.put(outputs.weightGradient, t.matMul(dy, x, { left: true }));
      return;
    }
    const [from, to] = [gridsOf(frame.value(inputs.input)), gridsOf(frame.value(inputs.outputGradient))];
    const gradients = segments(frame, summedInF32(frame, dy), to);
    let sum: Tensor | undefined;
    for (const [i, rows] of segments(frame, summedInF32(frame, x), from).entries()) {
      const images = asImages(frame, rows, from[i]!);
      const part = weightGradient(frame, images, asImages(frame, gradients[i]!, to[i]!), weight.shape, attributes);
      sum = sum ? t.add(sum, part) : part;
    }
    frame.put(outputs.weightGradient, sum!);
  },
};

/** A matrix product over all pixels: no pixel's neighbours matter. */
function isPointwise({ kernel, stride, groups }: ConvolutionAttributes): boolean {
  return kernel === 1 && stride === 1 && groups === 1;
}

/** (out, in) of a pointwise weight (out, in, 1, 1). */
function matrixOf({ t }: Frame, weight: Tensor): Tensor {
  return t.reshape(weight, [weight.shape[0]!, weight.shape[1]!]);
}

function sidesOf({ images, height, width }: Grid): number[] {
  return [images, height, width];
}

function asImages({ t }: Frame, rows: Tensor, grid: Grid): Tensor {
  return t.reshape(rows, [...sidesOf(grid), rows.shape[1]!]);
}

/** Padding is half of the kernel on every side; TensorFlow's SAME would shift it where there is a stride. */
function window({ kernel, stride }: ConvolutionAttributes) {
  const half = Math.floor(kernel / 2);
  return [
    attribute.int('strides', [1, stride, stride, 1]),
    attribute.string('padding', 'EXPLICIT'),
    attribute.int('explicit_paddings', [0, 0, half, half, half, half, 0, 0]),
  ];
}

/** (P', out) in the type of the input. @param weight as a program stores it */
function convolve(
  frame: Frame,
  input: ValueId,
  output: ValueId,
  weight: Tensor,
  attributes: ConvolutionAttributes,
): Tensor {
  const { t } = frame;
  const map = frame.value(input);
  const x = frame.tensor(input);
  const typed = t.cast(weight, map.dtype);
  if (isPointwise(attributes)) return t.matMul(x, matrixOf(frame, typed), { right: true });
  const filter = t.transpose(typed, [2, 3, 1, 0]);
  const [from, to] = [gridsOf(map), gridsOf(frame.value(output))];
  const parts = segments(frame, x, from).map((rows, i) => {
    const y = t.one('Conv2D', [asImages(frame, rows, from[i]!), filter], window(attributes));
    return t.reshape(y, [pixelsOf(to[i]!), weight.shape[0]!]);
  });
  return t.concat(parts);
}

/**
 * On processors TensorFlow has no gradients of grouped convolutions, and sums those of others in bf16 if maps are in bf16: there
 * they are taken in f32.
 */
function summedInF32({ t, isGpu }: Frame, tensor: Tensor): Tensor {
  return isGpu ? tensor : t.cast(tensor, 'f32');
}

function dataGradient(
  frame: Frame,
  dy: Tensor,
  weight: Tensor,
  shape: readonly number[],
  attributes: ConvolutionAttributes,
): Tensor {
  const { t, isGpu } = frame;
  if (attributes.groups > 1 && !isGpu) return groupedDataGradient(t, dy, weight, shape, attributes);
  const filter = t.transpose(summedInF32(frame, weight), [2, 3, 1, 0]);
  return t.one('Conv2DBackpropInput', [t.integers(shape), filter, summedInF32(frame, dy)], window(attributes));
}

/** As a program stores it, f32. */
function weightGradient(
  frame: Frame,
  x: Tensor,
  dy: Tensor,
  shape: readonly number[],
  attributes: ConvolutionAttributes,
): Tensor {
  const { t, isGpu } = frame;
  if (attributes.groups > 1 && !isGpu) return groupedWeightGradient(t, x, dy, attributes);
  const [out, perGroup, height, width] = shape as [number, number, number, number];
  const sizes = t.integers([height, width, perGroup, out]);
  const gradient = t.one('Conv2DBackpropFilter', [x, sizes, dy], window(attributes));
  return t.transpose(t.cast(gradient, 'f32'), [3, 2, 0, 1]);
}
