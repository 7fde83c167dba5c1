/**
 * The same tests on every executor: on oneDNN always, on TensorFlow's build for processors where it is set up, or with
 * `AUSPEX_TEST_DEVICE=gpu` on its build for GPUs.
 */
import { existsSync } from 'node:fs';
import { type Compiled, CompiledProgram, type ExecutorOptions } from '../../kernels/executor.ts';
import { TensorFlowDevice } from '../../kernels/tensorflow/device.ts';
import { type Build, placeOf, readStamp } from '../../kernels/tensorflow/place.ts';
import type { Program } from '../../program/program.ts';

export type ExecutorName = 'oneDNN' | 'TensorFlow';

type Compile = (program: Program, options: ExecutorOptions) => Compiled;

const onOneDnn: Compile = (program, options) => new CompiledProgram(program, options);
let current = onOneDnn;

/** For tests that make executors themselves. */
export function compileOnCurrent(program: Program, options: ExecutorOptions = {}): Compiled {
  return current(program, options);
}

/** The build of TensorFlow that tests run on, and what a configuration calls it. */
export const tensorFlowBuild: Build = process.env['AUSPEX_TEST_DEVICE'] === 'gpu' ? 'gpu' : 'cpu';
const build = tensorFlowBuild;
export const tensorFlowDevice = build === 'gpu' ? 'gpu' : 'tensorflow-cpu';
/** How ranks on it may exchange: memory of GPUs is NCCL's alone, for which a library stands where there are none. */
export const tensorFlowTransports = build === 'gpu' ? (['nccl'] as const) : (['shared-memory', 'nccl'] as const);
const setUp = `auspex setup tensorflow${build === 'gpu' ? ' --gpu' : ''}`;

export const hasTensorFlow = readStamp(placeOf(build)) !== undefined;
/** And the operations by which ranks exchange. */
export const hasTensorFlowRanks = hasTensorFlow && existsSync(placeOf(build).operations);

/** TensorFlow takes as many threads as its first program asks for, so all tests of a process have two. */
export function openTensorFlow(): Promise<TensorFlowDevice> {
  return TensorFlowDevice.open({ build, threads: 2 });
}

/** Defines the same block of tests for each executor. */
export function onEveryExecutor(title: string, define: (executor: ExecutorName) => void): void {
  describe(title, () => define('oneDNN'));
  if (!hasTensorFlow) {
    describe.skip(`${title}, on TensorFlow (not set up: ${setUp})`, () => define('TensorFlow'));
    return;
  }
  describe(`${title}, on TensorFlow (${build})`, () => {
    before(async () => {
      const device = await openTensorFlow();
      current = (program) => device.compile(program);
    });
    after(() => {
      current = onOneDnn;
    });
    define('TensorFlow');
  });
}
