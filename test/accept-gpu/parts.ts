/** What a person with GPUs is asked to run once. Each part says what it found, for the report. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Build, placeOf, readStamp } from '../../kernels/tensorflow/place.ts';
import type { Trace } from '../../training/profile/trace.ts';
import { REGION_BYTES, randomOperations } from '../kernels/collectives/contract.ts';
import { deviceRanks } from '../kernels/collectives/nccl-stand-in/build.ts';
import { failures, performAll, Ranks } from '../kernels/collectives/ranks.ts';
import { describeOverlap, overlapOf } from './overlap.ts';
import type { Machine, Outcome, Part } from './part.ts';

const root = path.join(import.meta.dirname, '..', '..');
const OPERATIONS = 300;
const SEED = 20260;

function ranksOf(count: number): Ranks {
  return new Ranks(count);
}

/** Sums of two numbers are the same in either order, so two ranks give the bits of shared memory; more need not. */
const equality: Part = {
  title: 'two ranks give the bits of a plain computation',
  gpus: 2,
  async run(): Promise<Outcome> {
    const ranks = ranksOf(2);
    try {
      const connected = await ranks.connect({ transport: 'nccl', regionBytes: REGION_BYTES });
      await performAll(connected, randomOperations(2, OPERATIONS, SEED));
      return { kind: 'passed', lines: [`${OPERATIONS} operations in random order on both channels (seed ${SEED})`] };
    } finally {
      await ranks.end();
    }
  },
};

const recovery: Part = {
  title: 'a rank that is killed is noticed, and the others form a new communicator with its successor',
  gpus: 2,
  async run(): Promise<Outcome> {
    const ranks = ranksOf(2);
    try {
      const connected = await ranks.connect({ transport: 'nccl', timeoutSeconds: 60 });
      const running = connected.map((rank) => rank.send({ kind: 'repeat' }));
      for (const each of running) each.catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 2000));
      const killed = performance.now();
      connected[1]!.process.kill('SIGKILL');
      const [error] = await failures([running[0]!]);
      const noticed = performance.now() - killed;
      ranks.replace(1);
      const again = await ranks.connect({ transport: 'nccl', regionBytes: REGION_BYTES });
      await performAll(again, randomOperations(2, 20, SEED));
      const formed = performance.now() - killed - noticed;
      const lines = [`noticed after ${noticed.toFixed(0)} ms: ${error!.code}, ${error!.message}`];
      lines.push(`a new process, a new communicator and 20 operations: ${formed.toFixed(0)} ms`);
      return { kind: error!.code === 'PEER_LOST' ? 'passed' : 'failed', lines };
    } finally {
      await ranks.end();
    }
  },
};

function runDeviceRanks(...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(deviceRanks('quick'), args, {
    encoding: 'utf8',
    timeout: 300_000,
  });
  if (status === 0) return stdout.trim();
  throw new Error(`device-ranks ${args.join(' ')} ended with ${error?.message ?? status}:\n${stderr.trim()}`);
}

const inPlace: Part = {
  title: 'collectives on memory of GPUs, in the order of streams, and beside work of another stream',
  gpus: 1,
  async run({ gpus }: Machine): Promise<Outcome> {
    const sizes = [1, 2, gpus].filter((size, at, all) => size <= gpus && all.indexOf(size) === at);
    return {
      kind: 'passed',
      lines: sizes.map((size) => `${size} ranks: ${runDeviceRanks(String(size)).split('\n')[0]}`),
    };
  },
};

const throughput: Part = {
  title: 'throughput, and work on another stream meanwhile',
  gpus: 2,
  async run({ gpus, standIn }: Machine): Promise<Outcome> {
    const lines = (standIn ? [1] : [1, 16, 256]).flatMap((megabytes) =>
      runDeviceRanks(String(gpus), 'time', String(megabytes))
        .split('\n')
        .map((line) => {
          const [what, seconds, bandwidth] = line.split(' ');
          return `${gpus} ranks, ${megabytes} MiB, ${what}: ${(Number(seconds) * 1e3).toFixed(3)} ms, ${bandwidth} GB/s`;
        }),
    );
    return { kind: 'passed', lines };
  },
};

const NOT_SET_UP: Outcome = { kind: 'skipped', why: 'TensorFlow is not set up: auspex setup tensorflow --gpu' };

/**
 * What tests and trainings on GPUs have in their environment: f32 is f32, and not TF32; and operations give the same bits again, by
 * algorithms that no measurement chose.
 */
