/**
 * The update phase: norms of every layer, LARC's trust ratios, SGD with momentum. What changes something first looks at
 * `applied`, on the host: a step with a NaN changes nothing, and costs nothing more.
 */
import { nextLossScale } from '../../../program/loss-scale.ts';
import type { ValueId } from '../../../program/values.ts';
import type { Tensor } from '../binding.ts';
import { type Emissions, type Frame, isApplied } from '../frame.ts';
import { norms } from './linear.ts';

export const optimizer: Emissions<
  'squaredNorms' | 'finiteCheck' | 'trustRatios' | 'sgd' | 'adaptLossScale' | 'normalizeRows'
> = {
  squaredNorms({ inputs, outputs }, frame) {
    const { t } = frame;
    const half = (id: number) => t.one('L2Loss', [frame.tensor(id)]);
    const sums = inputs.parameters.flatMap((parameter, i) => [half(parameter), half(inputs.gradients[i]!)]);
    const scale = scaleOf(frame, inputs.scale);
    const norms = t.reshape(t.stack(sums), [inputs.parameters.length, 2]);
    frame.put(outputs.norms, t.multiply(norms, t.constant([2, 2 / scale ** 2])));
  },

  finiteCheck({ inputs, outputs }, frame) {
    const { t } = frame;
    const [loss, norms] = [frame.value(inputs.loss), frame.value(inputs.norms)];
    const all = t.concat([
      t.reshape(frame.tensor(inputs.loss), [loss.shape.reduce((product, extent) => product * extent, 1)]),
      t.reshape(frame.tensor(inputs.norms), [norms.shape.reduce((product, extent) => product * extent, 1)]),
    ]);
    const finite = t.one('All', [t.one('IsFinite', [all]), t.integers([0])]);
    frame.put(outputs.applied, t.cast(finite, 'f32'));
  },

  /** lambda = eta |w| / (|g| + wd |w| + eps), and whether decay is added; plain SGD where a norm is 0. */
  trustRatios({ inputs, outputs, attributes }, frame) {
    const { t } = frame;
    const { enabled, trustCoefficient, epsilon, weightDecay } = attributes;
    const layers = frame.value(inputs.norms).shape[0]!;
    const one = t.constant(1);
    if (!enabled) {
      frame.put(outputs.ratios, t.one('Fill', [t.integers([layers, 2]), one]));
      return;
    }
    const roots = t.sqrt(t.transpose(frame.tensor(inputs.norms), [1, 0]));
    const [weight, gradient] = t.unstack(roots) as [Tensor, Tensor];
    const scaled = t.and(t.is(weight, 'NotEqual', 0), t.is(gradient, 'NotEqual', 0));
    const below = t.add(t.add(gradient, t.scale(weight, weightDecay)), t.constant(epsilon));
    const ratio = t.select(scaled, t.divide(t.scale(weight, trustCoefficient), below), one);
    frame.put(outputs.ratios, t.transpose(t.stack([ratio, t.cast(scaled, 'f32')]), [1, 0]));
  },

  sgd({ inputs, updates, attributes }, frame) {
    if (!isApplied(frame, inputs.applied)) return;
    const { t } = frame;
    const { momentum, weightDecay, nesterov } = attributes;
    const [rate, frozen] = frame.numbers(inputs.control) as unknown as [number, number];
    const [freezable, undecayed] = [new Set(attributes.freezable), new Set(attributes.undecayed)];
    const ratios = t.unstack(t.reshape(frame.tensor(inputs.ratios), [2 * updates.parameters.length]));
    const rateTensor = t.from(Float32Array.of(rate), []);
    const scale = scaleOf(frame, inputs.scale);
    for (const [i, parameter] of updates.parameters.entries()) {
      if (frozen !== 0 && freezable.has(i)) continue;
      // What is made for one parameter goes before the next: gradients are as large as the network.
      t.scope(() => {
        const [w, m, gradient] = [parameter, updates.momenta[i]!, inputs.gradients[i]!].map((id) =>
          frame.tensor(id),
        ) as [Tensor, Tensor, Tensor];
        const g = scale === 1 ? gradient : t.scale(gradient, 1 / scale);
        const [ratio, decayed] = [ratios[2 * i]!, ratios[2 * i + 1]!];
        const decay = undecayed.has(i) ? undefined : t.scale(decayed, weightDecay);
        const scaled = t.multiply(decay ? t.add(g, t.multiply(w, decay)) : g, ratio);
        const velocity = t.add(t.scale(m, momentum), scaled);
        const step = nesterov ? t.add(scaled, t.scale(velocity, momentum)) : velocity;
        frame.put(updates.momenta[i]!, velocity);
        frame.put(parameter, t.subtract(w, t.multiply(step, rateTensor)));
      });
    }
  },

  /** On the host: three numbers. */
  adaptLossScale({ inputs, updates, attributes: { growthInterval } }, frame) {
    const [[scale], [clean, skipped]] = [frame.numbers(updates.scale), frame.numbers(updates.counts)];
    const next = nextLossScale(
      { scale: scale!, clean: clean!, skipped: skipped! },
      isApplied(frame, inputs.applied),
      growthInterval,
    );
    frame.put(updates.scale, frame.t.from(Float32Array.of(next.scale), [1]));
    frame.put(updates.counts, frame.t.from(Float32Array.of(next.clean, next.skipped), [2]));
  },

  normalizeRows({ inputs, updates }, frame) {
    if (!isApplied(frame, inputs.applied)) return;
    const weight = frame.tensor(updates.weight);
    frame.put(updates.weight, frame.t.divide(weight, norms(frame.t, weight)));
  },
};

/** By which gradients are too large: 1 where the loss is not scaled. */
function scaleOf(frame: Frame, scale: ValueId | undefined): number {
  return scale === undefined ? 1 : frame.numbers(scale)[0]!;
}
