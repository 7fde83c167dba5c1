/**
 * `npm run bench -- step`: SEER's training step (forward, loss, backward, LARC-SGD; batch 8 of 2x160 + 4x96 crops) against
 * the same step in PyTorch, shared/peers/torch_swav.py. Speed and peak memory of both, from processes that run in turns.
 */
import { availableParallelism } from 'node:os';
import { Option } from 'commander';
import { packageRoot } from '../kernels/addon.ts';
import { hasBf16 } from '../kernels/executor.ts';
import { parseCount } from '../services/cli/options/arguments.ts';
import { type Bench, report } from './bench.ts';
import { parseResult, runChild } from './child.ts';
import { BenchError } from './errors.ts';
import { preparePython, requirePackage } from './python.ts';
import {
  architectureArgument,
  BATCH,
  DEFAULT_CASES,
  parseCases,
  resolutionsArgument,
  type StepCase,
} from './step-cases.ts';
import { runPeer } from './step-peer.ts';
import { type OurResult, ourResult, type StepResult } from './step-result.ts';
import { type Effort, peerEffort, raceRows, type StepRow } from './step-rows.ts';

export interface StepBenchOptions extends Effort {
  readonly cases: readonly StepCase[];
  readonly threads: number;
  /** Of one process, in seconds. */
  readonly timeout: number;
  /** How ours stores feature maps where the case says bf16. */
  readonly oursPrecision: 'bf16' | 'f32' | 'auto';
  /** The peer through torch.compile. */
  readonly compiled?: boolean;
}

export type StepSettings = Pick<StepBenchOptions, 'steps' | 'warmup' | 'threads' | 'timeout'>;
type Settings = StepBenchOptions & { readonly python: string };

/** What torch.compile imports besides what PyTorch requires. */
const COMPILER_PACKAGE = { module: 'setuptools', requirement: 'setuptools==80.9.0' };

export const step: Bench<StepBenchOptions> = {
  name: 'step',
  description: 'one training step against PyTorch: images per second and peak memory',
  options: [
    new Option('--cases <list>', 'which, separated by commas')
      .default(parseCases(DEFAULT_CASES), DEFAULT_CASES)
      .argParser(parseCases),
    new Option('--rounds <count>', 'processes of each side, in turns; medians count').default(3).argParser(parseCount),
    new Option('--steps <count>', 'timed steps of a process; their median counts').default(5).argParser(parseCount),
    new Option('--warmup <count>', 'steps before them').default(2).argParser(parseCount),
    new Option('--threads <count>', 'of each side').default(availableParallelism()).argParser(parseCount),
    new Option('--timeout <seconds>', 'of each process').default(1800).argParser(parseCount),
    new Option('--ours-precision <name>', 'how ours stores feature maps in the bf16 cases; auto: as training would')
      .choices(['bf16', 'f32', 'auto'])
      .default('bf16'),
    new Option('--compiled', 'the peer through torch.compile, whose first step takes minutes'),
  ],
  async run(options) {
    const { python } = await preparePython({ onProgress: report });
    if (options.compiled) await requirePackage(python, COMPILER_PACKAGE);
    const rows: StepRow[] = [];
    for (const each of options.cases) rows.push(...(await raceCase(each, { ...options, python })));
    return rows;
  },
};

async function raceCase(stepCase: StepCase, settings: Settings): Promise<StepRow[]> {
  const precision = ourPrecision(stepCase, settings.oursPrecision);
  report(`${stepCase.name}: ours stores feature maps in ${precision}; a probe of the peer`);
  const notes: string[] = [];
  if (precision === 'bf16' && !hasBf16())
    notes.push('bf16 is not the quicker here: ours stores it, and computes in f32 where that is');
  if (precision === 'f32' && stepCase.dtype === 'bf16') notes.push('ours ran in f32');

  const { peer, effort, note } = await probePeer(stepCase, settings);
  if (note) {
    notes.push(note);
    report(`  ${note}`);
  }
  const ours: OurResult[] = [];
  for (let round = 0; round < settings.rounds; round++) {
    ours.push(await measureOurs(stepCase, precision, settings));
    report(`  ours ${summary(ours.at(-1)!)}`);
    if (round >= effort.rounds) continue;
    peer.push(await measurePeer(stepCase, effort, settings));
    report(`  peer ${summary(peer.at(-1)!)}`);
  }
  return raceRows({ case: stepCase, precision, ours, peer, notes, compiled: settings.compiled ?? false });
}

function ourPrecision({ dtype }: StepCase, asked: StepBenchOptions['oursPrecision']): 'bf16' | 'f32' {
  if (dtype === 'fp32') return 'f32';
  if (asked === 'auto') return hasBf16() ? 'bf16' : 'f32';
  return asked;
}

interface Probe {
  /** Of a peer too slow to run again, what the probe measured. */
  readonly peer: StepResult[];
  readonly effort: Effort;
  readonly note?: string;
}

/** One step of the peer, to know how many it may make. It also warms the file cache, from which torch is loaded. */
async function probePeer(stepCase: StepCase, settings: Settings): Promise<Probe> {
  try {
    const probe = await measurePeer(stepCase, { steps: 1, warmup: 1 }, settings);
    const { note, ...effort } = peerEffort(settings, probe.stepSeconds);
    return { peer: effort.rounds === 0 ? [probe] : [], effort, note };
  } catch (error) {
    if (!(error instanceof BenchError && error.code === 'CHILD_TIMEOUT')) throw error;
    return { peer: [], effort: { rounds: 0, steps: 0, warmup: 0 }, note: `not compared: ${error.message}` };
  }
}

export async function measureOurs(
  { name, architecture }: StepCase,
  precision: string,
  settings: StepSettings,
  executor: 'onednn' | 'tensorflow-cpu' = 'onednn',
): Promise<OurResult> {
  const { steps, warmup, threads, timeout: timeoutSeconds } = settings;
  const what = `our step (${name}, ${executor})`;
  const options = { architecture: architectureArgument(architecture), precision, executor, steps, warmup, threads };
  const flags = Object.entries(options).flatMap(([flag, value]) => [`--${flag}`, String(value)]);
  const args = ['--import', 'tsx', 'bench/step-ours.ts', ...flags];
  const child = { what, command: process.execPath, args, cwd: packageRoot, timeoutSeconds };
  return parseResult(what, await runChild(child), ourResult);
}

export function measurePeer(
  { name, architecture, dtype }: StepCase,
  effort: Pick<Effort, 'steps' | 'warmup'>,
  settings: Pick<Settings, 'threads' | 'python' | 'timeout' | 'compiled'>,
): Promise<StepResult> {
  const { steps, warmup } = effort;
  const { threads, python, timeout: timeoutSeconds } = settings;
  const arch = architectureArgument(architecture);
  const resolutions = resolutionsArgument();
  const compile = settings.compiled ?? false;
  const peerStep = { arch, batch: BATCH, dtype, channelsLast: true, compile, resolutions, steps, warmup, threads };
  return runPeer(peerStep, { python, timeoutSeconds, name });
}

function summary({ imagesPerSecond, stepSeconds, cpuSeconds, peakRssMb, lossFirst, lossLast }: StepResult): string {
  const speed = `${imagesPerSecond.toPrecision(4)} images/s (${stepSeconds.toFixed(3)} s, CPU ${cpuSeconds.toFixed(3)} s)`;
  return `${speed}, ${Math.round(peakRssMb)} MB, loss ${lossFirst.toFixed(3)} -> ${lossLast.toFixed(3)}`;
}
