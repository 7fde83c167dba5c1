/** Activations, sums, pooling and gates of maps (P, C), f32 or bf16; what is per image is f32. */
import { type Emissions, gridsOf, perImage, segments, wide } from '../frame.ts';
import { activate, activateBackward } from './activations.ts';
import { byImage, rowPerImage } from './normalised.ts';

export const elementwise: Emissions<
  | 'activation'
  | 'activationBackward'
  | 'add'
  | 'globalPool'
  | 'globalPoolBackward'
  | 'gate'
  | 'gateBackward'
  | 'convert'
> = {
  activation({ inputs, outputs, attributes }, frame) {
    frame.put(outputs.output, activate(frame.t, wide(frame, inputs.input), attributes.activation));
  },

  activationBackward({ inputs, outputs, attributes }, frame) {
    const [z, gradient] = [wide(frame, inputs.input), wide(frame, inputs.outputGradient)];
    frame.put(outputs.inputGradient, activateBackward(frame.t, z, gradient, attributes.activation));
  },

  add({ inputs, outputs }, frame) {
    frame.put(outputs.output, frame.t.add(wide(frame, inputs.left), wide(frame, inputs.right)));
  },

  globalPool({ inputs, outputs }, frame) {
    const { t } = frame;
    const grids = gridsOf(frame.value(inputs.input));
    const means = segments(frame, wide(frame, inputs.input), grids).map((rows, i) =>
      t.mean(byImage(t, rows, sizeOf(grids[i]!)), [1]),
    );
    frame.put(outputs.output, t.concat(means));
  },

  globalPoolBackward({ inputs, outputs }, frame) {
    const { t } = frame;
    const map = frame.value(outputs.inputGradient);
    const grids = gridsOf(map);
    const parts = perImage(frame, frame.tensor(inputs.outputGradient), grids).map((rows, i) => {
      const { images, area } = sizeOf(grids[i]!);
      const share = rowPerImage(t, t.scale(rows, 1 / area));
      const spread = t.one('BroadcastTo', [share, t.integers([images, area, map.shape[1]!])]);
      return t.reshape(spread, [images * area, map.shape[1]!]);
    });
    frame.put(outputs.inputGradient, t.concat(parts));
  },

  gate({ inputs, outputs }, frame) {
    const { t } = frame;
    const grids = gridsOf(frame.value(inputs.input));
    const gates = perImage(frame, frame.tensor(inputs.gate), grids);
    const gated = segments(frame, wide(frame, inputs.input), grids).map((rows, i) =>
      t.reshape(t.multiply(byImage(t, rows, sizeOf(grids[i]!)), rowPerImage(t, gates[i]!)), rows.shape),
    );
    frame.put(outputs.output, t.concat(gated));
  },

  gateBackward({ inputs, outputs }, frame) {
    const { t } = frame;
    const grids = gridsOf(frame.value(inputs.input));
    const gates = perImage(frame, frame.tensor(inputs.gate), grids);
    const maps = segments(frame, wide(frame, inputs.input), grids);
    const both = segments(frame, wide(frame, inputs.outputGradient), grids).map((rows, i) => {
      const size = sizeOf(grids[i]!);
      const gradient = byImage(t, rows, size);
      return {
        input: t.reshape(t.multiply(gradient, rowPerImage(t, gates[i]!)), rows.shape),
        gate: t.sum(t.multiply(gradient, byImage(t, maps[i]!, size)), [1]),
      };
    });
    frame.put(outputs.inputGradient, t.concat(both.map(({ input }) => input)));
    frame.put(outputs.gateGradient, t.concat(both.map(({ gate }) => gate)));
  },

  convert({ inputs, outputs }, frame) {
    frame.put(outputs.output, frame.tensor(inputs.input));
  },
};

function sizeOf({ images, height, width }: { images: number; height: number; width: number }) {
  return { images, area: height * width };
}
