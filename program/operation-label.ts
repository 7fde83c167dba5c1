/** What an operation is called in a profile: alike for those that do the same kind of work. */
import type { Operation } from './operations.ts';
import { creates, reads } from './operations.ts';
import type { Program } from './program.ts';

/**
 * The kind; of a convolution also its kernel, its stride, and how many channels a group has, which stays the same from stage to
 * stage where the number of groups grows: `convolution 3x3 /2, groups of 8`.
 */
export function labelOf({ values }: Pick<Program, 'values'>, operation: Operation): string {
  switch (operation.kind) {
    case 'convolution':
    case 'convolutionBackwardData':
    case 'convolutionBackwardWeights': {
      const { kernel, stride, groups } = operation.attributes;
      const input =
        operation.kind === 'convolutionBackwardData' ? operation.outputs.inputGradient : operation.inputs.input;
      const perGroup = values[input]!.shape.at(-1)! / groups;
      const step = stride > 1 ? ` /${stride}` : '';
      return `${operation.kind} ${kernel}x${kernel}${step}${groups > 1 ? `, groups of ${perGroup}` : ''}`;
    }
    default:
      return operation.kind;
  }
}

/** The value that an operation is about: the first that it makes, changes or reads. */
export function subjectOf({ values }: Pick<Program, 'values'>, operation: Operation): string {
  const [id] = [...creates(operation), ...Object.values(operation.updates).flat(), ...reads(operation)];
  return id === undefined ? '' : values[id]!.name;
}
