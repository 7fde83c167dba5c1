/** All checks of this machine, one after the other. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statfsSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { packageRoot } from '../../kernels/addon.ts';
import { hasBf16 } from '../../kernels/executor.ts';
import { type Build, placeOf, readStamp, type TensorFlowPlace } from '../../kernels/tensorflow/place.ts';
import { describeMachine } from '../../training/machine.ts';
import type { KafkaOptions } from '../bus/kafka.ts';
import { cgroupLimits } from './cgroup.ts';
import type { Check } from './check.ts';
import { checkDisk } from './disk.ts';
import { checkGpu } from './gpu.ts';
import { checkAddon, checkNode, checkProcessor } from './program.ts';
import { checkCores, checkHugePages, checkMemory, checkOpenFiles, checkSharedMemory } from './resources.ts';
import { checkDestination, checkEmbeddedBus, checkKafka, checkPort, checkState } from './services.ts';
import { checkClock, checkPython } from './system.ts';

export interface Examination {
  /** Where runs are written. */
  readonly out: string;
  readonly busFolder: string;
  /** Null where no Kafka is used. */
  readonly kafka: KafkaOptions | null;
  readonly state: string | null;
  /** Places for checkpoints. */
  readonly destinations: readonly string[];
  /** Addresses that servers are to listen on. */
  readonly listen: readonly { readonly host: string; readonly port: number }[];
  readonly gpu: boolean;
}

export async function examine(asked: Examination): Promise<Check[]> {
  const { cpu, cpuFeatures, processors } = describeMachine();
  const limits = cgroupLimits(readFile);
  const checks = [
    checkNode(process.versions.node),
    checkAddon(hasBf16),
    checkProcessor(cpu, cpuFeatures),
    checkCores(processors, limits),
    checkMemory(os.totalmem(), availableMemory(), limits),
    checkSharedMemory(sharedMemory()),
    checkHugePages(readFile),
    checkOpenFiles(readFile),
    ...checkDisk(path.resolve(asked.out), readFile),
    checkClock(Date.now(), installedAt(), readFile),
    checkPython(run('python3', ['--version'])?.trim(), existsSync(path.join(packageRoot, 'bench', '.python'))),
    await checkEmbeddedBus(asked.busFolder),
  ];
  if (asked.kafka) checks.push(await checkKafka(asked.kafka));
  if (asked.state !== null) checks.push(checkState(asked.state));
  for (const address of asked.destinations) checks.push(await checkDestination(address));
  for (const address of asked.listen) checks.push(await checkPort(address));
  if (asked.gpu) checks.push(...checkGpu(run, readFile, findSetUp));
  return checks;
}

function findSetUp(build: Build): TensorFlowPlace | undefined {
  const place = placeOf(build);
  return readStamp(place) ? place : undefined;
}

/** When the addon was built, in milliseconds since 1970; what npm unpacks has no times. */
function installedAt(): number {
  return statSync(path.join(packageRoot, 'build'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function readFile(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined; // what the system does not tell is not known
  }
}

function run(command: string, args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8', timeout: 30_000 });
  return status === 0 ? stdout : undefined;
}

/** Free, or in caches that the system gives up; Node's os.freemem counts only what is free. */
function availableMemory(): number {
  const kibibytes = /^MemAvailable:\s+(\d+) kB$/m.exec(readFile('/proc/meminfo') ?? '')?.[1];
  return kibibytes === undefined ? os.freemem() : Number(kibibytes) * 1024;
}

function sharedMemory(): number | undefined {
  if (!existsSync('/dev/shm')) return undefined;
  const { blocks, bsize } = statfsSync('/dev/shm');
  return blocks * bsize;
}
