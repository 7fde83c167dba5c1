/**
 * What ranks exchange, by the collectives that the executor was given. Exchanges are started in the program's order, and what the
 * program issues until it awaits them runs beside them.
 */
import type { Collectives } from '../collectives.ts';
import { TensorFlowError } from '../errors.ts';
import type { Emissions, Frame } from '../frame.ts';

export const ranks: Emissions<'allGather' | 'reduceScatter' | 'allReduce' | 'await'> = {
  allGather({ inputs, outputs }, frame) {
    of(frame, 'allGather').allGather(frame.t, frame.tensor(inputs.input), outputs.output);
  },

  reduceScatter({ inputs, outputs, attributes: { scale } }, frame) {
    of(frame, 'reduceScatter').reduceScatter(frame.t, frame.tensor(inputs.input), scale, outputs.output);
  },

  allReduce({ inputs, outputs, attributes: { scale } }, frame) {
    of(frame, 'allReduce').allReduce(frame.t, frame.tensor(inputs.input), scale, outputs.output);
  },

  await({ inputs: { values } }, frame) {
    for (const id of values) {
      const there = frame.collectives?.await(frame.t, id);
      if (there) frame.put(id, there);
    }
  },
};

function of({ collectives }: Frame, kind: string): Collectives {
  if (collectives) return collectives;
  throw new TensorFlowError(
    'UNSUPPORTED_OPERATION',
    `${kind} exchanges with other ranks, and this executor was given no collectives: train on one rank.`,
  );
}
