/** `training.device`: what a step runs on. */
import type { Compiled } from '../kernels/executor.ts';
import { TensorFlowDevice } from '../kernels/tensorflow/device.ts';
import type { Program } from '../program/program.ts';
import type { ResolvedConfig } from './config.ts';
import { numThreads } from './step.ts';
import { TrainingError } from './training-errors.ts';

export interface Device {
  compile(program: Program): Compiled;
}

/**
 * Starts what the configuration asks for; undefined for processors, which need no start.
 * @throws TensorFlowError TENSORFLOW_NOT_SET_UP, TENSORFLOW_NOT_LOADED, NO_GPU
 */
export async function openDevice({ training }: ResolvedConfig): Promise<Device | undefined> {
  const { device, threads } = training;
  if (device === 'cpu') return undefined;
  return TensorFlowDevice.open({ build: device === 'gpu' ? 'gpu' : 'cpu', threads: numThreads(threads) });
}

/** @throws TrainingError DEVICE_NEEDS_ONE_RANK */
export function requireOwnExecutor({ training: { device } }: ResolvedConfig, what: string): void {
  if (device === 'cpu') return;
  throw new TrainingError(
    'DEVICE_NEEDS_ONE_RANK',
    `${what} does not run on training.device: ${device}, which trains on one rank, by 'auspex train' without --ranks. ` +
      'Set training.device to cpu.',
  );
}
