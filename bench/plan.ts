/**
 * `npm run bench -- plan`: what `auspex plan` predicts against what is measured on this machine (memory, time of a step), and against
 * what others published. A ratio is the prediction over the measurement: 1 is right.
 *
 * The machine is measured first, by steps of networks that are not among the cases; `--device` takes a device file instead.
 */
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { Option } from 'commander';
import type { DeviceFile } from '../program/simulator/device.ts';
import { cacheFolder } from '../services/cli/cache-folder.ts';
import { parseCount } from '../services/cli/options/arguments.ts';
import { calibrate } from '../services/plan/calibrate.ts';
import { loadConfig } from '../training/config/config.ts';
import { clusterOf } from '../training/plan/cluster.ts';
import { devicesFolder, findDevice } from '../training/plan/devices.ts';
import { planStep } from '../training/plan/plan.ts';
import { type Bench, type BenchRow, report } from './bench.ts';
import type { PlanCaseArguments, PlanCaseResult } from './plan-ours.ts';
import { publishedRows } from './plan-published-rows.ts';
import { runRanks } from './rank-processes.ts';

interface PlanBenchOptions {
  readonly presets: string;
  readonly precisions: string;
  readonly ranks: string;
  readonly device?: string;
  readonly steps: number;
  readonly published: boolean;
  readonly measured: boolean;
}

const BATCH = 8;
/** The allocator gives freed memory back at once: part of a step would lie in what the one before it left. */
const ALLOCATOR = { MALLOC_MMAP_THRESHOLD_: '65536', MALLOC_TRIM_THRESHOLD_: '65536' };
/** Groups of units in the cases with checkpoints. */
const GROUPS = 4;

export const plan: Bench<PlanBenchOptions> = {
  name: 'plan',
  description: 'what auspex plan predicts, against steps on this machine and against published speeds',
  ratioMeans: 'Ours is the prediction, the peer what was measured: a ratio of 1 is right.',
  options: [
    new Option('--presets <list>', 'of the measured cases, with commas').default('400mf,seer-8gf,seer-16gf'),
    new Option('--precisions <list>', 'of the measured cases').default('fp32,bf16'),
    new Option('--ranks <list>', 'of the measured cases').default('1,2,4'),
    new Option('--device <name>', 'a device that was calibrated (default: calibrates now)'),
    new Option('--steps <count>', 'timed steps of a case').default(5).argParser(parseCount),
    new Option('--no-published', 'leave out what others published'),
    new Option('--no-measured', 'leave out what is measured on this machine'),
  ],
  async run(options) {
    const rows: BenchRow[] = options.published ? publishedRows() : [];
    if (!options.measured) return rows;
    const device = options.device ? findDevice(options.device, devicesFolder(cacheFolder())) : await measureDevice();
    for (const preset of options.presets.split(',')) {
      for (const precision of options.precisions.split(',')) {
        for (const ranks of options.ranks.split(',').map(Number)) {
          for (const groups of ['none', GROUPS] as const) {
            rows.push(...(await measured(device, preset, precision, ranks, groups, options.steps)));
          }
        }
      }
    }
    return rows;
  },
};

function measureDevice(): Promise<DeviceFile> {
  report('calibrating');
  return calibrate({ name: 'here', steps: 5, threads: availableParallelism() });
}

async function measured(
  device: DeviceFile,
  preset: string,
  precision: string,
  ranks: number,
  groups: 'none' | number,
  steps: number,
): Promise<BenchRow[]> {
  const name = `${preset} ${precision} ${ranks} rank${ranks === 1 ? '' : 's'}${groups === 'none' ? '' : ', checkpoints'}`;
  const set = [`training.batchSize=${BATCH}`, `training.precision=${precision}`, `training.recomputeGroups=${groups}`];
  const config = loadConfig({ preset, set });
  const cluster = clusterOf(device, ranks, { perHost: ranks });
  const planned = planStep({ config, cluster, sharding: 'full' });
  const script = path.join(import.meta.dirname, 'plan-ours.ts');
  const args = { preset, set, steps };
  const [first] = await runRanks<PlanCaseArguments, PlanCaseResult>(script, ranks, args, ALLOCATOR);
  report(`${name}: ${(1000 * first!.stepSeconds).toFixed(0)} ms`);
  return [
    row(`${name} step`, planned.seconds * 1000, first!.stepSeconds * 1000, 'ms', 'measured here'),
    row(`${name} memory`, planned.fitted.totalBytes / 1e6, first!.residentBytes / 1e6, 'MB', 'resident here'),
  ];
}

function row(name: string, ours: number, peer: number, unit: string, peerName: string): BenchRow {
  return { case: name, ours, peer, peerName, ratio: ours / peer, unit };
}
