/**
 * How long an operation takes on a device: the larger of its arithmetic and its traffic at what kernels reach of the device's peaks
 * (a roofline), and at least a launch. Where a device file has measured operations, how many times its limit an operation of the same
 * kind took there is interpolated between those of about the same size.
 */
import { factorType, operationCost } from '../operation-cost.ts';
import { labelOf } from '../operation-label.ts';
import type { Operation } from '../operations.ts';
import type { Program } from '../program.ts';
import type { Device, OperationSample } from './device.ts';

type Values = Pick<Program, 'values'>;

/** What of an operation decides how long it takes. */
export interface OperationSize {
  readonly label: string;
  readonly type: 'f32' | 'bf16';
  readonly multiplyAdds: number;
  readonly bytes: number;
  /** The smaller of the channels that a group of a convolution, or a linear layer, reads and writes; 0 of other operations. */
  readonly channels: number;
}

export function sizeOf(program: Values, operation: Operation): OperationSize {
  const { multiplyAdds, bytesRead, bytesWritten } = operationCost(program, operation);
  const type = typeOf(program, operation);
  const label = `${type} ${labelOf(program, operation)}`;
  const channels = multiplyAdds === 0 ? 0 : narrowestChannels(program, operation);
  return { label, type, multiplyAdds, bytes: bytesRead + bytesWritten, channels };
}

/** The seconds that no kernel of the device can beat. */
export function limitSeconds(device: Device, { type, multiplyAdds, bytes }: OperationSize): number {
  const { flopsPerSecond } = arithmeticOf(device, type);
  return Math.max((2 * multiplyAdds) / flopsPerSecond, bytes / device.memory.bytesPerSecond);
}

/** A function for one device, which keeps what it has looked up. */
export function operationTimer(device: Device): (size: OperationSize) => number {
  const samples = samplesByLabel(device);
  if (samples.size === 0) return (size) => rooflineSeconds(device, size);
  const families = [...samples].map(([label, of]) => ({ family: familyOf(label), of }));
  return (size) => {
    const family = familyOf(size.label);
    const known =
      samples.get(size.label) ?? families.filter((other) => other.family === family).flatMap(({ of }) => of);
    if (known.length === 0) return rooflineSeconds(device, size);
    return Math.max(device.launchSeconds, limitSeconds(device, size) * slowdownOf(size, known));
  };
}

function rooflineSeconds(device: Device, size: OperationSize): number {
  const { flopsPerSecond, efficiency, channelsAtHalf } = arithmeticOf(device, size.type);
  const { bytesPerSecond, efficiency: reached } = device.memory;
  const narrow = size.channels / (size.channels + channelsAtHalf);
  const arithmetic = size.multiplyAdds === 0 ? 0 : (2 * size.multiplyAdds) / (flopsPerSecond * efficiency * narrow);
  return device.launchSeconds + Math.max(arithmetic, size.bytes / (bytesPerSecond * reached));
}

function arithmeticOf({ arithmetic }: Device, type: OperationSize['type']) {
  return (type === 'bf16' ? arithmetic.bf16 : undefined) ?? arithmetic.f32;
}

// ── measured operations ──────────────────────────────────────────────────────────────────────────────────────────────

interface Known {
  /** Logarithms of multiply-adds, bytes and channels. */
  readonly at: readonly number[];
  /** Logarithm of how many times as long as its limit it took. */
  readonly slowdown: number;
}

function samplesByLabel(device: Device): Map<string, Known[]> {
  const known = new Map<string, Known[]>();
  for (const sample of device.samples ?? []) {
    const limit = limitSeconds(device, { ...sample, type: sample.label.startsWith('bf16') ? 'bf16' : 'f32' });
    if (limit === 0) continue;
    const entry = { at: placeOf(sample), slowdown: Math.log(sample.seconds / limit) };
    known.set(sample.label, [...(known.get(sample.label) ?? []), entry]);
  }
  return known;
}

/** The label without the number of channels: `f32 convolution 3x3 /2, groups of`. */
function familyOf(label: string): string {
  return label.replace(/ \d+$/, '');
}

function placeOf(size: Pick<OperationSample, 'multiplyAdds' | 'bytes' | 'channels'>): number[] {
  return [size.multiplyAdds, size.bytes, size.channels].map((amount) => Math.log2(1 + amount));
}

const NEIGHBOURS = 4;

/** The mean of the nearest, the nearer the more. */
function slowdownOf(size: OperationSize, known: readonly Known[]): number {
  const at = placeOf(size);
  const near = known
    .map(({ at: other, slowdown }) => ({ distance: Math.hypot(...at.map((x, i) => x - other[i]!)), slowdown }))
    .sort((one, other) => one.distance - other.distance)
    .slice(0, NEIGHBOURS);
  const weights = near.map(({ distance }) => 1 / (distance + 0.05) ** 2);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return Math.exp(near.reduce((sum, { slowdown }, i) => sum + slowdown * weights[i]!, 0) / total);
}

// ── operations ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** Of convolutions and linear layers the type that they multiply in, of others that of the largest operand. */
function typeOf(program: Values, operation: Operation): 'f32' | 'bf16' {
  switch (operation.kind) {
    case 'batchNorm':
    case 'batchNormMoments':
    case 'batchNormBackward':
    case 'squeeze':
    case 'excite':
    case 'activation':
    case 'activationBackward':
    case 'globalPool':
    case 'gate':
      return program.values[operation.inputs.input]!.dtype === 'f32' ? 'f32' : 'bf16';
    case 'exciteBackward':
    case 'squeezeBackward':
    case 'gateBackward':
      return program.values[operation.inputs.outputGradient]!.dtype === 'f32' ? 'f32' : 'bf16';
    default:
      return factorType(program, operation);
  }
}

function narrowestChannels({ values }: Values, operation: Operation): number {
  const width = (id: number) => values[id]!.shape.at(-1)!;
  switch (operation.kind) {
    case 'convolution':
    case 'foldedConvolution':
      return perGroup(width(operation.inputs.input), width(operation.outputs.output), operation.attributes.groups);
    case 'convolutionBackwardData': {
      const { inputs, outputs, attributes } = operation;
      return perGroup(width(inputs.outputGradient), width(outputs.inputGradient), attributes.groups);
    }
    case 'convolutionBackwardWeights':
      return perGroup(
        width(operation.inputs.input),
        width(operation.inputs.outputGradient),
        operation.attributes.groups,
      );
    case 'linear':
      return Math.min(width(operation.inputs.input), width(operation.outputs.output));
    case 'linearBackwardData':
      return Math.min(width(operation.inputs.outputGradient), width(operation.outputs.inputGradient));
    case 'linearBackwardWeights':
      return Math.min(width(operation.inputs.input), width(operation.inputs.outputGradient));
    default:
      return 0;
  }
}

function perGroup(one: number, other: number, groups: number): number {
  return Math.min(one, other) / groups;
}
