/**
 * Batch normalisation, with residuals, activations and squeeze-and-excitation: in f32, whatever maps are stored in.
 *
 *   xhat = (x - mean) * istd      z = xhat * scale + shift      y = f(z + residual) * gate
 */
import type { OperationKind, OperationOf, Synchronised } from '../../../program/operations.ts';
import type { ValueId } from '../../../program/values.ts';
import type { Tensor } from '../binding.ts';
import { allRanks, type Emissions, type Frame, gridsOf, isApplied, perImage, segments, wide } from '../frame.ts';
import { activate, activateBackward, slope } from './activations.ts';
import { byImage, normalise, normalisedSegments, rowPerImage, type Segment } from './normalised.ts';

export const batchNorm: Emissions<
  | 'batchNormMoments'
  | 'updateRunningMoments'
  | 'batchNorm'
  | 'batchNormBackward'
  | 'squeeze'
  | 'excite'
  | 'exciteBackward'
  | 'squeezeBackward'
> = {
  batchNormMoments({ inputs, outputs, attributes: { ranks } }, frame) {
    const { t } = frame;
    const group = allRanks(frame, ranks, 'batchNormMoments');
    const parts = segments(frame, wide(frame, inputs.input), gridsOf(frame.value(inputs.input)));
    const means = parts.map((x) => t.mean(x, [0]));
    const variances = parts.map((x, i) => t.mean(t.square(t.subtract(x, means[i]!)), [0]));
    let [mean, variance] = [t.stack(means), t.stack(variances)];
    if (group) {
      // Ranks have equally many pixels: moments of all are means over ranks, the second one of squares around the mean of all.
      const share = 1 / ranks!;
      const own = mean;
      mean = t.scale(group.withinGroup(t, own, 'sum', ranks!), share);
      const around = t.add(variance, t.square(t.subtract(own, mean)));
      variance = t.scale(group.withinGroup(t, around, 'sum', ranks!), share);
    }
    frame.put(outputs.mean, mean);
    frame.put(outputs.variance, variance);
  },

  updateRunningMoments({ inputs, updates, attributes: { momentum, counts } }, frame) {
    if (!isApplied(frame, inputs.applied)) return;
    const { t } = frame;
    const moved = (running: ValueId, moments: ValueId, factor: (count: number) => number) => {
      const each = t.unstack(t.reshape(frame.tensor(moments), [counts.length, frame.value(running).shape[0]!]));
      let value = frame.tensor(running);
      for (const [s, count] of counts.entries()) {
        const wanted = factor(count) === 1 ? each[s]! : t.scale(each[s]!, factor(count));
        value = t.add(value, t.scale(t.subtract(wanted, value), momentum));
      }
      frame.put(running, value);
    };
    moved(updates.runningMean, inputs.mean, () => 1);
    moved(updates.runningVariance, inputs.variance, (count) => count / Math.max(1, count - 1));
  },

  batchNorm({ inputs, outputs, attributes }, frame) {
    const { t } = frame;
    const parts = normalisedSegments(frame, inputs, attributes);
    const residuals =
      inputs.residual === undefined
        ? []
        : segments(frame, wide(frame, inputs.residual), gridsOf(frame.value(inputs.input)));
    const normalised = parts.map((segment) => {
      const z = normalise(t, segment);
      const residual = residuals[segment.index];
      return activate(t, residual ? t.add(z, residual) : z, attributes.activation);
    });
    frame.put(outputs.output, t.concat(normalised));
  },

  batchNormBackward(operation, frame) {
    const { inputs, outputs, attributes } = operation;
    const { t } = frame;
    const grids = gridsOf(frame.value(inputs.input));
    const gradients = segments(frame, wide(frame, inputs.outputGradient), grids);
    const outputsOfSegments = inputs.output === undefined ? [] : segments(frame, wide(frame, inputs.output), grids);
    const masked = normalisedSegments(frame, inputs, attributes).map((segment) => {
      const gradient = gradients[segment.index]!;
      const output = outputsOfSegments[segment.index];
      // Where a residual was added before the ReLU, the sign of its output says what passed.
      if (output) return { segment, d: activateBackward(t, output, gradient, attributes.activation) };
      if (attributes.activation === 'none') return { segment, d: gradient };
      return { segment, d: activateBackward(t, normalise(t, segment), gradient, attributes.activation) };
    });
    const sums = masked.map(({ segment, d }) => {
      const centred = t.subtract(segment.x, segment.mean);
      return { d: t.sum(d, [0]), dXhat: t.multiply(t.sum(t.multiply(d, centred), [0]), segment.istd) };
    });
    const parts = writeGradients(frame, operation, masked, sums);
    if (outputs.residualGradient !== undefined) frame.put(outputs.residualGradient, t.concat(masked.map(({ d }) => d)));
    frame.put(outputs.inputGradient, t.concat(parts));
  },

  squeeze({ inputs, outputs, attributes }, frame) {
    const { t } = frame;
    const pooled = normalisedSegments(frame, inputs, attributes).map((segment) =>
      t.mean(byImage(t, activate(t, normalise(t, segment), attributes.activation), segment), [1]),
    );
    frame.put(outputs.pooled, t.concat(pooled));
  },

  excite({ inputs, outputs, attributes }, frame) {
    const { t } = frame;
    const gates = perImage(frame, frame.tensor(inputs.gate), gridsOf(frame.value(inputs.input)));
    const excited = normalisedSegments(frame, inputs, attributes).map((segment) => {
      const y = activate(t, normalise(t, segment), attributes.activation);
      return t.reshape(t.multiply(byImage(t, y, segment), rowPerImage(t, gates[segment.index]!)), segment.x.shape);
    });
    frame.put(outputs.output, t.concat(excited));
  },

  exciteBackward({ inputs, outputs, attributes }, frame) {
    const { t } = frame;
    const gradients = segments(frame, wide(frame, inputs.outputGradient), gridsOf(frame.value(inputs.input)));
    const sums = normalisedSegments(frame, inputs, attributes).map((segment) => {
      const de = gradients[segment.index]!;
      const z = normalise(t, segment);
      const f = slope(t, z, attributes.activation);
      const xhat = t.multiply(t.subtract(segment.x, segment.mean), segment.istd);
      const deF = t.multiply(de, f);
      const each = [deF, t.multiply(deF, xhat), f, t.multiply(f, xhat)];
      each.push(t.multiply(de, activate(t, z, attributes.activation)));
      const ofImages = each.map((rows) => t.sum(byImage(t, rows, segment), [1]));
      return { five: t.transpose(t.stack(ofImages), [1, 0, 2]), gate: ofImages[4]! };
    });
    frame.put(outputs.sums, t.concat(sums.map(({ five }) => five)));
    frame.put(outputs.gateGradient, t.concat(sums.map(({ gate }) => gate)));
  },

  squeezeBackward(operation, frame) {
    const { inputs, outputs, attributes } = operation;
    const { t } = frame;
    const grids = gridsOf(frame.value(inputs.input));
    const gradients = segments(frame, wide(frame, inputs.outputGradient), grids);
    const [gates, pooled, fives] = [inputs.gate, inputs.pooledGradient, inputs.sums].map((id) =>
      perImage(frame, frame.tensor(id), grids),
    ) as [Tensor[], Tensor[], Tensor[]];
    const parts = normalisedSegments(frame, inputs, attributes).map((segment) => {
      const gate = gates[segment.index]!;
      const share = t.scale(pooled[segment.index]!, 1 / segment.area);
      // Sums over the images' pixels of d = (de * gate + share) * f', from those that were taken per image.
      const [deF, deFXhat, f, fXhat] = t.unstack(t.transpose(fives[segment.index]!, [1, 0, 2])) as Tensor[];
      const d = t.sum(t.add(t.multiply(gate, deF!), t.multiply(share, f!)), [0]);
      const dXhat = t.sum(t.add(t.multiply(gate, deFXhat!), t.multiply(share, fXhat!)), [0]);
      const both = t.add(
        t.multiply(byImage(t, gradients[segment.index]!, segment), rowPerImage(t, gate)),
        rowPerImage(t, share),
      );
      const rows = t.reshape(both, segment.x.shape);
      const masked = activateBackward(t, normalise(t, segment), rows, attributes.activation);
      return { segment, d: masked, sums: { d, dXhat } };
    });
    const sums = parts.map((part) => part.sums);
    frame.put(outputs.inputGradient, t.concat(writeGradients(frame, operation, parts, sums)));
  },
};

