/** What every transport does when a rank is gone, stopped, late, or of another opinion. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { Communicator, hasGloo } from '../../../kernels/communicator.ts';
import { CollectiveError } from '../../../kernels/errors.ts';
import { environmentOf, TRANSPORTS, whyNot } from './operations.ts';
import { failures, here, performAll, type Rank, RankError, Ranks } from './ranks.ts';

/** Until all are in the middle of it. */
async function inTheMiddle(ranks: readonly Rank[]): Promise<void> {
  for (const rank of ranks) {
    while (((await rank.send({ kind: 'calls' })) as number) < 10)
      await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function repeat(ranks: readonly Rank[]): Promise<unknown>[] {
  const running = ranks.map((rank) => rank.send({ kind: 'repeat' }));
  for (const each of running) each.catch(() => undefined); // looked at later
  return running;
}

/** Fails unless the ranks can work together again. */
async function checkNew(ranks: Ranks, transport: (typeof TRANSPORTS)[number]): Promise<void> {
  const connected = await ranks.connect({ transport, regionBytes: 4096 });
  const operation = { kind: 'allGather', elements: 7, placement: 'all', channel: 'communication', seed: 1 } as const;
  await performAll(connected, [operation]);
}

for (const transport of TRANSPORTS) {
  describe(`failing collectives by ${transport}`, () => {
    let ranks: Ranks;
    before(function () {
      if (whyNot(transport)) this.skip();
      ranks = new Ranks(3, here(environmentOf(transport)));
    });
    after(() => ranks?.end());

    it('tells the others that a rank was killed, long before the deadline', async () => {
      const connected = await ranks.connect({ transport, timeoutSeconds: 600 });
      const running = repeat(connected);
      await inTheMiddle(connected);
      connected[1]!.process.kill('SIGKILL');
      const errors = await failures([running[0]!, running[2]!]);
      assert.deepEqual(
        errors.map(({ code }) => code),
        ['PEER_LOST', 'PEER_LOST'],
      );
      assert.deepEqual([errors[0]!.rank, errors[1]!.rank], [1, 1]);
      ranks.replace(1);
      await checkNew(ranks, transport);
    });

    it('times out when a rank is stopped, and the stopped one learns of it', async () => {
      const connected = await ranks.connect({ transport, timeoutSeconds: 0.5 });
      const running = repeat(connected);
      await inTheMiddle(connected);
      connected[2]!.process.kill('SIGSTOP');
      const errors = await failures(running.slice(0, 2));
      connected[2]!.process.kill('SIGCONT');
      const [own] = await failures([running[2]!]);
      const all = [...errors, own!];
      const texts = all.map(({ code, message }) => `${code} ${message}`);
      if (transport === 'shared-memory') {
        for (const text of texts) assert.match(text, /^TIMED_OUT Rank [01] waited 0.5 s for rank 2\.$/);
      } else {
        // The last word of a rank may be lost with its connection, and its neighbour then knows no more than that.
        assert.ok(
          texts.some((text) => text.startsWith('TIMED_OUT')),
          texts.join('\n'),
        );
        assert.ok(
          texts.every((text) => /^(TIMED_OUT|PEER_LOST)/.test(text)),
          texts.join('\n'),
        );
      }
      await checkNew(ranks, transport);
    });

    it('wakes all when a rank aborts, and refuses later calls', async () => {
      const connected = await ranks.connect({ transport });
      const waiting = connected.slice(0, 2).map((rank) => rank.send({ kind: 'repeat' }));
      for (const each of waiting) each.catch(() => undefined);
      await connected[2]!.send({ kind: 'abort', reason: 'the disk is full' });
      for (const error of await failures(waiting)) {
        if (transport.endsWith('gloo') && error.code === 'PEER_LOST') continue; // as above
        assert.equal(error.code, 'ABORTED');
        assert.equal(error.rank, 2);
        assert.equal(error.message, 'Rank 2 aborted: the disk is full.');
      }
      const [own] = await failures([connected[2]!.send({ kind: 'reduce without others', elements: 1 })]);
      assert.equal(own!.code, 'ABORTED');
      await checkNew(ranks, transport);
    });

    it('wakes a rank that waits for another than the one that aborts', async () => {
      const connected = await ranks.connect({ transport });
      // It gets the numbers of rank 2, and then waits for those of rank 1, who is alive and does not come.
      const waiting = connected.slice(0, 1).map((rank) => rank.send({ kind: 'reduce without others', elements: 512 }));
      for (const each of waiting) each.catch(() => undefined);
      const own = connected[2]!.send({ kind: 'reduce without others', elements: 512 });
      own.catch(() => undefined);
      await connected[2]!.send({ kind: 'abort', reason: 'enough' });
      const errors = await failures([...waiting, own]);
      assert.ok(errors.every(({ code }) => code === 'ABORTED' || (transport.endsWith('gloo') && code === 'PEER_LOST')));
    });

    it('wakes an own call that waits when it aborts', async () => {
      const connected = await ranks.connect({ transport });
      const waiting = connected[0]!.send({ kind: 'reduce without others', elements: 512 });
      waiting.catch(() => undefined);
      await connected[0]!.send({ kind: 'abort', reason: 'no more' });
      const [error] = await failures([waiting]);
      assert.equal(error!.code, 'ABORTED');
    });

    it('loses a rank that closes while another one waits for it', async () => {
      const connected = await ranks.connect({ transport });
      const waiting = connected[0]!.send({ kind: 'reduce without others', elements: 512 });
      waiting.catch(() => undefined);
      await connected[1]!.send({ kind: 'close' });
      const [error] = await failures([waiting]);
      assert.equal(error!.code, 'PEER_LOST');
      const [own] = await failures([connected[1]!.send({ kind: 'reduce without others', elements: 1 })]);
      assert.equal(own!.code, 'ABORTED');
    });

    it('lets ranks come late, within their time', async () => {
      const connected = await ranks.connect({ transport });
      const early = connected.slice(0, 2).map((rank) => rank.send({ kind: 'reduce without others', elements: 5 }));
      await new Promise((resolve) => setTimeout(resolve, 200));
      await Promise.all([...early, connected[2]!.send({ kind: 'reduce without others', elements: 5 })]);
    });

    it('refuses ranks that were opened differently', async () => {
      const open = async (rank: number, size: number, regionBytes: number): Promise<Uint8Array> => {
        const options = { transport, rank, size, regionBytes };
        return (await ranks.all[rank]!.send({ kind: 'open', options })) as Uint8Array;
      };
      const refused = async (addresses: readonly Uint8Array[]): Promise<string> => {
        const [error] = await failures([ranks.all[0]!.send({ kind: 'connect', addresses })]);
        assert.equal(error!.code, 'CANNOT_CONNECT');
        return error!.message;
      };
      const own = await open(0, 2, 64);
      assert.equal(await refused([own, await open(1, 2, 128)]), 'Rank 1 has a region of 128 bytes, this one of 64.');
      assert.equal(await refused([own, await open(1, 3, 64)]), 'Rank 1 was opened for 3 ranks, this one for 2.');
      assert.match(await refused([own, own]), /^The address of rank 1 is that of rank 0/);
      assert.match(await refused([own]), /^There are 1 addresses for 2 ranks/);
      assert.match(await refused([own, new Uint8Array(500)]), /^The address of rank 1 is no address/);
    });

    it('leaves no memory and no process behind', async () => {
      const before = readdirSync('/dev/shm');
      const others = new Ranks(2, here(environmentOf(transport)));
      const connected = await others.connect({ transport, regionBytes: 1 << 20 });
      repeat(connected);
      await inTheMiddle(connected);
      const ids = others.all.map(({ process: child }) => child.pid!);
      await others.end();
      assert.deepEqual(readdirSync('/dev/shm'), before);
      assert.ok(ids.every((id) => !existsSync(`/proc/${id}`)));
    });
  });
}

describe('collectives by gloo', () => {
  it('say how to get Gloo where the addon was built without it', function () {
    if (hasGloo()) this.skip();
    assert.throws(
      () => Communicator.open({ transport: 'gloo', rank: 0, size: 1 }),
      (error) => error instanceof CollectiveError && error.code === 'GLOO_MISSING' && /libgloo-dev/.test(error.message),
    );
  });

  it('refuse an address that is not of this machine', function () {
    if (!hasGloo()) this.skip();
    assert.throws(
      () => Communicator.open({ transport: 'gloo', rank: 0, size: 1, host: '198.51.100.1' }),
      (error) => error instanceof CollectiveError && error.code === 'CANNOT_OPEN',
    );
  });
});

describe('collectives in shared memory', () => {
  it('name both calls where ranks issue different ones', async () => {
    const ranks = new Ranks(2);
    try {
      const connected = await ranks.connect({ transport: 'shared-memory' });
      const errors = await failures(
        [4, 8].map((elements, rank) => connected[rank]!.send({ kind: 'reduce without others', elements })),
      );
      for (const error of errors) {
        assert.ok(error instanceof RankError);
        assert.equal(error.code, 'MISMATCHED');
        assert.match(error.message, /an all-reduce of f32 of 16 bytes/);
        assert.match(error.message, /an all-reduce of f32 of 32 bytes/);
      }
    } finally {
      await ranks.end();
    }
  });

  it('refuse a process that has ended before', async () => {
    const ranks = new Ranks(2);
    try {
      const [first, second] = ranks.all as [Rank, Rank];
      const options = { transport: 'shared-memory', size: 2 } as const;
      const addresses = [
        (await first.send({ kind: 'open', options: { ...options, rank: 0 } })) as Uint8Array,
        (await second.send({ kind: 'open', options: { ...options, rank: 1 } })) as Uint8Array,
      ];
      second.process.kill('SIGKILL');
      await second.ended;
      const [error] = await failures([first.send({ kind: 'connect', addresses })]);
      assert.equal(error!.code, 'CANNOT_CONNECT');
      assert.equal(error!.message, 'Rank 1 has ended.');
    } finally {
      await ranks.end();
    }
  });
});

describe('a communicator of one rank', () => {
  const refused = (promise: Promise<void>) =>
    assert.rejects(promise, (error) => error instanceof CollectiveError && error.code === 'INVALID_CALL');

  it('refuses what no rank could do', async () => {
    assert.throws(() => Communicator.open({ transport: 'shared-memory', rank: 1, size: 1 }), CollectiveError);
    assert.throws(() => Communicator.open({ transport: 'shared-memory', rank: 0, size: 0.5 }), CollectiveError);
    const communicator = Communicator.open({ transport: 'shared-memory', rank: 0, size: 1, regionBytes: 256 });
    await refused(communicator.barrier());
    await communicator.connect([communicator.address]);
    await refused(communicator.allGather(new Uint8Array(3), new Uint8Array(4)));
    await refused(communicator.reduceScatter(new Float32Array(3), new Float32Array(4)));
    await refused(communicator.allReduce(new Float32Array(3), { group: { first: 0, size: 2 } }));
    await refused(communicator.broadcast(new Uint8Array(1), 1));
    await communicator.barrier();
    communicator.close();
  });

  it('keeps its region while the array is held, and counts its calls', async () => {
    const communicator = Communicator.open({ transport: 'shared-memory', rank: 0, size: 1, regionBytes: 256 });
    await communicator.connect([communicator.address]);
    const { region } = communicator;
    assert.deepEqual(region, new Uint8Array(256));
    await communicator.allGather(Uint8Array.of(1, 2), region.subarray(8, 10));
    communicator.close();
    assert.deepEqual([...region.subarray(8, 10)], [1, 2]);
    assert.equal(communicator.statistics().communication.calls, 1);
  });
});
