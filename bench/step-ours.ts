/**
 * Our side of the step benchmark, as a program of its own, so that its peak memory is its own:
 *
 *     npx tsx bench/step-ours.ts --architecture 16,48,27.89,2.09,8,512,128,256 --precision f32
 *
 * Prints one line of JSON. As in torch_swav.py, the crops are normal numbers made before the clock starts. They are copied
 * into the executor within every timed step, because a step may use their memory for something else once it has read them.
 */
import { availableParallelism } from 'node:os';
import { Command, Option } from 'commander';
import { normalNumbers } from '../data/random.ts';
import { type Compiled, CompiledProgram, type Executor, hasBf16 } from '../kernels/executor.ts';
import { TensorFlowDevice } from '../kernels/tensorflow/device.ts';
import type { Program } from '../program/program.ts';
import { valueNamed } from '../program/program.ts';
import { STEP, trainingStep, withRecompute } from '../program/training-step.ts';
import { elements } from '../program/values.ts';
import { parseCount } from '../services/cli/options/arguments.ts';
import { median } from './bench.ts';
import { peakRssMb } from './measure.ts';
import { BATCH, LEARNING_RATE, parseArchitecture, type StepArchitecture, stepSpec } from './step-cases.ts';
import type { OurResult } from './step-result.ts';

interface Options {
  architecture: StepArchitecture;
  precision: 'bf16' | 'f32';
  executor: 'onednn' | 'tensorflow-cpu';
  steps: number;
  warmup: number;
  threads: number;
}

interface StepTime {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly loss: number;
}

async function measure({
  architecture,
  precision,
  executor: name,
  steps,
  warmup,
  threads,
}: Options): Promise<OurResult> {
  hasBf16(); // loads the addon, whose memory belongs to the base as torch's does
  const compile = await compilerOf(name, threads);
  const baseRssMb = peakRssMb();
  const begin = performance.now();
  const program = withRecompute(trainingStep(stepSpec(architecture, precision)), {});
  const compiled = compile(program);
  const executor = compiled.allocate();
  executor.initialise(0);
  const compileSeconds = (performance.now() - begin) / 1000;
  const crops = normalNumbers(elements(valueNamed(program, STEP.images)), 1);

  const times: StepTime[] = [];
  for (let step = 0; step < warmup + steps; step++) times.push(await runStep(executor, crops));
  const timed = times.slice(warmup);
  const stepSeconds = median(timed.map(({ seconds }) => seconds));
  return {
    threads,
    imagesPerSecond: BATCH / stepSeconds,
    stepSeconds,
    minStepSeconds: Math.min(...timed.map(({ seconds }) => seconds)),
    cpuSeconds: median(timed.map(({ cpuSeconds }) => cpuSeconds)),
    compileSeconds,
    firstStepSeconds: compileSeconds + times[0]!.seconds,
    peakRssMb: peakRssMb(),
    baseRssMb,
    arenaBytes: compiled.plan.arenaBytes,
    persistentBytes: compiled.plan.persistentBytes,
    lossFirst: times[0]!.loss,
    lossLast: times.at(-1)!.loss,
  };
}

/** Starts TensorFlow where it is to be the executor: that too belongs to the base. */
async function compilerOf(name: Options['executor'], threads: number): Promise<(program: Program) => Compiled> {
  if (name === 'onednn') return (program) => new CompiledProgram(program, { threads });
  const device = await TensorFlowDevice.open({ build: 'cpu', threads });
  return (program) => device.compile(program);
}

async function runStep(executor: Executor, crops: Float32Array): Promise<StepTime> {
  const begin = performance.now();
  const cpuBegin = process.cpuUsage();
  executor.write(STEP.control, Float32Array.of(LEARNING_RATE, 0));
  executor.write(STEP.images, crops);
  await executor.run();
  const loss = executor.read(STEP.loss)[0]!;
  const { user, system } = process.cpuUsage(cpuBegin);
  const seconds = (performance.now() - begin) / 1000;
  if (executor.read(STEP.applied)[0] !== 1) throw new Error(`a step was not applied: its loss is ${loss}`);
  return { seconds, cpuSeconds: (user + system) / 1e6, loss };
}

const command = new Command('step-ours')
  .requiredOption('--architecture <numbers>', 'as the --arch of torch_swav.py', parseArchitecture)
  .addOption(new Option('--precision <name>', 'storage of feature maps').choices(['bf16', 'f32']).default('f32'))
  .addOption(new Option('--executor <name>', 'what runs it').choices(['onednn', 'tensorflow-cpu']).default('onednn'))
  .option('--steps <count>', 'timed steps', parseCount, 5)
  .option('--warmup <count>', 'steps before them', parseCount, 2)
  .option('--threads <count>', 'OpenMP threads', parseCount, availableParallelism())
  .parse();

process.stdout.write(`${JSON.stringify(await measure(command.opts<Options>()))}\n`);
