/**
 * Plans a training without running it: the program of one rank, with as many activation checkpoints as its memory asks for, walked by
 * the simulator.
 */
import { CompiledProgram } from '../../kernels/executor.ts';
import { larcProgram } from '../../program/larc.ts';
import { BudgetError, type FittedProgram, fitBudget } from '../../program/memory-budget.ts';
import type { Program } from '../../program/program.ts';
import { replicate } from '../../program/replicate.ts';
import { type ShardedStep, shard } from '../../program/shard.ts';
import { type MemoryUse, memoryTimeline } from '../../program/simulator/memory-timeline.ts';
import { limitOf, multiplyAddsOf, type SimulatedRun, simulate } from '../../program/simulator/simulate.ts';
import { STEP, trainingStep } from '../../program/training-step.ts';
import type { ResolvedConfig } from '../config/config.ts';
import { budgetOptionsOf, stepSpecOf } from '../step.ts';
import { batchNormRanksOf, requireDivisible } from '../world-size.ts';
import { type Cluster, memoryOf, ranksOf, type Sharding } from './cluster.ts';
import { PlanError } from './errors.ts';

export interface PlanRequest {
  /** Its batch is that of all ranks; a precision of `auto` is bf16 where the device has it. */
  readonly config: ResolvedConfig;
  readonly cluster: Cluster;
  readonly sharding: Sharding;
  /** Bytes that a step may take. @default the device's, less what is reserved */
  readonly budgetBytes?: number | undefined;
  /** Of units between checkpoints, where the config leaves their number open. @default as many as there are units */
  readonly mostGroups?: number | undefined;
}

/** A step as it would run on one rank. */
export interface PlannedStep {
  readonly program: Program;
  readonly fitted: FittedProgram;
  /** Operations of a step: what comes after them only shows whole parameters to those who ask. */
  readonly end: number;
  readonly precision: 'f32' | 'bf16';
  readonly budgetBytes: number;
  readonly run: SimulatedRun;
  /** At the device's peaks, without waiting for anybody. */
  readonly limitSeconds: number;
  /** Of one rank. */
  readonly multiplyAdds: number;
  /** What is alive at each operation. */
  readonly memory: readonly MemoryUse[];
  /** Crops copied into a step. */
  readonly copySeconds: number;
  /** Of a whole step. */
  readonly seconds: number;
}

/**
 * @throws PlanError PLAN_DOES_NOT_FIT with the smallest memory that would do and the operation at the peak, PLAN_WORLD_SIZE;
 * TrainingError BAD_WORLD_SIZE
 */
export function planStep(request: PlanRequest): PlannedStep {
  const { cluster, sharding } = request;
  const { device } = cluster;
  const precision = plannedPrecision(request);
  const config = withPrecision(request.config, precision);
  checkRanks(config, cluster, sharding);
  const budgetBytes = request.budgetBytes ?? config.training.memoryBudget ?? memoryOf(cluster);
  const sharded = new Map<Program, ShardedStep>();
  const finish = (program: Program) => finished(program, config, cluster, sharding, sharded);
  const fitted = fit(shareOf(config, cluster.world), budgetBytes, { ...request, config }, finish);
  const { program } = fitted;
  const end = sharded.get(program)?.inspectStart ?? program.operations.length;
  const ranks = ranksOf(cluster, sharding);
  const step = simulate(program, device, ranks, end);
  const norms = sharded.has(program) ? simulate(larcOf(config, program), device, ranks) : undefined;
  const run = norms ? withNorms(step, norms) : step;
  const crops = program.values.find(({ name }) => name === STEP.crops)!;
  const copySeconds = (2 * crops.shape[0]! * crops.shape[1]!) / device.memory.bytesPerSecond;
  return {
    ...{ program, fitted, end, precision, budgetBytes, run, copySeconds },
    limitSeconds: limitOf(program, device, end) * (ranks.slowdown ?? 1),
    multiplyAdds: multiplyAddsOf(program),
    memory: memoryTimeline(program).slice(0, end),
    seconds: run.seconds + copySeconds,
  };
}

function plannedPrecision({ config, cluster }: PlanRequest): 'f32' | 'bf16' {
  const { precision } = config.training;
  if (precision === 'auto') return cluster.device.arithmetic.bf16 ? 'bf16' : 'f32';
  // fp16 takes the bytes of bf16, and GPUs multiply it as fast.
  return precision === 'fp32' ? 'f32' : 'bf16';
}

