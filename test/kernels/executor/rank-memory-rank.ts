/** One rank of rank-memory.test.ts: takes steps with guard values right behind what was planned. */

import { rankMain } from '../../../bench/rank-process.ts';
import { CompiledProgram } from '../../../kernels/executor.ts';
import { larcProgram } from '../../../program/larc.ts';
import type { MemoryPlan, Region } from '../../../program/memory-plan.ts';
import { SHARDED, shard } from '../../../program/shard.ts';
import { STEP, trainingStep, withRecompute } from '../../../program/training-step.ts';
import { smallSpec, stepContents } from '../../program/small-step.ts';

export interface RankMemoryArguments {
  readonly precision: 'f32' | 'bf16';
  readonly seed: number;
}

export interface RankMemoryResult {
  readonly plan: Pick<MemoryPlan, 'arenaBytes' | 'persistentBytes' | 'sharedBytes'>;
  /** Guards that were overwritten. */
  readonly touched: string[];
  readonly applied: number;
}

const ELEMENTS = 4096;
/** Numbers that no kernel would write by chance. */
const pattern = Float32Array.from({ length: ELEMENTS }, (_, index) => -12345.5 - index);
const REGIONS: readonly Region[] = ['arena', 'persistent', 'shared'];

rankMain<RankMemoryArguments, RankMemoryResult>(async ({ rank, size, args, connect }) => {
  const spec = smallSpec({ precision: args.precision, keepGradients: false });
  const whole = withRecompute(trainingStep(spec), {});
  const step = shard(whole, { rank, worldSize: size, precision: args.precision });
  const { values } = step.program;
  const guards = REGIONS.map((region, index) => {
    const name = `${region} guard`;
    return { id: values.length + index, name, role: 'input', dtype: 'f32', shape: [ELEMENTS] } as const;
  });
  const { plan } = new CompiledProgram(step.program, { threads: 1 });
  const ends = [plan.arenaBytes, plan.persistentBytes, plan.sharedBytes];
  const compiled = new CompiledProgram({ ...step.program, values: [...values, ...guards] }, { threads: 1 });
  const bytes = 4 * ELEMENTS;
  const guarded = {
    ...plan,
    offsets: [...plan.offsets, ...ends],
    regions: [...plan.regions, ...REGIONS],
    arenaBytes: plan.arenaBytes + bytes,
    persistentBytes: plan.persistentBytes + bytes,
    sharedBytes: plan.sharedBytes + bytes,
  };
  Object.assign(compiled, { plan: guarded });
  const communicator = await connect(guarded.sharedBytes);
  const executor = compiled.allocate(communicator);
  const numParameters = step.layouts.reduce((sum, { parameters }) => sum + parameters.length, 0);
  const { larc, weightDecay } = spec.optimizer;
  const larcExecutor = new CompiledProgram(larcProgram(numParameters, { ...larc, weightDecay })).allocate(communicator);

  for (const { name } of guards) executor.write(name, pattern);
  executor.initialise(args.seed);
  const contents = stepContents(whole, args.seed + rank);
  let applied = 0;
  for (let index = 0; index < 2; index++) {
    for (const name of [STEP.crops, STEP.control]) executor.write(name, contents[name]!);
    await executor.run(0, step.updateStart);
    larcExecutor.write(SHARDED.norms, executor.read(SHARDED.norms));
    larcExecutor.write(STEP.loss, executor.read(STEP.loss));
    await larcExecutor.run();
    for (const name of [STEP.ratios, STEP.applied]) executor.write(name, larcExecutor.read(name));
    applied += larcExecutor.read(STEP.applied)[0]!;
    await executor.run(step.updateStart, step.inspectStart);
  }
  await executor.run(step.inspectStart);
  await communicator.barrier();
  const touched = guards
    .map(({ name }) => name)
    .filter((name) => executor.read(name).some((value, i) => value !== pattern[i]));
  communicator.close();
  return { plan, touched, applied };
});
