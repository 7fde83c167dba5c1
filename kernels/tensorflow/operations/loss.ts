/** SwAV's codes and loss (eq. 1-2), and the queue. Scores have one row per crop, crop-major: row c * B + b is crop c of image b. */
import type { LossAttributes } from '../../../program/operations.ts';
import { attribute, type Tensor } from '../binding.ts';
import { allRanks, type Emissions, type Frame, isApplied } from '../frame.ts';

const LARGEST_F32 = 3.4028234663852886e38;

export const loss: Emissions<'sinkhorn' | 'swavLoss' | 'swavLossBackward' | 'prototypeUse' | 'pushQueue'> = {
  /** All assigned crops side by side, (A, samples, K). */
  sinkhorn({ inputs, outputs, attributes }, frame) {
    const { t } = frame;
    const { assignedCrops, crops, epsilon, iterations, ranks } = attributes;
    const group = allRanks(frame, ranks, 'sinkhorn');
    const shared = (sums: Tensor, reduce: 'sum' | 'maximum') =>
      group ? group.withinGroup(t, sums, reduce, ranks!) : sums;
    const [rows, prototypes] = frame.value(inputs.scores).shape as [number, number];
    const batch = rows / crops;
    const assigned = t.slice(frame.tensor(inputs.scores), [0, 0], [assignedCrops * batch, prototypes]);
    let scores = t.reshape(assigned, [assignedCrops, batch, prototypes]);
    if (inputs.queueScores !== undefined) {
      const queued = frame.value(inputs.queueScores).shape[0]! / assignedCrops;
      const queue = t.reshape(frame.tensor(inputs.queueScores), [assignedCrops, queued, prototypes]);
      scores = t.concat([scores, queue], 1);
    }
    const samples = scores.shape[1]! * (ranks ?? 1);
    const largest = shared(t.largest(scores, [1, 2]), 'maximum');
    let plan = t.exp(t.divide(t.subtract(scores, largest), t.constant(epsilon)));
    plan = t.divide(plan, shared(t.sum(plan, [1, 2], true), 'sum'));
    for (let iteration = 0; iteration < iterations; iteration++) {
      plan = revived(frame, plan, shared(t.sum(plan, [1], true), 'sum'));
      const sums = shared(t.sum(plan, [1], true), 'sum');
      const factors = t.minimum(t.divide(t.constant(1 / prototypes), sums), t.constant(LARGEST_F32));
      plan = t.multiply(plan, factors);
      plan = t.multiply(plan, t.divide(t.constant(1 / samples), t.sum(plan, [2], true)));
    }
    const ofBatch =
      inputs.queueScores === undefined ? plan : t.slice(plan, [0, 0, 0], [assignedCrops, batch, prototypes]);
    const codes = t.divide(ofBatch, t.sum(ofBatch, [2], true));
    frame.put(outputs.codes, t.reshape(codes, [assignedCrops * batch, prototypes]));
  },

  swavLoss({ inputs, outputs, attributes }, frame) {
    const { t } = frame;
    const { scores, targets, weight } = prediction(frame, inputs.scores, inputs.codes, attributes);
    const logs = t.one('LogSoftmax', [t.divide(scores, t.constant(attributes.temperature))]);
    frame.put(outputs.loss, t.scale(t.sum(t.multiply(targets, logs), [0, 1]), -weight));
  },

  /** (softmax * sum(q) - q) / temperature, for the codes q that a crop predicts. */
  swavLossBackward({ inputs, outputs, attributes }, frame) {
    const { t } = frame;
    const { scores, targets, weight } = prediction(frame, inputs.scores, inputs.codes, attributes);
    const softmax = t.one('Softmax', [t.divide(scores, t.constant(attributes.temperature))]);
    const gradient = t.subtract(t.multiply(softmax, t.sum(targets, [1], true)), targets);
    const scale = inputs.scale === undefined ? 1 : frame.numbers(inputs.scale)[0]!;
    frame.put(outputs.scoresGradient, t.scale(gradient, (scale * weight) / attributes.temperature));
  },

  prototypeUse({ inputs, outputs }, frame) {
    const { t } = frame;
    const scores = frame.tensor(inputs.scores);
    const nearest = t.one('ArgMax', [scores, t.integers(1)]);
    const hot = t.one(
      'OneHot',
      [nearest, t.integers(scores.shape[1]!), t.constant(1), t.constant(0)],
      [attribute.int('axis', -1)],
    );
    frame.put(outputs.use, t.sum(hot, [0]));
  },

  pushQueue({ inputs, updates, attributes: { crops } }, frame) {
    if (!isApplied(frame, inputs.applied)) return;
    const { t } = frame;
    const [assigned, length, width] = frame.value(updates.queue).shape as [number, number, number];
    const batch = frame.value(inputs.embeddings).shape[0]! / crops;
    const fresh = Math.min(batch, length);
    const embeddings = t.reshape(frame.tensor(inputs.embeddings), [crops, batch, width]);
    const newest = t.slice(embeddings, [0, 0, 0], [assigned, fresh, width]);
    const rest = t.slice(frame.tensor(updates.queue), [0, 0, 0], [assigned, length - fresh, width]);
    frame.put(updates.queue, t.concat([newest, rest], 1));
  },
};

/** Lifts the plans (A, samples, K) in which a prototype has vanished; `sums` (A, 1, K). */
function revived({ t }: Frame, plan: Tensor, sums: Tensor): Tensor {
  const vanished = t.one('Any', [t.is(sums, 'Equal', 0), t.integers([1, 2])], [attribute.bool('keep_dims', true)]);
  return t.add(plan, t.scale(t.cast(vanished, 'f32'), 1e-12));
}

/** Each crop's scores (crops * B, K), and the sum of the codes that it predicts: those of all assigned crops but itself. */
function prediction(
  frame: Frame,
  scoresId: number,
  codesId: number,
  { assignedCrops, crops }: LossAttributes,
): { scores: Tensor; targets: Tensor; weight: number } {
  const { t } = frame;
  const scores = frame.tensor(scoresId);
  const [rows, prototypes] = scores.shape as [number, number];
  const batch = rows / crops;
  const codes = t.reshape(frame.tensor(codesId), [assignedCrops, batch, prototypes]);
  const own = t.unstack(codes);
  const sumOf = (some: readonly Tensor[]) => some.reduce((sum, each) => t.add(sum, each));
  const all = sumOf(own);
  const targets = Array.from({ length: crops }, (_, crop) => {
    if (crop >= assignedCrops) return all;
    const others = own.filter((_, code) => code !== crop);
    return others.length === 0 ? t.zeros([batch, prototypes], 'f32') : sumOf(others);
  });
  // Means over images, over the other crops, over the codes.
  return { scores, targets: t.concat(targets), weight: 1 / (batch * (crops - 1) * assignedCrops) };
}