function withPrecision(config: ResolvedConfig, precision: 'f32' | 'bf16'): ResolvedConfig {
  return { ...config, training: { ...config.training, precision: precision === 'bf16' ? 'bf16' : 'fp32' } };
}

function checkRanks(config: ResolvedConfig, { world, perHost }: Cluster, sharding: Sharding): void {
  requireDivisible(config, world);
  if (sharding === 'host' && perHost === 1) {
    throw new PlanError('PLAN_WORLD_SIZE', 'Sharding per host needs hosts of several ranks: here each has one.');
  }
}

/** One rank's share of the step. */
function shareOf(config: ResolvedConfig, world: number): Program {
  const spec = stepSpecOf(config);
  const grids = spec.grids.map((grid) => ({ ...grid, images: grid.images / world }));
  return trainingStep({ ...spec, grids, swav: { ...spec.swav, queueLength: spec.swav.queueLength / world } });
}

/** The last pass: what one of so many ranks runs. */
function finished(
  program: Program,
  config: ResolvedConfig,
  cluster: Cluster,
  sharding: Sharding,
  sharded: Map<Program, ShardedStep>,
): Program {
  const { world } = cluster;
  const { shards } = ranksOf(cluster, sharding);
  const batchNormRanks = batchNormRanksOf(config, world);
  if (world === 1) return program;
  if (shards === 1) return replicate(program, world, batchNormRanks);
  const step = shard(program, {
    ...{ rank: 0, worldSize: shards, batchNormRanks, keepGathered: config.ranks.keepGathered },
    precision: config.training.precision === 'bf16' ? 'bf16' : 'f32',
  });
  sharded.set(step.program, step);
  return step.program;
}

function fit(
  step: Program,
  budgetBytes: number,
  { config, cluster, mostGroups }: PlanRequest,
  finish: (program: Program) => Program,
): FittedProgram {
  try {
    return fitBudget(step, budgetBytes, workspacesOn(cluster), { ...budgetOptionsOf(config), mostGroups, finish });
  } catch (error) {
    if (error instanceof BudgetError) throw doesNotFit(error, budgetBytes, cluster);
    throw error;
  }
}

/** Those of the native executor's kernels; of GPUs they are part of what is reserved. */
function workspacesOn({ device: { kind, host }, perHost }: Cluster): (program: Program) => readonly number[] {
  const threads = Math.max(1, Math.floor(host.ranks / perHost));
  return kind === 'cpu' ? (program) => new CompiledProgram(program, { threads }).workspaceBytes : () => [];
}

function doesNotFit({ smallest }: BudgetError, budgetBytes: number, { device }: Cluster): PlanError {
  const { program, plan, groups, totalBytes } = smallest;
  const { kind, unit, phase } = program.operations[plan.peak.operation]!;
  const needed = totalBytes + device.memory.reservedBytes;
  return new PlanError(
    'PLAN_DOES_NOT_FIT',
    `${program.name} does not fit into ${gibibytes(budgetBytes)}: with its units in ${groups.length} group${groups.length === 1 ? '' : 's'} the step still ` +
      `needs ${gibibytes(totalBytes)}, the least of all ways tried, at ${kind} of ${unit} in the ${phase} pass. The smallest memory that ` +
      `would do is ${gibibytes(needed)}, ${gibibytes(device.memory.reservedBytes)} of it reserved on ${device.name}. Take a smaller batch or ` +
      'smaller crops, more ranks, or a device with more memory.',
  );
}

/** Rounded up, so that what is named does fit. */
function gibibytes(bytes: number): string {
  return `${(Math.ceil((bytes / 2 ** 30) * 100) / 100).toFixed(2)} GiB`;
}

/** The exchange of norms between the two parts of a sharded step. */
function larcOf({ optimizer }: ResolvedConfig, { operations }: Program): Program {
  const norms = operations.find((operation) => operation.kind === 'squaredNorms')!;
  const { larc: enabled, trustCoefficient, larcEpsilon: epsilon, weightDecay } = optimizer;
  return larcProgram(norms.inputs.parameters.length, { enabled, trustCoefficient, epsilon, weightDecay });
}

/** Norms are exchanged while everything else waits. */
function withNorms(step: SimulatedRun, norms: SimulatedRun): SimulatedRun {
  const parts = { ...step.parts, exchanging: step.parts.exchanging + norms.seconds };
  const wire = { ...step.wire, allReduce: step.wire.allReduce + norms.wire.allReduce };
  return { ...step, parts, wire, seconds: step.seconds + norms.seconds };
}
