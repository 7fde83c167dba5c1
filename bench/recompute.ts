/**
 * `npm run bench -- recompute`: a step that makes feature maps again in its backward pass (eq. 3) to fit half the memory that a
 * step takes which keeps all of them, against that one. Both are ours, in one process, their steps in turns.
 *
 * Half is meant of the arena: weights and momentum stay what they are. Where half cannot be reached, the smallest that can be.
 */
import { availableParallelism } from 'node:os';
import { Option } from 'commander';
import { normalNumbers } from '../data/random.ts';
import { CompiledProgram, type Executor } from '../kernels/executor.ts';
import { BudgetError, type FittedProgram, fitBudget } from '../program/memory-budget.ts';
import { type Program, valueNamed } from '../program/program.ts';
import { STEP, trainingStep } from '../program/training-step.ts';
import { elements } from '../program/values.ts';
import { parseCount } from '../services/cli/options/arguments.ts';
import { type Bench, type BenchRow, compare, median, report } from './bench.ts';
import { BATCH, LEARNING_RATE, parseCases, type StepCase, stepSpec } from './step-cases.ts';

interface RecomputeBenchOptions {
  readonly cases: readonly StepCase[];
  readonly steps: number;
  readonly threads: number;
}

const DEFAULT_CASES = '400mf bf16,8gf bf16';

export const recompute: Bench<RecomputeBenchOptions> = {
  name: 'recompute',
  description: 'a step in half the memory, by activation checkpoints, against one that keeps every feature map',
  options: [
    new Option('--cases <list>', 'which, separated by commas')
      .default(parseCases(DEFAULT_CASES), DEFAULT_CASES)
      .argParser(parseCases),
    new Option('--steps <count>', 'timed steps of each, in turns; medians count').default(9).argParser(parseCount),
    new Option('--threads <count>', 'OpenMP threads').default(availableParallelism()).argParser(parseCount),
  ],
  async run({ cases, steps, threads }) {
    const rows: BenchRow[] = [];
    for (const each of cases) rows.push(...(await race(each, steps, threads)));
    return rows;
  },
};

async function race({ name, architecture, dtype }: StepCase, steps: number, threads: number): Promise<BenchRow[]> {
  const all = trainingStep(stepSpec(architecture, dtype === 'bf16' ? 'bf16' : 'f32'));
  const keeping = new CompiledProgram(all, { threads });
  const { arenaBytes, persistentBytes } = keeping.plan;
  const fitted = inHalf(all, persistentBytes + arenaBytes / 2, threads);
  const saving = new CompiledProgram(fitted.program, { threads });
  report(`${name}: ${fitted.groups.length} groups of layers, arena ${saving.plan.arenaBytes} bytes of ${arenaBytes}`);
  const sides = [saving, keeping].map((compiled) => ({ executor: compiled.allocate(), seconds: [] as number[] }));
  const crops = normalNumbers(elements(valueNamed(all, STEP.images)), 1);
  for (const { executor } of sides) {
    executor.initialise(0);
    await secondsOfStep(executor, crops);
  }
  for (let step = 0; step < steps; step++) {
    for (const { executor, seconds } of sides) seconds.push(await secondsOfStep(executor, crops));
  }
  const [ours, peer] = sides.map(({ seconds }) => BATCH / median(seconds)) as [number, number];
  const peerName = 'ours, every map kept';
  const share = `${((100 * saving.plan.arenaBytes) / arenaBytes).toFixed(0)} % of the memory`;
  const note = `${share}, ${fitted.groups.length} groups; ${(peer / ours).toFixed(2)}x the time`;
  return [
    { ...compare({ case: name, ours, peer, peerName, unit: 'images/s', better: 'more' }), note },
    compare({
      case: `${name} arena`,
      ours: saving.plan.arenaBytes / 1e6,
      peer: arenaBytes / 1e6,
      peerName,
      unit: 'MB',
      better: 'less',
    }),
  ];
}

function inHalf(program: Program, budget: number, threads: number): FittedProgram {
  const workspaceOf = (candidate: Program) => new CompiledProgram(candidate, { threads }).workspaceBytes;
  try {
    return fitBudget(program, budget, workspaceOf);
  } catch (error) {
    if (!(error instanceof BudgetError)) throw error;
    return fitBudget(program, error.smallestBytes, workspaceOf);
  }
}

async function secondsOfStep(executor: Executor, crops: Float32Array): Promise<number> {
  const begin = performance.now();
  executor.write(STEP.control, Float32Array.of(LEARNING_RATE, 0));
  executor.write(STEP.images, crops);
  await executor.run();
  return (performance.now() - begin) / 1000;
}
