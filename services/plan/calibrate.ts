/**
 * Measures this machine as a device: peaks, how long operations of every kind and size take in steps of small networks that no
 * preset has, and what ranks of one host exchange.
 *
 * Operations are measured within steps, because one that is repeated by itself finds its operands in a cache, which is up to twice
 * as quick.
 */
import os from 'node:os';
import { hasBf16 } from '../../kernels/executor.ts';
import { bestPeaks, type MachinePeaks, measurePeaks } from '../../kernels/machine-peaks.ts';
import { isCommunication } from '../../program/operations.ts';
import type { Program } from '../../program/program.ts';
import type { DeviceFile, OperationSample } from '../../program/simulator/device.ts';
import { byteLength } from '../../program/values.ts';
import { loadConfig, type ResolvedConfig } from '../../training/config/config.ts';
import { describeMachine } from '../../training/machine.ts';
import { fitLine } from '../../training/plan/fit-line.ts';
import { samplesOf, thinned } from '../../training/plan/samples.ts';
import { madeUpCrops } from '../../training/profile/crop-source.ts';
import { runSteps } from '../../training/profile/profile.ts';
import { openStep } from '../../training/profile/step-runner.ts';
import { secondsOf, spanAt, type TimedStep } from '../../training/profile/timed-step.ts';
import { sharedAmongRanks } from '../ranks/launcher.ts';
import { profileRanks } from '../ranks/profile-ranks.ts';

/** A small network: widths of its stages, channels of a group, head and prototypes, and the images of its steps. */
export interface CalibrationNetwork {
  readonly widths: readonly number[];
  readonly groupWidth: number;
  readonly head: readonly number[];
  readonly prototypes: number;
  readonly batches: readonly number[];
}

/** From narrow to wide; none has the widths of a named architecture. */
export const CALIBRATION_NETWORKS: readonly CalibrationNetwork[] = [
  { widths: [56, 120, 224, 432], groupWidth: 8, head: [768, 768, 128], prototypes: 512, batches: [2, 8] },
  { widths: [96, 192, 384, 768], groupWidth: 24, head: [2048, 2048, 256], prototypes: 2000, batches: [4] },
  { widths: [192, 432, 864, 1920], groupWidth: 48, head: [4096, 4096, 256], prototypes: 4000, batches: [2, 8] },
  { widths: [224, 448, 1120, 2912], groupWidth: 112, head: [4096, 4096, 256], prototypes: 8000, batches: [4] },
];

const DEPTHS = [2, 2, 2, 1];

export interface CalibrationOptions {
  readonly name: string;
  readonly networks?: readonly CalibrationNetwork[];
  /** Timed steps of each network and batch. */
  readonly steps: number;
  /** Of the machine's; they are shared among ranks. */
  readonly threads: number;
  readonly onProgress?: (done: number, total: number) => void;
}

export async function calibrate(options: CalibrationOptions): Promise<DeviceFile> {
  const { name, networks = CALIBRATION_NETWORKS, steps, threads, onProgress = () => undefined } = options;
  const precisions = hasBf16() ? (['fp32', 'bf16'] as const) : (['fp32'] as const);
  const configs = networks.flatMap((network) =>
    network.batches.flatMap((batch) => precisions.map((precision) => configOf(network, batch, precision, threads))),
  );
  const total = configs.length + 2;
  const peaks = bestPeaks(await measurePeaks(threads), await measurePeaks(threads));
  onProgress(1, total);
  const samples: OperationSample[] = [];
  for (const [i, config] of configs.entries()) {
    samples.push(...(await measuredIn(config, steps)));
    onProgress(i + 2, total);
  }
  const exchange = await measureExchange(configs[0]!, steps);
  onProgress(total, total);
  return deviceFile(name, threads, peaks, thinned(samples), exchange);
}

function configOf(network: CalibrationNetwork, batchSize: number, precision: 'fp32' | 'bf16', threads: number) {
  const { widths, groupWidth, head, prototypes } = network;
  const stages = widths.map((width, stage) => ({ depth: DEPTHS[stage]!, width, groupWidth }));
  return loadConfig({
    values: {
      model: { architecture: { stages }, head: [...head], prototypes },
      training: { batchSize, precision, threads },
    },
  });
}

