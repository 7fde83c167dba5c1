/** What a plan says: plain figures, fit for JSON and for people. */
import type { Operation } from '../../program/operations.ts';
import { MEMORY_KINDS, type MemoryUse, peakOf } from '../../program/simulator/memory-timeline.ts';
import type { StepParts, WireBytes } from '../../program/simulator/simulate.ts';
import { type Advice, adviceOn } from './advice.ts';
import type { PlannedStep, PlanRequest } from './plan.ts';

export interface PlanSummary {
  readonly name: string;
  readonly device: string;
  readonly precision: 'f32' | 'bf16';
  readonly sharding: PlanRequest['sharding'];
  readonly world: number;
  readonly hosts: number;
  readonly networkBytesPerSecond: number;
  readonly batch: number;
  readonly batchPerRank: number;
  readonly memory: PlannedMemory;
  readonly step: {
    readonly seconds: number;
    /** They add up to it. */
    readonly parts: StepParts & { readonly copying: number };
    /** At the device's peaks, one operation after another. */
    readonly limitSeconds: number;
    readonly imagesPerSecond: number;
    /** Of one rank. */
    readonly flopsPerSecond: number;
    /** That a rank sends, and receives as much. */
    readonly wire: WireBytes & { readonly total: number };
  };
  readonly training: {
    readonly images: number;
    readonly steps: number;
    readonly days: number;
    readonly deviceHours: number;
  };
  readonly advice: readonly Advice[];
}

export interface PlannedMemory {
  /** What a step may take, and what it takes, in bytes of one rank. */
  readonly budgetBytes: number;
  readonly totalBytes: number;
  readonly reservedBytes: number;
  readonly persistentBytes: number;
  readonly arenaBytes: number;
  readonly sharedBytes: number;
  readonly peak: {
    readonly operation: number;
    readonly kind: Operation['kind'];
    readonly unit: string;
    readonly phase: Operation['phase'];
    readonly use: MemoryUse;
  };
  /** First unit of each group of eq. 3 but the first: none where nothing is made again but normalised maps. */
  readonly checkpoints: readonly string[];
  readonly groups: readonly (readonly string[])[];
}

/** @param images of the whole training */
export function summaryOf(request: PlanRequest, planned: PlannedStep, images: number): PlanSummary {
  const { cluster, sharding, config } = request;
  const { device, world, hosts } = cluster;
  const { run, seconds, copySeconds, multiplyAdds, limitSeconds } = planned;
  const batch = config.training.batchSize;
  const steps = Math.ceil(images / batch);
  const { allGather, reduceScatter, allReduce, exchanged } = run.wire;
  return {
    ...{ name: planned.program.name, device: device.name, precision: planned.precision, sharding, world, hosts },
    networkBytesPerSecond: device.network.bytesPerSecond,
    ...{ batch, batchPerRank: batch / world },
    memory: memoryOf(planned, device.memory.reservedBytes),
    step: {
      ...{ seconds, parts: { ...run.parts, copying: copySeconds }, limitSeconds, imagesPerSecond: batch / seconds },
      flopsPerSecond: (2 * multiplyAdds) / seconds,
      wire: { ...run.wire, total: allGather + reduceScatter + allReduce + exchanged },
    },
    training: {
      ...{ images, steps, days: (steps * seconds) / 86_400 },
      deviceHours: (steps * seconds * (device.kind === 'cpu' ? hosts : world)) / 3600,
    },
    advice: adviceOn(request, planned),
  };
}

function memoryOf({ fitted, memory, program, budgetBytes }: PlannedStep, reservedBytes: number): PlannedMemory {
  const { plan, groups, totalBytes } = fitted;
  const operation = peakOf(memory);
  const { kind, unit, phase } = program.operations[operation]!;
  const { persistentBytes, arenaBytes, sharedBytes } = plan;
  return {
    ...{ budgetBytes, totalBytes, reservedBytes, persistentBytes, arenaBytes, sharedBytes },
    peak: { operation, kind, unit, phase, use: memory[operation]! },
    checkpoints: groups.slice(1).map(([first]) => first!),
    groups,
  };
}

/** The kinds that take something, the largest first. */
export function largestKinds(use: MemoryUse): (typeof MEMORY_KINDS)[number][] {
  return MEMORY_KINDS.filter((kind) => use[kind] > 0).toSorted((one, other) => use[other] - use[one]);
}
