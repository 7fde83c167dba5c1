/** What is of collectives by NCCL alone, on the library that stands for it (nccl-stand-in/stand-in.h). */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { ncclHere } from '../../../kernels/communicator.ts';
import { inOwnProcess } from '../../in-own-process.ts';
import { deviceRanks } from './nccl-stand-in/build.ts';
import { environmentOf, type OpenOptions } from './operations.ts';
import { failures, type Place, performAll, Ranks } from './ranks.ts';

const HOST = '127.0.0.1';

/** Ranks, of which the second has something more in its environment. */
function ranksOf(count: number, more: Readonly<Record<string, string>>): Ranks {
  const environment = environmentOf('nccl');
  const plain: Place = { prefix: [], host: HOST, environment };
  const places = Array.from({ length: count }, () => plain);
  places[1] = { ...plain, environment: { ...environment, ...more } };
  return new Ranks(count, places);
}

async function reduceAll(ranks: Ranks, timeoutSeconds: number): Promise<Promise<unknown>[]> {
  const connected = await ranks.connect({ transport: 'nccl', timeoutSeconds });
  const running = connected.map((rank) => rank.send({ kind: 'reduce without others', elements: 512 }));
  for (const each of running) each.catch(() => undefined);
  return running;
}

/** What happens in a process that opens a communicator by NCCL. */
function openAlone(environment: Readonly<Record<string, string>>, device = 0): string {
  const code = `
    import { Communicator } from './kernels/communicator.ts';
    try {
      Communicator.open({ transport: 'nccl', rank: 0, size: 1, device: ${device} });
      console.log('opened');
    } catch (error) {
      console.log(error.code, error.message);
    }`;
  return inOwnProcess(code, environment);
}

describe('collectives by nccl, when a GPU fails', () => {
  it('time out when a GPU stops in the middle of a call, and work again in a new communicator', async () => {
    const ranks = ranksOf(3, { AUSPEX_STAND_IN_STALL: '1' });
    try {
      const errors = await failures(await reduceAll(ranks, 0.5));
      for (const error of errors) {
        assert.equal(error.code, 'TIMED_OUT');
        assert.match(error.message, /^Rank [012] waited 0\.5 s for NCCL to complete a call\.$/);
      }
      ranks.all[1]!.process.kill('SIGKILL');
      await ranks.all[1]!.ended;
      ranks.all[1] = new Ranks(1, [ranks.all[0]!.place]).all[0]!;
      const connected = await ranks.connect({ transport: 'nccl', regionBytes: 4096 });
      const gather = { kind: 'allGather', elements: 7, placement: 'all', channel: 'communication', seed: 1 } as const;
      await performAll(connected, [gather]);
    } finally {
      await ranks.end();
    }
  });

  it('lose a rank that is killed while NCCL has the call', async () => {
    const ranks = ranksOf(3, { AUSPEX_STAND_IN_STALL: '1' });
    try {
      const running = await reduceAll(ranks, 600);
      await new Promise((resolve) => setTimeout(resolve, 500));
      ranks.all[1]!.process.kill('SIGKILL');
      const errors = await failures([running[0]!, running[2]!]);
      assert.deepEqual(
        errors.map(({ code, rank }) => [code, rank]),
        [
          ['PEER_LOST', 1],
          ['PEER_LOST', 1],
        ],
      );
    } finally {
      await ranks.end();
    }
  });

  it('time out in a group though the world has a communicator, too', async () => {
    const ranks = ranksOf(4, { AUSPEX_STAND_IN_STALL: '1' });
    try {
      const connected = await ranks.connect({ transport: 'nccl', timeoutSeconds: 1 });
      const sum = { kind: 'allReduce', elements: 512, double: false, maximum: false, channel: 'compute' } as const;
      const operations = [{ ...sum, groups: [1, 3], seed: 1 }];
      const running = connected.map((rank) => rank.send({ kind: 'perform', operations }));
      for (const each of running) each.catch(() => undefined);
      for (const error of await failures(running.slice(1))) assert.equal(error.code, 'TIMED_OUT');
    } finally {
      await ranks.end();
    }
  });

  it('time out in a reduce-scatter whose scale has nothing left to prepare', async () => {
    const ranks = ranksOf(2, { AUSPEX_STAND_IN_STALL: '1' });
    try {
      const connected = await ranks.connect({ transport: 'nccl', timeoutSeconds: 1 });
      const scatter = { kind: 'reduceScatter', elements: 512, placement: 'none', scale: 0.5 } as const;
      const operations = [{ ...scatter, channel: 'communication', seed: 1 }] as const;
      const running = connected.map((rank) => rank.send({ kind: 'perform', operations }));
      for (const error of await failures(running)) assert.equal(error.code, 'TIMED_OUT');
    } finally {
      await ranks.end();
    }
  });

  it('wake when a rank aborts while NCCL has the call', async () => {
    const ranks = ranksOf(3, { AUSPEX_STAND_IN_STALL: '1' });
    try {
      const running = await reduceAll(ranks, 600);
      await new Promise((resolve) => setTimeout(resolve, 500));
      await ranks.all[2]!.send({ kind: 'abort', reason: 'enough' });
      for (const error of await failures(running)) {
        assert.equal(error.code, 'ABORTED');
        assert.equal(error.message, 'Rank 2 aborted: enough.');
      }
    } finally {
      await ranks.end();
    }
  });

  it('tell all ranks what NCCL says of one', async () => {
    const ranks = ranksOf(3, { AUSPEX_STAND_IN_FAIL: '1', AUSPEX_STAND_IN_STALL: '1' });
    try {
      for (const error of await failures(await reduceAll(ranks, 600))) {
        assert.equal(error.code, 'PEER_LOST');
        assert.match(error.message, /^Rank 1: NCCL cannot complete a call: remote process exited/);
      }
    } finally {
      await ranks.end();
    }
  });
});

