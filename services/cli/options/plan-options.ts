/** Options that say what is planned, and on what machines: shared by the commands of `auspex plan`. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { DeviceFile } from '../../../program/simulator/device.ts';
import { loadConfig, type ResolvedConfig } from '../../../training/config/config.ts';
import { type Cluster, clusterOf, SHARDINGS, type Sharding } from '../../../training/plan/cluster.ts';
import { devicesFolder, findDevice } from '../../../training/plan/devices.ts';
import type { PlanRequest } from '../../../training/plan/plan.ts';
import { cacheFolder } from '../cache-folder.ts';
import { UsageError } from '../errors.ts';
import { collect, parseCount, parsePositive } from './arguments.ts';

export interface PlanOptions {
  preset?: string;
  set?: string[];
  device: string;
  memory?: number;
  network?: number;
  ranksPerHost?: number;
  images: number;
  json?: boolean;
}

export interface PlaceOptions extends PlanOptions {
  world: number;
  batchPerRank?: number;
  sharding: Sharding;
}

/** What the sweep varies has options of its own there. */
export function addPlanOptions(command: Command): Command {
  return command
    .argument('[config]', 'YAML or JSON file; `auspex config` lists the keys')
    .option('--preset <name>', 'start from a preset, such as seer-10b')
    .option('--set <key=value>', 'override a key, such as training.recomputeGroups=4; may be repeated', collect)
    .option('--device <name>', 'of every rank: a name that `auspex plan devices` lists, or a device file', 'a100-40')
    .option('--memory <size>', 'of a rank, such as 40GiB (default: that of the device)', parseBytes)
    .option('--network <rate>', 'of a host in one direction, such as 200GB/s or 800Gb/s', parseRate)
    .option('--ranks-per-host <n>', 'ranks of one host (default: those of the device)', parseCount)
    .option('--images <count>', 'of the whole training', parsePositive, 1e9)
    .option('--json', 'print the result as JSON');
}

export function addPlaceOptions(command: Command): Command {
  return addPlanOptions(command)
    .option('--world <n>', 'ranks, each with one device', parseCount, 1)
    .option('--batch-per-rank <images>', 'of a step (default: training.batchSize over all ranks)', parseCount)
    .addOption(
      new Option('--sharding <kind>', 'who shares parameters: all ranks, those of a host, or nobody')
        .choices(SHARDINGS)
        .default('full'),
    );
}

export function deviceFileOf({ device }: PlanOptions): DeviceFile {
  return findDevice(device, devicesFolder(cacheFolder()));
}

/** @throws PlanError, ConfigError, UsageError */
export function requestOf(file: string | undefined, options: PlaceOptions): PlanRequest {
  const { world, batchPerRank, sharding } = options;
  const cluster = clusterFor(options, deviceFileOf(options), world);
  const { preset, set = [] } = options;
  const batch = batchPerRank === undefined ? [] : [`training.batchSize=${batchPerRank * world}`];
  const config = loadConfig({ file, preset, set: [...set, ...batch] });
  return { config, cluster, sharding, budgetBytes: budgetOf(options, config, cluster) };
}

export function clusterFor({ network, ranksPerHost }: PlanOptions, device: DeviceFile, world: number): Cluster {
  return clusterOf(device, world, { perHost: ranksPerHost, networkBytesPerSecond: network });
}

/** Of the memory that is given, what is left for the step. @throws UsageError */
export function budgetOf({ memory }: PlanOptions, config: ResolvedConfig, { device }: Cluster): number | undefined {
  if (memory === undefined) return undefined;
  const { reservedBytes } = device.memory;
  if (memory <= reservedBytes) {
    const reserved = (reservedBytes / 2 ** 30).toFixed(1);
    throw new UsageError(`--memory is not more than the ${reserved} GiB that are reserved on ${device.name}`);
  }
  return Math.min(memory - reservedBytes, config.training.memoryBudget ?? Number.POSITIVE_INFINITY);
}

const BYTES: Record<string, number> = { '': 1, K: 1e3, M: 1e6, G: 1e9, T: 1e12 };

/** `40GiB`, `40GB` or a number of bytes. */
export function parseBytes(text: string): number {
  const [, amount, unit = '', binary] = /^(\d+(?:\.\d+)?)\s*(?:([KMGT]?)(i?)B)?$/i.exec(text.trim()) ?? [];
  const value = Number(amount) * (binary ? 1024 ** ' KMGT'.indexOf(unit.toUpperCase()) : BYTES[unit.toUpperCase()]!);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a size such as 40GiB.');
  return value;
}

/** `25GB/s` or `200Gb/s`, in bytes per second. */
export function parseRate(text: string): number {
  const [, amount, unit, kind] = /^(\d+(?:\.\d+)?)\s*([KMGT]?)(B|b|bit)\/?(?:ps|s)$/.exec(text.trim()) ?? [];
  const value = (Number(amount) * BYTES[unit ?? '']!) / (kind === 'B' ? 1 : 8);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a rate such as 200GB/s (bytes) or 800Gb/s (bits).');
  return value;
}