async function measuredIn(config: ResolvedConfig, steps: number): Promise<OperationSample[]> {
  const runner = openStep(config);
  try {
    return samplesOf(runner.program, await runSteps(runner, madeUpCrops(config, 1), steps));
  } finally {
    runner.close();
  }
}

interface Exchange {
  readonly baseSeconds: number;
  readonly bytesPerSecond: number;
}

/** Gathers and reductions of a step on two ranks: a start, and so much for every byte. */
async function measureExchange(config: ResolvedConfig, steps: number): Promise<Exchange> {
  const batch = { ...config, training: { ...config.training, batchSize: 2, threads: 'auto' as const } };
  const profiled = await profileRanks(sharedAmongRanks(batch, 2), steps, 2);
  const points = exchangesOf(profiled.program, profiled.steps);
  const { slope, intercept } = fitLine(points);
  const fastest = Math.min(...points.map(([, seconds]) => seconds));
  return { baseSeconds: Math.max(intercept, fastest / 2), bytesPerSecond: 1 / Math.max(slope, 1e-12) };
}

/** Bytes that a rank receives, and the seconds of the quickest step: the others waited for somebody. */
function exchangesOf(program: Program, steps: readonly TimedStep[]): [bytes: number, seconds: number][] {
  return program.operations.flatMap((operation, index): [number, number][] => {
    if (!isCommunication(operation)) return [];
    const seconds = steps.flatMap(({ communicated }) => spanAt(communicated, index) ?? []).map(secondsOf);
    if (seconds.length === 0 || operation.kind === 'await') return [];
    const { inputs, outputs } = operation as Extract<typeof operation, { kind: 'allGather' }>;
    const whole = Math.max(byteLength(program.values[inputs.input]!), byteLength(program.values[outputs.output]!));
    return [[(operation.kind === 'allReduce' ? 2 : 1) * (whole / 2), Math.min(...seconds)]];
  });
}

function deviceFile(
  name: string,
  threads: number,
  peaks: MachinePeaks,
  samples: readonly OperationSample[],
  exchange: Exchange,
): DeviceFile {
  const { cpu, cpuFeatures } = describeMachine();
  const measured = 'measured by auspex plan calibrate';
  const assumed = (value: number, why: string) => ({ value, source: `assumption: ${why}` });
  const arithmetic = (flopsPerSecond: number, what: string) => ({
    flopsPerSecond: { value: flopsPerSecond, source: `${measured}: ${what}` },
    efficiency: assumed(0.7, 'only of operations that have no sample of their kind'),
    channelsAtHalf: assumed(16, 'only of operations that have no sample of their kind'),
  });
  const none = assumed(0, 'all ranks of a host meet at once');
  const hops = {
    host: { ring: none, tree: none },
    network: { ring: assumed(50e-6, 'a round over Ethernet'), tree: assumed(50e-6, 'a round over Ethernet') },
  };
  return {
    name,
    description: `${cpu}, ${threads} threads${cpuFeatures.includes('amx_bf16') ? ', AMX' : ''}`,
    kind: 'cpu',
    memory: {
      bytes: { value: os.totalmem(), source: 'the system' },
      reservedBytes: assumed(0.4e9, 'Node, the addon, oneDNN and crops that wait'),
      bytesPerSecond: { value: peaks.bytes, source: `${measured}: a copy between maps of 256 MiB` },
      efficiency: assumed(1, 'the peak is what a kernel reached'),
    },
    arithmetic: {
      f32: arithmetic(peaks.f32, 'a large matrix product'),
      ...(peaks.bf16 === null ? {} : { bf16: arithmetic(peaks.bf16, 'a large 1x1 convolution') }),
    },
    launchSeconds: {
      value: Math.min(...samples.map(({ seconds }) => seconds)),
      source: `${measured}: the shortest operation`,
    },
    host: {
      ranks: { value: threads, source: 'threads that were measured; ranks share them' },
      bytesPerSecond: { value: exchange.bytesPerSecond, source: `${measured}: gathers and reductions of two ranks` },
    },
    network: { bytesPerSecond: assumed(1.25e9, '10 Gb/s Ethernet; give --network') },
    collectives: {
      baseSeconds: { value: exchange.baseSeconds, source: `${measured}: gathers and reductions of two ranks` },
      small: { upToBytes: assumed(0, 'no other way for small messages'), ...hops },
      large: hops,
    },
    samples: [...samples],
  };
}
