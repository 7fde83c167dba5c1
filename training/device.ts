/** `training.device`: what a step runs on. */
import { ncclHere } from '../kernels/communicator.ts';
import { CollectiveError } from '../kernels/errors.ts';
import { type Compiled, CompiledProgram } from '../kernels/executor.ts';
import { chooseNccl, requireOperations, TensorFlowDevice, visibleGpu } from '../kernels/tensorflow/device.ts';
import type { Program } from '../program/program.ts';
import type { ResolvedConfig } from './config/config.ts';
import { numThreads } from './threads.ts';

export interface Device {
  compile(program: Program): Compiled;
}

/** By oneDNN, with so many threads. */
export function onProcessors(threads: number): Device {
  return { compile: (program) => new CompiledProgram(program, { threads }) };
}

/**
 * Starts what the configuration asks for; undefined for processors, which need no start.
 * @throws TensorFlowError TENSORFLOW_NOT_SET_UP, TENSORFLOW_NOT_LOADED, NO_GPU
 */
export async function openDevice({ training }: ResolvedConfig): Promise<Device | undefined> {
  const { device, threads } = training;
  if (device === 'cpu') return undefined;
  return TensorFlowDevice.open({ build: buildOf(device), threads: numThreads(threads) });
}

/**
 * The same for one rank of several, which exchanges with others. Of several GPUs it takes the first, so that TensorFlow and NCCL take
 * the same.
 * @throws as `openDevice`
 */
export async function openRankDevice(config: ResolvedConfig): Promise<Device | undefined> {
  const { device } = config.training;
  if (device === 'cpu') return undefined;
  requireOperations(buildOf(device));
  if (exchangesByNccl(config)) chooseNccl();
  // Before anything of CUDA is loaded.
  Object.assign(process.env, environmentOfRank(config, 0));
  return openDevice(config);
}

/**
 * Looks, before anything starts, whether this machine has what so many ranks of it need. Not for a process that is a rank itself: it
 * would see all GPUs from then on.
 * @throws TensorFlowError TENSORFLOW_NOT_SET_UP; CollectiveError NCCL_MISSING
 */
export function requireRankDevices(config: ResolvedConfig, ranks: number): void {
  const { device } = config.training;
  if (device === 'cpu') return;
  requireOperations(buildOf(device));
  if (!exchangesByNccl(config)) return;
  chooseNccl();
  const here = ncclHere();
  if ('missing' in here) throw new CollectiveError('NCCL_MISSING', `GPUs cannot exchange: ${here.missing}.`);
  if (here.gpus >= ranks) return;
  throw new CollectiveError(
    'NCCL_MISSING',
    `${ranks} ranks need a GPU each, and CUDA sees ${here.gpus}. Take fewer ranks, or see 'nvidia-smi' and CUDA_VISIBLE_DEVICES.`,
  );
}

/** What the process of a rank has in its environment: of GPUs, it sees the one that is its own. @param slot from 0 on, on this machine */
export function environmentOfRank(config: ResolvedConfig, slot: number): Record<string, string> {
  if (!exchangesByNccl(config)) return {};
  const own = visibleGpu(slot);
  return own === undefined ? {} : { CUDA_VISIBLE_DEVICES: own };
}

/** How ranks on so many hosts exchange: those of one share memory, unless they are told not to; what is on GPUs goes by NCCL. */
export function transportOf(config: ResolvedConfig, numHosts: number) {
  const meetBy = numHosts === 1 && config.ranks.transport !== 'gloo' ? 'shared-memory' : 'gloo';
  return { transport: exchangesByNccl(config) ? 'nccl' : meetBy, meetBy } as const;
}

function exchangesByNccl({ training: { device }, ranks: { transport } }: ResolvedConfig): boolean {
  return device === 'gpu' || transport === 'nccl';
}

function buildOf(device: 'gpu' | 'tensorflow-cpu'): 'gpu' | 'cpu' {
  return device === 'gpu' ? 'gpu' : 'cpu';
}
