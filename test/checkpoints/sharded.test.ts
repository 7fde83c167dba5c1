/** Checkpoints of several ranks: the same values whoever reads them, and whatever happens while they are written. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CheckpointError, type CheckpointErrorCode } from '../../checkpoints/errors.ts';
import { type LoadedCheckpoint, openReader } from '../../checkpoints/open-checkpoint.ts';
import { queueOfRank } from '../../checkpoints/queue-rows.ts';
import { readFlatRange, readQueue, readReplicated } from '../../checkpoints/read-shards.ts';
import { openSafetensors } from '../../checkpoints/safetensors.ts';
import { shardFile, writeReplicated, writeShard } from '../../checkpoints/shards.ts';
import { CheckpointStore } from '../../checkpoints/store.ts';
import { flatLayouts } from '../../program/flat-layout.ts';
import {
  flatOf,
  parameters,
  queueShape,
  replicatedOf,
  shardingOf,
  shardOf,
  stateOf,
  valuesOf,
  wholeOf,
  writeAll,
} from './sharded-contents.ts';

describe('checkpoints of several ranks', () => {
  let root: string;
  let folder: string;
  let store: CheckpointStore;
  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'auspex-shards-'));
    folder = path.join(root, 'checkpoints');
    store = new CheckpointStore(folder, { keepLast: 2 });
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const save = async (step: number, worldSize: number) => {
    const files = await writeAll(await store.begin(step), step, worldSize);
    return store.publish(step, { files, state: stateOf(step), sharding: shardingOf(worldSize) });
  };

  /** That the checkpoint looks as if one rank had saved it. */
  function assertWhole({ step, state, tensors }: LoadedCheckpoint): void {
    assert.deepEqual(state, stateOf(step));
    const expected = wholeOf(step);
    assert.deepEqual([...tensors.keys()].sort(), [...expected.keys()].sort());
    for (const [file, values] of expected) {
      const { entries, tensor } = tensors.get(file)!;
      assert.deepEqual([...entries.keys()].sort(), [...values.keys()].sort());
      for (const [name, { shape, data }] of values) {
        assert.deepEqual(entries.get(name)!.shape, shape, name);
        assert.deepEqual(Buffer.from(tensor(name).data), Buffer.from(data as Uint8Array), `${file}/${name}`);
      }
    }
  }

  async function assertRefused(action: Promise<unknown>, code: CheckpointErrorCode, message: RegExp): Promise<void> {
    await assert.rejects(action, (thrown: unknown) => {
      assert.ok(thrown instanceof CheckpointError, String(thrown));
      assert.equal(thrown.code, code, thrown.message);
      assert.match(thrown.message, message);
      return true;
    });
  }

  for (const saved of [1, 2, 3, 4]) {
    it(`of ${saved} look like those of one, tensor by tensor`, async () => {
      const entry = await save(20, saved);
      const loaded = await store.load();
      assertWhole(loaded);
      assert.deepEqual(loaded.tensors.get('trunk')!.metadata, { step: '20' });
      assert.equal(spawnSync('sha256sum', ['-c', 'SHA256SUMS'], { cwd: entry.path }).status, 0);
      assert.throws(() => loaded.tensors.get('head')!.tensor('no.such'), { code: 'TENSOR_NOT_FOUND' });
    });

    it(`of ${saved} are read by 1, 2, 3 and 5 ranks, each its own part and padding`, async () => {
      const entry = await save(20, saved);
      await assertReadBy(entry, [1, 2, 3, 5]);
    });
  }

  it('of one rank, saved without shards, are read by 2 and 3 in the same way', async () => {
    const entry = await store.save(20, { tensors: wholeOf(20), state: stateOf(20) });
    assert.equal((await openReader(entry)).sharding, undefined);
    await assertReadBy(entry, [2, 3]);
  });

  /** Ranks of other world sizes get their parts of every flat, of the queue, and what all share. */
  async function assertReadBy(entry: { step: number; path: string }, worldSizes: readonly number[]) {
    for (const worldSize of worldSizes) {
      for (let rank = 0; rank < worldSize; rank++) {
        const reader = await openReader(entry);
        for (const flat of flatLayouts(parameters, worldSize)) {
          const elements = flat.elements / worldSize;
          for (const kind of ['parameter', 'momentum'] as const) {
            const own = new Float32Array(elements).fill(Number.NaN);
            await readFlatRange(reader, flat, kind, rank * elements, (rank + 1) * elements, own);
            const expected = flatOf(flat, kind, 20).subarray(rank * elements, (rank + 1) * elements);
            assert.deepEqual(own, expected, `${kind} ${flat.name} of rank ${rank} of ${worldSize}`);
          }
        }
        const mean = await readReplicated(reader, 'trunk.stem.bn.running_mean');
        assert.deepEqual(
          new Float32Array(Uint8Array.from(mean.data).buffer),
          valuesOf('trunk.stem.bn.running_mean', [7], 20),
        );
        if (worldSize === 5) continue; // The queue's 24 rows do not divide.
        const queue = shardingOf(worldSize).queue!;
        assert.deepEqual(
          queueOfRank(await readQueue(reader), queue, rank, worldSize),
          queueOfRank(valuesOf('queue', queueShape, 20), queue, rank, worldSize),
        );
      }
    }
  }

  it('give any range of a flat, across shards and beyond the padding', async () => {
    const reader = await openReader(await save(20, 3));
    const flat = shardingOf(3).flats.find(({ name }) => name === 's1.b1')!;
    const whole = flatOf(flat, 'parameter', 20);
    const shard = flat.elements / 3;
    for (const [begin, end] of [
      [0, 0],
      [5, 6],
      [shard - 1, shard + 1],
      [1, 2 * shard + 7],
      [shard, 2 * shard],
      [flat.elements - 3, flat.elements + 40],
      [flat.elements + 1, flat.elements + 9],
    ] as const) {
      const into = new Float32Array(end - begin).fill(Number.NaN);
      await readFlatRange(reader, flat, 'parameter', begin, end, into);
      const expected = new Float32Array(end - begin);
      expected.set(whole.subarray(begin, end));
      assert.deepEqual(into, expected, `${begin} to ${end}`);
    }
  });

  it('of another network are refused by the name of the flat', async () => {
    const reader = await openReader(await save(20, 2));
    const [stem] = shardingOf(2).flats;
    const read = (flat: typeof stem) => readFlatRange(reader, flat!, 'parameter', 0, 1, new Float32Array(1));
    await assertRefused(read({ ...stem!, name: 's9.b9' }), 'CHECKPOINT_MISMATCH', /it has no flat s9\.b9/);
    const [weight] = stem!.parameters;
    const other = { ...stem!, parameters: [{ ...weight!, shape: [3, 7, 3, 3] }] };
    await assertRefused(read(other), 'CHECKPOINT_MISMATCH', /its flat stem has other parameters/);
  });

  it('say in state.json how they are divided, in a version that others do not take for theirs', async () => {
    const { path: saved } = await save(20, 2);
    const document = JSON.parse(readFileSync(path.join(saved, 'state.json'), 'utf8'));
    assert.deepEqual(document, { formatVersion: 2, step: 20, state: stateOf(20), sharding: shardingOf(2) });
    const { path: unsharded } = await store.save(30, { tensors: wholeOf(30), state: stateOf(30) });
    assert.equal(JSON.parse(readFileSync(path.join(unsharded, 'state.json'), 'utf8')).formatVersion, 1);
    assertWhole(await store.load(30));
  });

  describe('that are damaged', () => {
    it('are refused by the name of the file, and the older one that is good is named', async () => {
      await save(10, 3);
      const { path: latest } = await save(20, 3);
      for (const name of readdirSync(latest)) {
        const file = path.join(latest, name);
        const good = readFileSync(file);
        const flipped = Buffer.from(good);
        flipped[good.length >> 1]! ^= 1;
        writeFileSync(file, flipped);
        await assertRefused(store.load(), 'CHECKPOINT_DAMAGED', /step-00000020.*; step 10 is good/);
        if (name !== 'SHA256SUMS') await assertRefused(store.load(), 'CHECKPOINT_DAMAGED', new RegExp(`^${file}: `));
        rmSync(file);
        await assertRefused(store.load(), 'CHECKPOINT_DAMAGED', new RegExp(`${name}: cannot be read`));
        writeFileSync(file, good);
      }
      assertWhole(await store.load());
    });

    it('are noticed by a rank in the files that it reads, and in no others', async () => {
      const entry = await save(20, 4);
      const flat = shardingOf(4).flats.find(({ name }) => name === 's1.b1')!;
      const shard = flat.elements / 4;
      const file = path.join(entry.path, shardFile(2, 4));
      const bytes = readFileSync(file);
      bytes[bytes.length - 1]! ^= 1;
      writeFileSync(file, bytes);
      const reader = await openReader(entry);
      const read = (begin: number, end: number) =>
        readFlatRange(reader, flat, 'momentum', begin, end, new Float32Array(end - begin));
      await read(0, 2 * shard);
      await read(3 * shard, 4 * shard);
      await assertRefused(
        read(2 * shard - 1, 2 * shard + 1),
        'CHECKPOINT_DAMAGED',
        /shard-00002-of-00004\.safetensors: tensor \S+ differs/,
      );
    });
  });

  describe('when they are published', () => {
    const sharding = shardingOf(2);
    const attempt = async (spoil: (temporary: string) => Promise<void> | void, dropped = 0) => {
      await save(10, 2);
      const temporary = await store.begin(20);
      const files = await writeAll(temporary, 20, 2);
      await spoil(temporary);
      return store.publish(20, { files: files.slice(dropped), state: stateOf(20), sharding });
    };
    const cases: [string, Parameters<typeof attempt>, CheckpointErrorCode, RegExp][] = [
      [
        'a rank did not confirm',
        [() => {}, 1],
        'CHECKPOINT_WRITE_FAILED',
        /shard-00000-of-00002\.safetensors: .*no rank has confirmed/,
      ],
      [
        'a file is gone',
        [(at) => rmSync(path.join(at, shardFile(1, 2)))],
        'CHECKPOINT_WRITE_FAILED',
        /shard-00001-of-00002\.safetensors: .*not there/,
      ],
      [
        'a file is shorter',
        [(at) => truncateSync(path.join(at, shardFile(1, 2)), 100)],
        'CHECKPOINT_WRITE_FAILED',
        /shard-00001.* it has 100 bytes, and \d+ were confirmed/,
      ],
      [
        'a file is of another number of ranks',
        [async (at) => void (await writeShard(at, 2, 3, shardOf(20, 2, 3)))],
        'CHECKPOINT_WRITE_FAILED',
        /shard-00002-of-00003\.safetensors: .*belongs to no rank/,
      ],
    ];
    for (const [what, args, code, message] of cases) {
      it(`are refused where ${what}, and nothing is left`, async () => {
        await assertRefused(attempt(...args), code, message);
        await store.discard(20);
        assert.deepEqual(readdirSync(folder).sort(), ['latest', 'step-00000010']);
        assertWhole(await store.load());
        await save(20, 2);
        assertWhole(await store.load(20));
      });
    }

    it('are refused where a shard lacks a tensor or has one of another size, by its name', async () => {
      for (const [change, message] of [
        [
          (tensors: Map<string, unknown>) => tensors.delete('momentum.s1.b1'),
          /shard-00001-of-00002\.safetensors: lacks tensor momentum\.s1\.b1/,
        ],
        [
          (tensors: Map<string, unknown>) => tensors.set('parameter.stem', shardOf(20, 0, 1).get('parameter.stem')),
          /tensor parameter\.stem is F32 \[\d+\] and not \d+ elements/,
        ],
      ] as const) {
        const temporary = await store.begin(20);
        const tensors = shardOf(20, 1, 2);
        change(tensors);
        const files = [
          await writeShard(temporary, 0, 2, shardOf(20, 0, 2)),
          await writeShard(temporary, 1, 2, tensors),
          await writeReplicated(temporary, replicatedOf(20)),
        ];
        await assertRefused(store.publish(20, { files, state: {}, sharding }), 'CHECKPOINT_DAMAGED', message);
        assert.deepEqual(readdirSync(folder), []);
      }
    });

    it('cannot be seen before, and not at all if they are discarded', async () => {
      await save(10, 2);
      await writeAll(await store.begin(20), 20, 2);
      assert.deepEqual(
        (await store.list()).map(({ step }) => step),
        [10],
      );
      assertWhole(await new CheckpointStore(folder).load());
      await store.discard(20);
      assert.deepEqual(readdirSync(folder).sort(), ['latest', 'step-00000010']);
    });

    it('one is begun at a time, and a rank left over from an earlier one cannot write into the next', async () => {
      const earlier = await store.begin(10);
      await assert.rejects(store.begin(20), /step 10 is being saved/);
      await assert.rejects(store.save(20, { tensors: wholeOf(20), state: {} }), /step 10 is being saved/);
      await assert.rejects(store.publish(20, { files: [], state: {} }), /no save of step 20 was begun/);
      await store.discard(10);
      const next = await store.begin(10);
      await assertRefused(
        writeShard(earlier, 0, 2, shardOf(10, 0, 2)),
        'CHECKPOINT_WRITE_FAILED',
        /folder does not exist/,
      );
      assert.deepEqual(readdirSync(next), []);
    });
  });

  it('on a full disk: the rank says so, and the earlier one is intact', async function () {
    const disk = path.join(root, 'disk');
    mkdirSync(disk);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=160k', 'tmpfs', disk]).status !== 0) return this.skip();
    try {
      folder = path.join(disk, 'checkpoints');
      store = new CheckpointStore(folder, { keepLast: 2 });
      await save(10, 2);
      const temporary = await store.begin(20);
      const large = { dtype: 'U8', shape: [200_000], data: new Uint8Array(200_000) } as const;
      const full = writeShard(temporary, 1, 2, new Map([['large', large]]));
      await assertRefused(full, 'CHECKPOINT_WRITE_FAILED', /shard-00001-of-00002\.safetensors: .*the disk is full/);
      await store.discard(20);
      assert.deepEqual(readdirSync(folder).sort(), ['latest', 'step-00000010']);
      assertWhole(await store.load());
    } finally {
      spawnSync('umount', [disk]);
    }
  });

  describe('after kill -9', () => {
    const script = path.join(import.meta.dirname, 'save-shards-until-killed.ts');

    /** @returns operations of the last save, or undefined if it was killed. */
    function saveUntil(target: string, lastStep: number, operation: number): Promise<number | undefined> {
      return new Promise((resolve, reject) => {
        const args = ['--import', 'tsx', script, target, '2', String(lastStep), String(operation)];
        execFile(process.execPath, args, (error, stdout, stderr) => {
          if (!error) resolve(Number(stdout));
          else if (error.signal === 'SIGKILL') resolve(undefined);
          else reject(new Error(stderr, { cause: error }));
        });
      });
    }

    /** Kills at each of the last save's operations from `first` on. @returns steps that were the latest afterwards. */
    async function killAtEach(lastStep: number, first: (total: number) => number): Promise<number[]> {
      const total = await saveUntil(path.join(root, 'all'), lastStep, 0);
      assert.ok(total! > 25, `${total} operations`);
      const latest = new Set<number>();
      const operations = Array.from({ length: total! }, (_, i) => i + 1).filter((i) => i >= first(total!));
      const remaining = operations.values();
      const workOff = async () => {
        for (const operation of remaining) {
          const target = path.join(root, `killed-${operation}`);
          assert.equal(await saveUntil(target, lastStep, operation), undefined, `operation ${operation}: not reached`);
          const after = new CheckpointStore(target, { keepLast: 2 });
          const loaded = await after.load();
          assertWhole(loaded);
          latest.add(loaded.step);
          for (const { step } of await after.list()) assertWhole(await after.load(step));
          const files = await writeAll(await after.begin(40), 40, 3);
          await after.publish(40, { files, state: stateOf(40), sharding: shardingOf(3) });
          assertWhole(await after.load());
          const left = readdirSync(target).filter((name) => !/^(latest|step-\d+)$/.test(name));
          assert.deepEqual(left, [], `after operation ${operation}`);
          rmSync(target, { recursive: true });
        }
      };
      await Promise.all([workOff(), workOff()]);
      return [...latest].sort();
    }

    it('at any operation, the latest is whole and the next save clears up', async function () {
      this.timeout(240_000);
      assert.deepEqual(await killAtEach(30, () => 1), [20, 30], 'killed before and after it counted');
    });

    it('at any operation that puts it in place of one of the same step, one of the two is whole', async function () {
      this.timeout(240_000);
      assert.deepEqual(await killAtEach(20, (total) => total - 14), [20]);
    });
  });

  it('are written one file per rank, which any reader of safetensors can open', async () => {
    const { path: saved } = await save(20, 2);
    const { entries } = openSafetensors(path.join(saved, shardFile(1, 2)));
    const { flats } = shardingOf(2);
    assert.deepEqual(
      [...entries.keys()],
      [...flats.flatMap(({ name }) => [`parameter.${name}`, `momentum.${name}`]), 'queue'],
    );
    assert.ok(readdirSync(saved).every((name) => statSync(path.join(saved, name)).size > 0));
  });
});
