/**
 * What ranks exchange, by the collectives that the executor was given. They are issued in the program's order on the device's
 * own queue, so that nothing has to be awaited here.
 */
import type { Collectives } from '../collectives.ts';
import { TensorFlowError } from '../errors.ts';
import type { Emissions, Frame } from '../frame.ts';

export const ranks: Emissions<'allGather' | 'reduceScatter' | 'allReduce' | 'await'> = {
  allGather({ inputs, outputs }, frame) {
    frame.put(outputs.output, of(frame, 'allGather').allGather(frame.t, frame.tensor(inputs.input)));
  },

  reduceScatter({ inputs, outputs, attributes: { scale } }, frame) {
    frame.put(outputs.output, of(frame, 'reduceScatter').reduceScatter(frame.t, frame.tensor(inputs.input), scale));
  },

  allReduce({ inputs, outputs, attributes: { scale } }, frame) {
    frame.put(outputs.output, of(frame, 'allReduce').allReduce(frame.t, frame.tensor(inputs.input), scale));
  },

  await() {},
};

function of({ collectives }: Frame, kind: string): Collectives {
  if (collectives) return collectives;
  throw new TensorFlowError(
    'UNSUPPORTED_OPERATION',
    `${kind} exchanges with other ranks, and this executor was given no collectives: train on one rank.`,
  );
}
