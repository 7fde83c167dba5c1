/**
 * Fully connected layers and unit rows, in f32: `factors: bf16` is leave to multiply in bf16, and TensorFlow's product would
 * round its result to bf16 as well.
 */
import type { ValueId } from '../../../program/values.ts';
import type { Tensor } from '../binding.ts';
import { type Emissions, type Frame, wide } from '../frame.ts';
import type { Tensors } from '../tensors.ts';

export const linear: Emissions<
  'linear' | 'linearBackwardData' | 'linearBackwardWeights' | 'l2Normalize' | 'l2NormalizeBackward'
> = {
  linear({ inputs, outputs }, frame) {
    const { t } = frame;
    const product = t.matMul(rows(frame, inputs.input), matrix(frame, inputs.weight), { right: true });
    frame.put(outputs.output, inputs.bias === undefined ? product : t.add(product, wide(frame, inputs.bias)));
  },

  linearBackwardData({ inputs, outputs }, frame) {
    const gradient = frame.t.matMul(rows(frame, inputs.outputGradient), matrix(frame, inputs.weight));
    frame.put(outputs.inputGradient, gradient);
  },

  linearBackwardWeights({ inputs, outputs }, frame) {
    const { t } = frame;
    const [x, dy] = [rows(frame, inputs.input), rows(frame, inputs.outputGradient)];
    frame.put(outputs.weightGradient, t.matMul(dy, x, { left: true }));
    if (outputs.biasGradient !== undefined) frame.put(outputs.biasGradient, t.sum(dy, [0]));
  },

  l2Normalize({ inputs, outputs }, frame) {
    const x = frame.tensor(inputs.input);
    frame.put(outputs.output, frame.t.divide(x, norms(frame.t, x)));
  },

  /** dx = (dy - y (y . dy)) / |x|. */
  l2NormalizeBackward({ inputs, outputs }, frame) {
    const { t } = frame;
    const [x, dy] = [frame.tensor(inputs.input), frame.tensor(inputs.outputGradient)];
    const norm = norms(t, x);
    const y = t.divide(x, norm);
    const along = t.multiply(y, t.sum(t.multiply(y, dy), [1], true));
    frame.put(outputs.inputGradient, t.divide(t.subtract(dy, along), norm));
  },
};

/** (rows, width); a queue is (crops, rows, width). */
function rows(frame: Frame, id: ValueId): Tensor {
  const all = wide(frame, id);
  const width = all.shape.at(-1)!;
  return frame.t.reshape(all, [all.shape.reduce((product, extent) => product * extent, 1) / width, width]);
}

/** (out, in); a squeeze-and-excitation's weight is stored as (out, in, 1, 1). */
function matrix(frame: Frame, id: ValueId): Tensor {
  const weight = wide(frame, id);
  return frame.t.reshape(weight, [
    weight.shape[0]!,
    weight.shape.slice(1).reduce((product, extent) => product * extent, 1),
  ]);
}

/** As in the reference implementation, a norm below this counts as this. */
const SMALLEST_NORM = 1e-12;

/** (rows, 1). */
export function norms(t: Tensors, x: Tensor): Tensor {
  return t.maximum(t.sqrt(t.sum(t.square(x), [1], true)), t.constant(SMALLEST_NORM));
}
