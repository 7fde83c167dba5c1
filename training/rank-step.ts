/** The compiled step of one rank of several, and what it keeps: its shards. */
import { type Compiled, CompiledProgram } from '../kernels/executor.ts';
import { larcProgram } from '../program/larc.ts';
import { fitBudget } from '../program/memory-budget.ts';
import type { Program } from '../program/program.ts';
import { type ShardedStep, shard } from '../program/shard.ts';
import { type TrainingStepSpec, trainingStep } from '../program/training-step.ts';
import type { ResolvedConfig } from './config/config.ts';
import { type Device, onProcessors } from './device.ts';
import { budgetOptionsOf, precisionOf, stepSpecOf } from './step.ts';
import { numThreads } from './threads.ts';
import { batchNormRanksOf, requireDivisible } from './world-size.ts';

export interface RankOf {
  readonly rank: number;
  readonly worldSize: number;
}

export interface RankStepOptions {
  readonly threads?: number;
  readonly device?: Device;
}

export interface CompiledRankStep extends Omit<ShardedStep, 'program'> {
  readonly compiled: Compiled;
  /** Groups of units, all but the last of which are recomputed: ranks exchange for the same groups, or not at all. */
  readonly numGroups: number;
  /** Number of trained parameters (L of LARC). */
  readonly numParameters: number;
}

/**
 * @param device where it will run. @default processors, by oneDNN, with so many threads
 * @throws TrainingError BAD_WORLD_SIZE where so many ranks cannot share it; BudgetError as `fitBudget`.
 */
export function compileRankStep(
  config: ResolvedConfig,
  { rank, worldSize }: RankOf,
  { threads = numThreads(config.training.threads), device = onProcessors(threads) }: RankStepOptions = {},
): CompiledRankStep {
  const sharded = new Map<Program, ShardedStep>();
  const finish = (program: Program) => {
    const step = shard(program, {
      rank,
      worldSize,
      precision: precisionOf(config),
      batchNormRanks: batchNormRanksOf(config, worldSize),
      keepGathered: config.ranks.keepGathered,
    });
    sharded.set(step.program, step);
    return step.program;
  };
  let compiled: Compiled | undefined;
  const compile = (program: Program) => {
    if (compiled?.program !== program) compiled = device.compile(program);
    return compiled;
  };
  const budget = config.training.memoryBudget ?? Number.POSITIVE_INFINITY;
  const options = { ...budgetOptionsOf(config), finish };
  const whole = trainingStep(shareOf(stepSpecOf(config), config, worldSize));
  const fitted = fitBudget(whole, budget, (program) => compile(program).workspaceBytes, options);
  const { layouts, updateStart, inspectStart } = sharded.get(fitted.program)!;
  const numParameters = layouts.reduce((sum, { parameters }) => sum + parameters.length, 0);
  const numGroups = fitted.groups.length;
  return { compiled: compile(fitted.program), layouts, updateStart, inspectStart, numGroups, numParameters };
}

/** The program with which a rank learns its layers' trust ratios (L = `numParameters`). */
export function compileLarc({ optimizer }: ResolvedConfig, numParameters: number): CompiledProgram {
  const { larc: enabled, trustCoefficient, larcEpsilon: epsilon, weightDecay } = optimizer;
  return new CompiledProgram(larcProgram(numParameters, { enabled, trustCoefficient, epsilon, weightDecay }), {
    threads: 1,
  });
}

/** One rank's share of the batch and of the queue. */
function shareOf(spec: TrainingStepSpec, config: ResolvedConfig, worldSize: number): TrainingStepSpec {
  requireDivisible(config, worldSize);
  const grids = spec.grids.map((grid) => ({ ...grid, images: grid.images / worldSize }));
  return { ...spec, grids, swav: { ...spec.swav, queueLength: config.loss.queueLength / worldSize } };
}