describe('collectives by nccl', () => {
  it('refuse other calls than those of the other ranks, and ranks that share a GPU', async () => {
    const ranks = ranksOf(3, {});
    try {
      const connected = await ranks.connect({ transport: 'nccl' }, 2);
      const calls = [4, 8].map((elements, rank) => connected[rank]!.send({ kind: 'reduce without others', elements }));
      for (const error of await failures(calls)) {
        assert.equal(error.code, 'MISMATCHED');
        assert.match(error.message, /that of rank [01] was an all-reduce of (16|32) bytes/);
      }
      const options: OpenOptions = { transport: 'nccl', rank: 0, size: 2, device: 5 };
      const addresses = [
        (await ranks.all[0]!.send({ kind: 'open', options })) as Uint8Array,
        (await ranks.all[1]!.send({ kind: 'open', options: { ...options, rank: 1 } })) as Uint8Array,
      ];
      const [error] = await failures([ranks.all[0]!.send({ kind: 'connect', addresses })]);
      assert.equal(error!.code, 'CANNOT_CONNECT');
      assert.match(error!.message, /^Rank 0 and rank 1 have the same GPU \(0000:06:00\.0\)/);
    } finally {
      await ranks.end();
    }
  });

  it('say what to install where NCCL or CUDA is missing or too old, and that there is no such GPU', () => {
    const standIn = environmentOf('nccl');
    assert.match(openAlone(standIn), /^opened$/m);
    assert.match(openAlone({ ...standIn, AUSPEX_NCCL: '/nowhere.so' }), /^NCCL_MISSING .*nowhere.*nvidia-nccl-cu12/);
    assert.match(openAlone({ ...standIn, AUSPEX_CUDART: '/nowhere.so' }), /^NCCL_MISSING .*nvidia-cuda-runtime-cu12/);
    assert.match(openAlone({ ...standIn, AUSPEX_NCCL: 'libc.so.6' }), /^NCCL_MISSING .* has no ncclGetVersion/);
    assert.match(openAlone({ ...standIn, AUSPEX_STAND_IN_NCCL: '21806' }), /^NCCL_MISSING NCCL 2\.18\.6 is too old/);
    assert.match(openAlone(standIn, 8), /^NCCL_MISSING There is no GPU 8 among the 8/);
  });

  it('say what is here', () => {
    const here = ncclHere();
    if ('missing' in here) assert.match(here.missing, /install NCCL 2\.19\.1 or newer/);
    else assert.match(here.nccl, /^2\.\d+\.\d+$/);
  });

  it('reach memory of GPUs in place, in the order of streams, and leave nothing behind', () => {
    const program = deviceRanks('sanitized');
    for (const size of [1, 2, 4]) {
      const { status, stdout, stderr } = spawnSync(program, [String(size)], {
        env: { ...process.env, ...environmentOf('nccl'), AUSPEX_STAND_IN_LEAKS: '1' },
        encoding: 'utf8',
        timeout: 60_000,
      });
      assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
      assert.equal(stdout, 'as expected\n'.repeat(size));
    }
  });

  it('tell who settles of a GPU that stopped after its call was awaited, and let the stream go on', () => {
    const { status, stdout, stderr } = spawnSync(deviceRanks('sanitized'), ['2', 'stalled'], {
      env: { ...process.env, ...environmentOf('nccl'), AUSPEX_STAND_IN_LEAKS: '1', AUSPEX_STAND_IN_STALL: '1' },
      encoding: 'utf8',
      timeout: 60_000,
    });
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
    assert.equal(stdout, 'as expected\n'.repeat(2));
  });

  it('lose a rank that is killed while streams are full of what waits for its call', () => {
    const { status, stdout, stderr } = spawnSync(deviceRanks('sanitized'), ['2', 'lost'], {
      env: { ...process.env, ...environmentOf('nccl'), AUSPEX_STAND_IN_LEAKS: '1', AUSPEX_STAND_IN_STALL: '1' },
      encoding: 'utf8',
      timeout: 60_000,
    });
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
    assert.equal(stdout, 'as expected\n');
  });

  for (const [mistake, complaint] of [
    ['no mark', /ncclAllGather reads 4000 bytes that cudaMemcpyAsync of another stream writes/],
    [
      'used early',
      /(cudaMemcpyAsync reads|ncclAllGather writes) 4000 bytes that (ncclAllGather|cudaMemcpyAsync) of another/,
    ],
    [
      'given back early',
      /(cudaMemcpyAsync writes|ncclAllGather reads) 4000 bytes that (ncclAllGather|cudaMemcpyAsync) of an/,
    ],
  ] as const) {
    it(`have a stand-in that notices memory out of the order of streams: ${mistake}`, () => {
      const { status, stderr } = spawnSync(deviceRanks('sanitized'), ['1', 'careless', mistake], {
        env: { ...process.env, ...environmentOf('nccl') },
        encoding: 'utf8',
        timeout: 60_000,
      });
      assert.equal(status, 1);
      assert.match(stderr, complaint);
    });
  }
});
