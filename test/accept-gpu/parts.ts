/** What a person with GPUs is asked to run once. Each part says what it found, for the report. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { placeOf, readStamp } from '../../kernels/tensorflow/place.ts';
import { REGION_BYTES, randomOperations } from '../kernels/collectives/contract.ts';
import { deviceRanks } from '../kernels/collectives/nccl-stand-in/build.ts';
import { failures, performAll, Ranks } from '../kernels/collectives/ranks.ts';
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
  title: 'collectives on memory of GPUs, in the order of streams',
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

/** The tests of the fixtures, on the executor on TensorFlow. */
const fixtures: Part = {
  title: 'every fixture, and train_steps to 1e-4 in f32, on the executor for GPUs',
  gpus: 1,
  async run(): Promise<Outcome> {
    if (readStamp(placeOf('gpu')) === undefined) {
      return { kind: 'skipped', why: 'TensorFlow is not set up: auspex setup tensorflow --gpu' };
    }
    const { status, stdout, stderr } = spawnSync('npx', ['mocha', '--exit', 'test/golden/**/*.test.ts'], {
      cwd: root,
      env: { ...process.env, AUSPEX_TEST_DEVICE: 'gpu' },
      encoding: 'utf8',
    });
    const lines = (stdout + stderr).trim().split('\n').slice(-40);
    // On a processor they pass as well, so this is no word about GPUs unless the tests were on one.
    const passed = status === 0 && stdout.includes('on TensorFlow (gpu)');
    return { kind: passed ? 'passed' : 'failed', lines };
  },
};

export const PARTS: readonly Part[] = [inPlace, equality, recovery, throughput, fixtures];
