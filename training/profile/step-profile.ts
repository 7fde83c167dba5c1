/**
 * Where the time of a step went, beside what the machine could do (a roofline): from timed steps to figures.
 *
 * An operation cannot be quicker than its arithmetic at the peak of its type, nor than its traffic at the peak of memory; the
 * larger of the two is its limit, and the sum of all limits that of the step. Operands that are still in a cache move quicker
 * than memory's peak, so a share may exceed 1, and an operation may beat its limit.
 */
import type { MachinePeaks } from '../../kernels/machine-peaks.ts';
import { factorType, operationCost } from '../../program/operation-cost.ts';
import { labelOf, subjectOf } from '../../program/operation-label.ts';
import { isCommunication, type Operation, type OperationKind, type Phase } from '../../program/operations.ts';
import type { Program } from '../../program/program.ts';
import { median, secondsOf, spanAt, type TimedStep } from './timed-step.ts';

/** Time and work, of an operation or of several together. All times are medians over the steps, in milliseconds. */
export interface Figures {
  readonly milliseconds: number;
  readonly multiplyAdds: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** What the arithmetic would take at the peak of its type. */
  readonly arithmeticMilliseconds: number;
  /** What the traffic would take at the peak of memory. */
  readonly trafficMilliseconds: number;
  /** For an operation the larger of the two, for several the sum of theirs. */
  readonly limitMilliseconds: number;
}

export interface ProfiledOperation extends Figures {
  readonly index: number;
  readonly unit: string;
  readonly phase: Phase;
  readonly kind: OperationKind;
  readonly label: string;
  /** Name of the value that it makes. */
  readonly value: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

export interface ProfileRow extends Figures {
  readonly name: string;
  /** Null where the row is about all phases. */
  readonly phase: Phase | null;
  readonly operations: number;
}

export interface StepProfile {
  /** Whole steps, crops copied in and results read. */
  readonly stepMilliseconds: number;
  /** Of all ranks. */
  readonly imagesPerSecond: number;
  /** All operations of the compute thread together. */
  readonly total: Figures;
  /** The step less its operations, and the parts of it that are known by name. */
  readonly outsideMilliseconds: number;
  readonly outside: readonly { readonly name: string; readonly milliseconds: number }[];
  /** How many times as long as its limit the step takes. */
  readonly timesLimit: number;
  /** Longest first. */
  readonly byKind: readonly ProfileRow[];
  readonly byUnit: readonly ProfileRow[];
  /** On the compute thread, in their order. */
  readonly operations: readonly ProfiledOperation[];
  /** On the communication thread, beside them: empty without ranks. */
  readonly communication: readonly ProfiledOperation[];
  /** Until the next batch was made; null where crops are made up. */
  readonly loaderMilliseconds: number | null;
}

/**
 * @param steps at least one
 * @param images of a step, over all ranks
 */
export function profileOf(
  program: Program,
  steps: readonly TimedStep[],
  peaks: MachinePeaks,
  images: number,
): StepProfile {
  const middle = (of: (step: TimedStep) => number) => 1000 * median(steps.map(of));
  // Communication only starts on the compute thread, which takes it next to no time.
  const computes = program.operations.filter((operation) => !isCommunication(operation));
  const operations = profiled(
    program,
    computes,
    peaks,
    steps.map(({ computed }) => computed),
  );
  const communicates = program.operations.filter(isCommunication);
  const communication = profiled(
    program,
    communicates,
    peaks,
    steps.map(({ communicated }) => communicated),
  );
  const stepMilliseconds = middle(secondsOf);
  const total = sumOf(operations);
  const inside = (step: TimedStep) => {
    return operations.reduce((sum, { index }) => sum + secondsOf(spanAt(step.computed, index)!), 0);
  };
  const loading = steps.flatMap((step) => step.loading.map(secondsOf));
  return {
    stepMilliseconds,
    imagesPerSecond: (1000 * images) / stepMilliseconds,
    total,
    outsideMilliseconds: middle((step) => secondsOf(step) - inside(step)),
    outside: steps[0]!.beside.map(({ name }, i) => ({
      name,
      milliseconds: middle(({ beside }) => secondsOf(beside[i]!)),
    })),
    timesLimit: stepMilliseconds / total.limitMilliseconds,
    byKind: rowsBy(operations, ({ label, phase }) => ({ name: label, phase })),
    byUnit: rowsBy(operations, ({ unit }) => ({ name: unit, phase: null })),
    operations,
    communication,
    loaderMilliseconds: loading.length === 0 ? null : 1000 * median(loading),
  };
}

/** Those of the operations that ran on the thread whose spans these are. */
function profiled(
  program: Program,
  some: readonly Operation[],
  peaks: MachinePeaks,
  spans: readonly Float64Array[],
): ProfiledOperation[] {
  const wanted = new Set(some);
  return program.operations.flatMap((operation, index): ProfiledOperation[] => {
    const ran = spans.flatMap((of) => spanAt(of, index) ?? []);
    if (!wanted.has(operation) || ran.length === 0) return [];
    const { unit, phase, kind } = operation;
    const cost = operationCost(program, operation);
    const flopsPerSecond = (factorType(program, operation) === 'bf16' ? peaks.bf16 : null) ?? peaks.f32;
    const arithmeticMilliseconds = (2000 * cost.multiplyAdds) / flopsPerSecond;
    const trafficMilliseconds = (1000 * (cost.bytesRead + cost.bytesWritten)) / peaks.bytes;
    return [
      {
        ...{ index, unit, phase, kind, label: labelOf(program, operation), value: subjectOf(program, operation) },
        attributes: operation.attributes as Readonly<Record<string, unknown>>,
        milliseconds: 1000 * median(ran.map(secondsOf)),
        ...cost,
        arithmeticMilliseconds,
        trafficMilliseconds,
        limitMilliseconds: Math.max(arithmeticMilliseconds, trafficMilliseconds),
      },
    ];
  });
}

/** One row for all operations of the same name and phase, the longest first. */
export function rowsBy(
  operations: readonly ProfiledOperation[],
  keyOf: (operation: ProfiledOperation) => Pick<ProfileRow, 'name' | 'phase'>,
): ProfileRow[] {
  const groups = new Map<string, ProfiledOperation[]>();
  for (const operation of operations) {
    const { name, phase } = keyOf(operation);
    const key = `${name} ${phase}`;
    groups.set(key, [...(groups.get(key) ?? []), operation]);
  }
  return [...groups.values()]
    .map((group) => ({ ...keyOf(group[0]!), operations: group.length, ...sumOf(group) }))
    .sort((one, other) => other.milliseconds - one.milliseconds);
}

const FIGURES = [
  'milliseconds',
  'multiplyAdds',
  'bytesRead',
  'bytesWritten',
  'arithmeticMilliseconds',
  'trafficMilliseconds',
  'limitMilliseconds',
] as const;

function sumOf(all: readonly Figures[]): Figures {
  const sums = FIGURES.map((name) => [name, all.reduce((sum, figures) => sum + figures[name], 0)]);
  return Object.fromEntries(sums) as Record<(typeof FIGURES)[number], number>;
}
