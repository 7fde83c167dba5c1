/**
 * What an operation costs, read off the program: arithmetic and memory traffic, for profiles and for planners that walk a
 * program without running it.
 *
 * Arithmetic is that of convolutions and linear layers, as in model/cost.ts. Traffic is what the kernels pass over: every
 * operand once, but for the operations named below. Packing of weights and other workspace is left out: that depends on the
 * layouts that a machine's kernels ask for.
 */
import { creates, type Operation, type OperationOf, reads } from './operations.ts';
import type { Program } from './program.ts';
import { BYTES, byteLength, elements, type Value, type ValueId } from './values.ts';

export interface OperationCost {
  /** Of convolutions and matrix products; one is two floating-point operations. */
  readonly multiplyAdds: number;
  /** By this rank, from memory or whatever cache still holds it. */
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

type Values = Pick<Program, 'values'>;
type Convolution = OperationOf<
  'convolution' | 'foldedConvolution' | 'convolutionBackwardData' | 'convolutionBackwardWeights'
>;

export function operationCost(program: Values, operation: Operation): OperationCost {
  return {
    multiplyAdds: multiplyAdds(program, operation),
    bytesRead: bytesRead(program, operation),
    bytesWritten: bytesWritten(program, operation),
  };
}

/** What several operations cost together. */
export function totalCost(costs: readonly OperationCost[]): OperationCost {
  const sum = (of: keyof OperationCost) => costs.reduce((total, cost) => total + cost[of], 0);
  return { multiplyAdds: sum('multiplyAdds'), bytesRead: sum('bytesRead'), bytesWritten: sum('bytesWritten') };
}

function multiplyAdds({ values }: Values, operation: Operation): number {
  const channels = (id: ValueId) => values[id]!.shape.at(-1)!;
  switch (operation.kind) {
    // Both gradients take as many as the forward convolution: one for each output and weight that meet.
    case 'convolution':
    case 'foldedConvolution':
    case 'convolutionBackwardData':
    case 'convolutionBackwardWeights': {
      const { input, output } = mapsOf(operation);
      const { kernel, groups } = operation.attributes;
      return (elements(values[output]!) * channels(input) * kernel * kernel) / groups;
    }
    case 'linear':
      return elements(values[operation.inputs.input]!) * channels(operation.outputs.output);
    case 'linearBackwardData':
      return elements(values[operation.inputs.outputGradient]!) * channels(operation.outputs.inputGradient);
    case 'linearBackwardWeights':
      return elements(values[operation.inputs.input]!) * channels(operation.inputs.outputGradient);
    default:
      return 0;
  }
}

function bytesRead({ values }: Values, operation: Operation): number {
  const once = sumOfBytes(values, reads(operation));
  switch (operation.kind) {
    case 'convolution':
    case 'foldedConvolution':
    case 'convolutionBackwardWeights': {
      const { input, output } = mapsOf(operation);
      const { kernel } = operation.attributes;
      const { shape, dtype } = values[input]!;
      // A kernel smaller than its stride skips pixels.
      const seen = values[output]!.shape[0]! * kernel * kernel * shape[1]! * BYTES[dtype];
      return once - Math.max(0, byteLength(values[input]!) - seen);
    }
    // One pass for the sums over pixels, one for the gradient of the map.
    case 'batchNormBackward': {
      const { input, outputGradient, output } = operation.inputs;
      return (
        once + sumOfBytes(values, output === undefined ? [input, outputGradient] : [input, outputGradient, output])
      );
    }
    // The gradient of the bias is a sum of its own over the rows.
    case 'linearBackwardWeights': {
      const { inputs, outputs } = operation;
      return once + (outputs.biasGradient === undefined ? 0 : byteLength(values[inputs.outputGradient]!));
    }
    // Waits, and touches nothing.
    case 'await':
      return 0;
    default:
      return once;
  }
}

function bytesWritten({ values }: Values, operation: Operation): number {
  return sumOfBytes(values, [...creates(operation), ...Object.values(operation.updates).flat()]);
}

/** The maps on both sides of a convolution, or of its gradients, which have the same shapes. */
function mapsOf(operation: Convolution): { input: ValueId; output: ValueId } {
  switch (operation.kind) {
    case 'convolution':
    case 'foldedConvolution':
      return { input: operation.inputs.input, output: operation.outputs.output };
    case 'convolutionBackwardData':
      return { input: operation.outputs.inputGradient, output: operation.inputs.outputGradient };
    case 'convolutionBackwardWeights':
      return { input: operation.inputs.input, output: operation.inputs.outputGradient };
  }
}

function sumOfBytes(values: readonly Value[], ids: readonly ValueId[]): number {
  return ids.reduce((sum, id) => sum + byteLength(values[id]!), 0);
}

/** The type in which an operation multiplies, if it does: which of a machine's peaks it is measured by. f16 has that of bf16. */
export function factorType({ values }: Values, operation: Operation): 'f32' | 'bf16' {
  switch (operation.kind) {
    case 'convolution':
    case 'foldedConvolution':
    case 'convolutionBackwardData':
    case 'convolutionBackwardWeights':
      return values[mapsOf(operation).input]!.dtype === 'f32' ? 'f32' : 'bf16';
    case 'linear':
    case 'linearBackwardData':
    case 'linearBackwardWeights':
      return operation.attributes.factors;
    default:
      return 'f32';
  }
}
