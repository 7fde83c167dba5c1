/**
 * One rank of the ranks benchmark: the same step as in the step benchmark, as a training on ranks takes it, without its actors.
 * Started by ranks.ts through rank-processes.ts.
 */

import { normalNumbers } from '../data/random.ts';
import { CompiledProgram } from '../kernels/executor.ts';
import { larcProgram } from '../program/larc.ts';
import { valueNamed } from '../program/program.ts';
import { SHARDED, shard } from '../program/shard.ts';
import { STEP, trainingStep, withRecompute } from '../program/training-step.ts';
import { elements } from '../program/values.ts';
import { median } from './bench.ts';
import { peakRssMb } from './measure.ts';
import { rankMain } from './rank-process.ts';
import { LEARNING_RATE, type StepArchitecture, stepSpec } from './step-cases.ts';

export interface RanksArguments {
  readonly architecture: StepArchitecture;
  readonly precision: 'bf16' | 'f32';
  readonly threads: number;
  readonly steps: number;
  readonly warmup: number;
}

export interface RankResult {
  readonly stepSeconds: number;
  /** CPU time of a step of this rank. */
  readonly cpuSeconds: number;
  /** Of a step: the communication beside the computation, and the part of it that the computation waited for. */
  readonly communicating: number;
  readonly exposed: number;
  /** Of a step: waiting for other ranks within operations. */
  readonly exchanging: number;
  readonly peakRssMb: number;
  readonly lossLast: number;
}

rankMain<RanksArguments, RankResult>(async ({ rank, size, args, connect }) => {
  const { architecture, precision, threads, steps, warmup } = args;
  const whole = stepSpec(architecture, precision);
  const grids = whole.grids.map((grid) => ({ ...grid, images: grid.images / size }));
  const step = shard(withRecompute(trainingStep({ ...whole, grids }), {}), { rank, worldSize: size, precision });
  const compiled = new CompiledProgram(step.program, { threads });
  const communicator = await connect(compiled.plan.sharedBytes);
  const executor = compiled.allocate(communicator);
  executor.initialise(0);
  const numParameters = step.layouts.reduce((sum, { parameters }) => sum + parameters.length, 0);
  const { larc, weightDecay } = whole.optimizer;
  const norms = new CompiledProgram(larcProgram(numParameters, { ...larc, weightDecay }), { threads: 1 });
  const larcExecutor = norms.allocate(communicator);
  const crops = normalNumbers(elements(valueNamed(step.program, STEP.images)), 1 + rank);

  const waited = () => communicator.statistics().compute.waitingSeconds;
  const times: Omit<RankResult, 'peakRssMb' | 'lossLast'>[] = [];
  for (let index = 0; index < warmup + steps; index++) {
    const [begin, cpuBegin, waitedBefore] = [performance.now(), process.cpuUsage(), waited()];
    executor.write(STEP.images, crops);
    executor.write(STEP.control, Float32Array.of(LEARNING_RATE, 0));
    const { communicating, awaiting: exposed } = await executor.run(0, step.updateStart);
    larcExecutor.write(SHARDED.norms, executor.read(SHARDED.norms));
    larcExecutor.write(STEP.loss, executor.read(STEP.loss));
    await larcExecutor.run();
    for (const name of [STEP.ratios, STEP.applied]) executor.write(name, larcExecutor.read(name));
    await executor.run(step.updateStart, step.inspectStart);
    const { user, system } = process.cpuUsage(cpuBegin);
    const stepSeconds = (performance.now() - begin) / 1000;
    times.push({
      stepSeconds,
      cpuSeconds: (user + system) / 1e6,
      communicating,
      exposed,
      exchanging: waited() - waitedBefore,
    });
    if (larcExecutor.read(STEP.applied)[0] !== 1) throw new Error('a step was not applied: it was not finite');
  }
  const timed = times.slice(warmup);
  const middle = (of: (time: (typeof timed)[number]) => number) => median(timed.map(of));
  const result: RankResult = {
    stepSeconds: middle((time) => time.stepSeconds),
    cpuSeconds: middle((time) => time.cpuSeconds),
    communicating: middle((time) => time.communicating),
    exposed: middle((time) => time.exposed),
    exchanging: middle((time) => time.exchanging),
    peakRssMb: peakRssMb(),
    lossLast: executor.read(STEP.loss)[0]!,
  };
  await communicator.barrier();
  communicator.close();
  return result;
});