const ON_GPU = {
  AUSPEX_TEST_DEVICE: 'gpu',
  NVIDIA_TF32_OVERRIDE: '0',
  TF_DETERMINISTIC_OPS: '1',
  TF_CUDNN_USE_AUTOTUNE: '0',
};

/** Runs a command in the repository. @returns how it ended, and the end of what it printed */
function inRepository(command: string, ...args: string[]): { status: number | null; stdout: string; lines: string[] } {
  const env = { ...process.env, ...ON_GPU };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, env, encoding: 'utf8' });
  return { status, stdout, lines: (stdout + stderr).trim().split('\n').slice(-40) };
}

/** Tests of the executor on TensorFlow, as `npm test` runs them on processors. */
function testsOnGpu(title: string, gpus: number, files: readonly string[], expected: string): Part {
  return {
    title,
    gpus,
    async run(): Promise<Outcome> {
      if (!isSetUp('gpu')) return NOT_SET_UP;
      const { status, stdout, lines } = inRepository('npx', 'mocha', '--exit', ...files);
      // On a processor they pass as well, so this is no word about GPUs unless the tests were on one.
      return { kind: status === 0 && stdout.includes(expected) ? 'passed' : 'failed', lines };
    },
  };
}

const fixtures = testsOnGpu(
  'every fixture, and train_steps to 1e-4 in f32, on the executor for GPUs',
  1,
  ['test/golden/**/*.test.ts'],
  'on TensorFlow (gpu)',
);

const fp16 = testsOnGpu(
  'fp16: the loss scale, overflows, and a curve near that of f32',
  1,
  ['test/kernels/tensorflow/fp16.test.ts'],
  'trains as f32 does',
);

const joined = testsOnGpu(
  'two ranks train as one: train_steps over NCCL, losses of a training to 1e-4, a rank that is killed',
  2,
  [
    'test/golden/train-steps-ranks.test.ts',
    'test/kernels/tensorflow/ranks.test.ts',
    'test/kernels/tensorflow/overlap.test.ts',
    'test/services/ranks/train-on-tensorflow.test.ts',
    'test/training/fp16.test.ts',
  ],
  'on TensorFlow, by nccl',
);

/** Whether a build of TensorFlow is there with its operations. */
function isSetUp(build: Build): boolean {
  const place = placeOf(build);
  return readStamp(place) !== undefined && existsSync(place.operations);
}

/** A profile of two ranks on a device, and what its trace says of exchanges. */
function profileRanks(file: string, device: string, ...options: string[]): Outcome {
  const set = ['--set', `training.device=${device}`, ...options];
  const profile = ['profile', '--ranks', '2', '--steps', '5', '--trace', file, ...set];
  const { status, lines } = inRepository('npx', 'tsx', 'services/cli/main.ts', ...profile);
  if (status !== 0) return { kind: 'failed', lines };
  const overlap = overlapOf(JSON.parse(readFileSync(file, 'utf8')) as Trace);
  const told = [...describeOverlap(overlap), '', ...lines];
  // How much of them is hidden is for people to judge; that none is would be a fault.
  return { kind: overlap.exchanges > 0 && overlap.beside > 0 ? 'passed' : 'failed', lines: told };
}

/** Where the time of a rank's step goes, and a trace of it to look at. On processors where there are no two GPUs. */
const trace: Part = {
  title: 'a trace of a step of two ranks, and how much of its exchanges lies beside what is computed',
  gpus: 0,
  async run({ gpus, standIn }: Machine): Promise<Outcome> {
    const file = path.join(os.tmpdir(), 'auspex-accept-gpu-trace.json');
    if (gpus >= 2 && !standIn && isSetUp('gpu')) {
      const outcome = profileRanks(file, 'gpu', '--preset', '400mf', '--set', 'training.batchSize=64');
      if (outcome.kind === 'skipped') return outcome;
      const times =
        'Operations: when they were issued. Exchanges: from when their thread took them until the GPU had done them.';
      return { ...outcome, lines: [...outcome.lines, times, `Please send ${file} as well.`] };
    }
    if (!isSetUp('cpu')) {
      return {
        kind: 'skipped',
        why: 'it needs two GPUs and TensorFlow (auspex setup tensorflow --gpu); without GPUs, that for processors',
      };
    }
    const outcome = profileRanks(file, 'tensorflow-cpu', '--preset', 'tiny');
    if (outcome.kind === 'skipped') return outcome;
    return { ...outcome, lines: ['On processors, in shared memory: no word about GPUs.', ...outcome.lines] };
  },
};

export const PARTS: readonly Part[] = [inPlace, equality, recovery, throughput, fixtures, fp16, joined, trace];
