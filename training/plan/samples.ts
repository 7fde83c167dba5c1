/** From timed steps to what a device file keeps of them: how long operations of every kind and size took. */
import { isCommunication } from '../../program/operations.ts';
import type { Program } from '../../program/program.ts';
import type { OperationSample } from '../../program/simulator/device.ts';
import { sizeOf } from '../../program/simulator/operation-time.ts';
import { median, secondsOf, spanAt, type TimedStep } from '../profile/timed-step.ts';

/** Of every operation that computes, its median over the steps. */
export function samplesOf(program: Program, steps: readonly TimedStep[]): OperationSample[] {
  return program.operations.flatMap((operation, index) => {
    if (isCommunication(operation) || operation.kind === 'await') return [];
    const spans = steps.flatMap(({ computed }) => spanAt(computed, index) ?? []);
    const seconds = spans.length === 0 ? 0 : median(spans.map(secondsOf));
    const { label, multiplyAdds, bytes, channels } = sizeOf(program, operation);
    return seconds > 0 ? [{ label, multiplyAdds, bytes, channels, seconds }] : [];
  });
}

/** Of each label. */
const MOST = 20;

/** Operations of one size as one, and of each label those that differ most. */
export function thinned(samples: readonly OperationSample[]): OperationSample[] {
  const bySize = grouped(samples, ({ label, multiplyAdds, bytes, channels }) =>
    [label, multiplyAdds, bytes, channels].join(),
  );
  const merged = [...bySize.values()].map((same) => ({
    ...same[0]!,
    seconds: Number(median(same.map(({ seconds }) => seconds)).toPrecision(4)),
  }));
  const byLabel = grouped(merged, ({ label }) => label);
  return [...byLabel.keys()].sort().flatMap((label) => spread(byLabel.get(label)!, MOST));
}

function grouped(samples: readonly OperationSample[], keyOf: (sample: OperationSample) => string) {
  const groups = new Map<string, OperationSample[]>();
  for (const sample of samples) groups.set(keyOf(sample), [...(groups.get(keyOf(sample)) ?? []), sample]);
  return groups;
}

/** So many of them, each as far from those before as can be; in order of size. */
function spread(samples: readonly OperationSample[], most: number): OperationSample[] {
  const chosen = [samples[0]!];
  const distance = samples.map((sample) => between(sample, samples[0]!));
  while (chosen.length < Math.min(most, samples.length)) {
    const farthest = distance.indexOf(Math.max(...distance));
    const next = samples[farthest]!;
    chosen.push(next);
    for (const [i, sample] of samples.entries()) distance[i] = Math.min(distance[i]!, between(sample, next));
  }
  return chosen.sort((one, other) => one.multiplyAdds - other.multiplyAdds || one.bytes - other.bytes);
}

function between(one: OperationSample, other: OperationSample): number {
  const ratio = (a: number, b: number) => Math.log2((1 + a) / (1 + b));
  return Math.hypot(
    ratio(one.multiplyAdds, other.multiplyAdds),
    ratio(one.bytes, other.bytes),
    ratio(one.channels, other.channels),
  );
}
