/** Cross-entropy of class scores (N, K). */
import type { CrossEntropyAttributes } from '../../../program/operations.ts';
import { attribute, type Tensor } from '../binding.ts';
import type { Emissions, Frame } from '../frame.ts';

export const classification: Emissions<'crossEntropy' | 'crossEntropyBackward'> = {
  crossEntropy({ inputs, outputs, attributes }, frame) {
    const scores = frame.tensor(inputs.scores);
    const labels = frame.tensor(inputs.labels);
    const lossOf = attributes.form === 'sigmoid' ? sigmoidLoss : softmaxLoss;
    frame.put(outputs.loss, lossOf(frame, scores, labels));
  },

  crossEntropyBackward({ inputs, outputs, attributes }, frame) {
    const scores = frame.tensor(inputs.scores);
    const labels = frame.tensor(inputs.labels);
    frame.put(outputs.scoresGradient, gradientOf(frame, scores, labels, attributes));
  },
};

/** NaN for a label that is no class. */
function softmaxLoss({ t }: Frame, scores: Tensor, labels: Tensor): Tensor {
  const [rows, classes] = scores.shape as [number, number];
  const logs = t.one('LogSoftmax', [scores]);
  const losses = t.negative(t.sum(t.multiply(oneHot({ t }, labels, classes), logs), [1]));
  const known = t.and(t.is(labels, 'GreaterEqual', 0), t.is(labels, 'Less', classes));
  const flat = t.reshape(known, [rows]);
  return t.mean(t.select(flat, losses, t.constant(Number.NaN)), [0]);
}

/** -log of the sigmoid without a large exponential, over the answers that are known. */
function sigmoidLoss({ t }: Frame, scores: Tensor, labels: Tensor): Tensor {
  const known = t.is(labels, 'GreaterEqual', 0);
  const positive = t.one('Relu', [scores]);
  const tail = t.one('Log1p', [t.exp(t.negative(t.one('Abs', [scores])))]);
  const losses = t.add(t.subtract(positive, t.multiply(scores, labels)), tail);
  const total = t.sum(t.select(known, losses, t.constant(0)), [0, 1]);
  return t.divide(total, countOf({ t }, known));
}

function gradientOf({ t }: Frame, scores: Tensor, labels: Tensor, { form }: CrossEntropyAttributes): Tensor {
  const [rows, classes] = scores.shape as [number, number];
  if (form === 'softmax') {
    const softmax = t.one('Softmax', [scores]);
    return t.scale(t.subtract(softmax, oneHot({ t }, labels, classes)), 1 / rows);
  }
  const known = t.is(labels, 'GreaterEqual', 0);
  const apart = t.subtract(t.one('Sigmoid', [scores]), labels);
  return t.divide(t.select(known, apart, t.constant(0)), countOf({ t }, known));
}

/** (N, K); a label that is no class has no one. */
function oneHot({ t }: Pick<Frame, 't'>, labels: Tensor, classes: number): Tensor {
  const indices = t.cast(t.reshape(t.one('Floor', [labels]), [labels.shape[0]!]), 'i32');
  return t.one('OneHot', [indices, t.integers(classes), t.constant(1), t.constant(0)], [attribute.int('axis', -1)]);
}

/** At least 1. */
function countOf({ t }: Pick<Frame, 't'>, known: Tensor): Tensor {
  return t.maximum(t.sum(t.cast(known, 'f32'), [0, 1]), t.constant(1));
}