/** (C), over the pixels of one resolution: of d, and of d * xhat. */
interface Sums {
  readonly d: Tensor;
  readonly dXhat: Tensor;
}

/**
 * Gradients of scale and shift, over all resolutions of this rank, and from the sums of all ranks those of each resolution's
 * rows: dx = scale * istd * (d - mean(d) - xhat * mean(d * xhat)).
 */
function writeGradients(
  frame: Frame,
  operation: OperationOf<'batchNormBackward'> | OperationOf<'squeezeBackward'>,
  parts: readonly { readonly segment: Segment; readonly d: Tensor }[],
  sums: readonly Sums[],
): Tensor[] {
  const { t } = frame;
  const { outputs, attributes } = operation;
  const total = (of: keyof Sums) => sums.map((each) => each[of]).reduce((sum, each) => t.add(sum, each));
  if (outputs.shiftGradient !== undefined) frame.put(outputs.shiftGradient, total('d'));
  if (outputs.scaleGradient !== undefined) frame.put(outputs.scaleGradient, total('dXhat'));
  const ofAll = overRanks(frame, sums, attributes, operation.kind);
  return parts.map(({ segment, d }, i) => {
    const share = 1 / (segment.images * segment.area * (attributes.ranks ?? 1));
    const along = t.multiply(t.scale(ofAll[i]!.dXhat, -share), segment.istd);
    const centred = t.subtract(segment.x, segment.mean);
    const inner = t.subtract(t.add(d, t.multiply(centred, along)), t.scale(ofAll[i]!.d, share));
    return t.multiply(inner, segment.a);
  });
}

function overRanks(frame: Frame, sums: readonly Sums[], { ranks }: Synchronised, kind: OperationKind): readonly Sums[] {
  const group = allRanks(frame, ranks, kind);
  if (!group) return sums;
  const { t } = frame;
  const together = group.withinGroup(t, t.stack(sums.flatMap(({ d, dXhat }) => [d, dXhat])), 'sum', ranks!);
  const each = t.unstack(together);
  return sums.map((_, i) => ({ d: each[2 * i]!, dXhat: each[2 * i + 1]! }));
}
