/** One rank of the steps of `train_steps`, for train-steps-ranks.test.ts. */

import { rankMain } from '../../bench/rank-process.ts';
import { CompiledProgram } from '../../kernels/executor.ts';
import { chooseNccl, TensorFlowDevice, visibleGpu } from '../../kernels/tensorflow/device.ts';
import { larcProgram } from '../../program/larc.ts';
import { SHARDED, shard } from '../../program/shard.ts';
import { type RecomputeSpec, STEP, trainingStep, withRecompute } from '../../program/training-step.ts';
import { uniform } from '../random.ts';
import { loadFixture } from './fixture.ts';
import { cropsOf, specOf, type TrainStepsConfig } from './train-steps-spec.ts';

export interface TrainStepsArguments {
  readonly recompute: RecomputeSpec;
  readonly precision: 'f32' | 'bf16';
  readonly batchNormRanks?: number;
  readonly keepGathered?: boolean;
  /** Seed of a change of every weight by up to 1e-7 of itself, as rounding makes them; 0 for none. @default 0 */
  readonly nudge?: number;
  /** On TensorFlow instead of oneDNN, and how its ranks exchange. */
  readonly tensorFlow?: { readonly build: 'cpu' | 'gpu'; readonly transport: 'shared-memory' | 'nccl' };
}

export interface TrainStepsResult {
  readonly losses: number[];
  /** Parameters and running statistics at the end, as this rank sees them. */
  readonly final: Map<string, Float32Array>;
}

rankMain<TrainStepsArguments, TrainStepsResult>(async ({ rank, size, args, connect }) => {
  const fixture = loadFixture<TrainStepsConfig, unknown>('train_steps');
  const { config } = fixture;
  const spec = specOf(config, args.precision, size);
  const { precision, batchNormRanks, keepGathered } = args;
  const step = shard(withRecompute(trainingStep(spec), args.recompute), {
    rank,
    worldSize: size,
    precision,
    batchNormRanks,
    keepGathered,
  });
  const { tensorFlow } = args;
  // As the launcher does it: every rank sees its own GPU.
  if (tensorFlow?.transport === 'nccl') process.env['CUDA_VISIBLE_DEVICES'] = visibleGpu(rank) ?? '';
  if (tensorFlow?.build === 'gpu') chooseNccl();
  const device = tensorFlow && (await TensorFlowDevice.open({ build: tensorFlow.build, threads: 1 }));
  const compiled = device?.compile(step.program) ?? new CompiledProgram(step.program, { threads: 1 });
  const communicator = tensorFlow
    ? await connect(0, { transport: tensorFlow.transport })
    : await connect(compiled.plan.sharedBytes);
  const executor = compiled.allocate(communicator);
  const parameters = step.layouts.flatMap((layout) => layout.parameters);
  const { larc, weightDecay } = spec.optimizer;
  const larcStep = new CompiledProgram(larcProgram(parameters.length, { ...larc, weightDecay }), { threads: 1 });
  const larcExecutor = larcStep.allocate(communicator);

  for (const { name, role, piece, shape } of step.program.values) {
    if (role === 'state') executor.write(name, fixture.values(`init.${name}`));
    if (!piece) continue;
    const whole = nudged(fixture.values(`init.${piece.parameter}`), args.nudge);
    executor.write(name, whole.slice(piece.firstElement, piece.firstElement + shape[0]!));
  }
  const losses: number[] = [];
  for (let index = 0; index < config.steps; index++) {
    executor.write(STEP.images, cropsOf(fixture, config.batch_of_step[index]!, { rank, size }));
    executor.write(STEP.control, Float32Array.of(config.lr[index]!, index < config.prototypes_frozen_steps ? 1 : 0));
    await executor.run(0, step.updateStart);
    larcExecutor.write(SHARDED.norms, executor.read(SHARDED.norms));
    larcExecutor.write(STEP.loss, executor.read(STEP.loss));
    await larcExecutor.run();
    for (const name of [STEP.ratios, STEP.applied]) executor.write(name, larcExecutor.read(name));
    losses.push(executor.read(STEP.loss)[0]!);
    await executor.run(step.updateStart, step.inspectStart);
  }

  const final = new Map<string, Float32Array>();
  for (const { name, role } of step.program.values) if (role === 'state') final.set(name, executor.read(name));
  let operation = step.inspectStart;
  for (const { name, parameters } of step.layouts) {
    await executor.run(operation, operation + 2);
    operation += 2;
    const whole = executor.read(SHARDED.inspected(name));
    for (const { name: parameter, shape, offset } of parameters) {
      final.set(parameter, whole.slice(offset, offset + shape.reduce((product, extent) => product * extent, 1)));
    }
  }
  await communicator.barrier();
  communicator.close();
  return { losses, final };
});

function nudged(weights: Float32Array, seed = 0): Float32Array {
  if (seed === 0) return weights;
  const random = uniform(seed * 1000 + weights.length);
  return weights.map((weight) => weight * (1 + (2 * random() - 1) * 1e-7));
}
