/** Slicing, re-sharding and merging: the same bits in every layout, and nothing that is half done. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CheckpointError, type CheckpointErrorCode } from '../../checkpoints/errors.ts';
import { mergeCheckpoint } from '../../checkpoints/merge.ts';
import {
  type CheckpointEntry,
  type LoadedCheckpoint,
  openCheckpoint,
  openReader,
} from '../../checkpoints/open-checkpoint.ts';
import { readFlatRange, readQueue, readReplicated } from '../../checkpoints/read-shards.ts';
import { reshardCheckpoint } from '../../checkpoints/reshard.ts';
import { openSafetensors } from '../../checkpoints/safetensors.ts';
import { requireResumable, sliceCheckpoint } from '../../checkpoints/slice.ts';
import { isLossScale } from '../../checkpoints/slices.ts';
import { CheckpointStore } from '../../checkpoints/store.ts';
import { flatOf, queueShape, shardingOf, stateOf, valuesOf, wholeOf, writeAll } from './sharded-contents.ts';
import { transformations } from './transformations.ts';

const STEP = 20;

describe('checkpoints from one layout to another', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'auspex-transform-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const place = (name: string) => path.join(root, name);

  /** A checkpoint of so many ranks; of 0, one that is not sharded. */
  async function save(worldSize: number): Promise<CheckpointEntry> {
    const store = new CheckpointStore(place(`saved-${worldSize}`));
    if (worldSize === 0) return store.save(STEP, { tensors: wholeOf(STEP), state: stateOf(STEP) });
    const files = await writeAll(await store.begin(STEP), STEP, worldSize);
    return store.publish(STEP, { files, state: stateOf(STEP), sharding: shardingOf(worldSize) });
  }

  const isModel = (file: string, name: string) => file !== 'optimizer' && name !== 'queue' && !isLossScale(name);

  function assertHolds({ step, state, tensors }: LoadedCheckpoint, wanted = (_file: string, _name: string) => true) {
    assert.equal(step, STEP);
    assert.deepEqual(state, stateOf(STEP));
    const found = [...tensors].flatMap(([file, { entries }]) => [...entries.keys()].map((name) => `${file}/${name}`));
    const expected: string[] = [];
    for (const [file, values] of wholeOf(STEP)) {
      for (const [name, { shape, data }] of values) {
        if (!wanted(file, name)) continue;
        expected.push(`${file}/${name}`);
        const tensor = tensors.get(file)!.tensor(name);
        assert.deepEqual(tensor.shape, shape, name);
        assert.deepEqual(Buffer.from(tensor.data), Buffer.from(data as Uint8Array), `${file}/${name}`);
      }
    }
    assert.deepEqual(found.sort(), expected.sort());
  }

  async function assertRefused(action: Promise<unknown>, code: CheckpointErrorCode, message: RegExp): Promise<void> {
    await assert.rejects(action, (thrown: unknown) => {
      assert.ok(thrown instanceof CheckpointError, String(thrown));
      assert.equal(thrown.code, code, thrown.message);
      assert.match(thrown.message, message);
      return true;
    });
  }

  for (const worldSize of [0, 1, 3, 4]) {
    const what = worldSize === 0 ? 'one that is not sharded' : `one of ${worldSize}`;

    it(`slice ${what} into a file for each layer, statistics beside their block`, async () => {
      const sliced = await sliceCheckpoint(await save(worldSize), place('sliced'));
      assertHolds(await openCheckpoint(sliced), isModel);
      const files = readdirSync(sliced.path)
        .filter((name) => name.endsWith('.safetensors'))
        .sort();
      const tensorsOf = (file: string) => [...openSafetensors(path.join(sliced.path, file)).entries.keys()].sort();
      assert.deepEqual(
        files,
        [1, 2, 3, 4].map((number) => `model-0000${number}-of-00004.safetensors`),
      );
      assert.deepEqual(tensorsOf(files[0]!), [
        'stem.bn.running_mean',
        'stem.bn.running_var',
        'stem.bn.weight',
        'stem.conv.weight',
      ]);
      assert.deepEqual(tensorsOf(files[1]!), ['s1.b1.conv1.conv.weight', 's1.b1.conv2.conv.weight']);
      assert.deepEqual(tensorsOf(files[2]!), ['head.0.bias', 'head.0.weight']);
      assert.deepEqual(tensorsOf(files[3]!), ['prototypes.weight']);
    });

    it(`slice, merge and re-shard ${what} with momentum and queue, and every way leads to the same bits`, async () => {
      const saved = await save(worldSize);
      const sliced = await sliceCheckpoint(saved, place('sliced'), { momentum: true });
      assertHolds(await openCheckpoint(sliced));
      const ways = { direct: saved, sliced };
      const merged: string[] = [];
      for (const [way, from] of Object.entries(ways)) {
        const whole = await mergeCheckpoint(from, place(`merged-${way}`));
        assertHolds(await openCheckpoint(whole));
        merged.push(...readdirSync(whole.path).sort());
        for (const ranks of [1, 2, 3]) {
          const resharded = await reshardCheckpoint(from, place(`${way}-${ranks}`), shardingOf(ranks));
          await assertSameAsSaved(resharded, ranks);
          await assertSameAsSaved(await reshardCheckpoint(resharded, place(`${way}-${ranks}-4`), shardingOf(4)), 4);
        }
      }
      const expected = [
        'SHA256SUMS',
        'head.safetensors',
        'optimizer.safetensors',
        'state.json',
        'tensors.json',
        'trunk.safetensors',
      ];
      assert.deepEqual(merged, [...expected, ...expected]);
    });
  }

  /** Shards have the very bytes that the ranks would have written, padding and rows of the queue included. */
  async function assertSameAsSaved(entry: CheckpointEntry, worldSize: number): Promise<void> {
    const store = new CheckpointStore(place(`expected-${worldSize}`));
    const files = await writeAll(await store.begin(STEP), STEP, worldSize);
    const expected = await store.publish(STEP, { files, state: stateOf(STEP), sharding: shardingOf(worldSize) });
    const names = readdirSync(expected.path);
    assert.deepEqual(readdirSync(entry.path).sort(), names.sort());
    for (const name of names.filter((file) => file.endsWith('.safetensors') || file === 'state.json')) {
      const [found, wanted] = [entry, expected].map((one) => readFileSync(path.join(one.path, name)));
      if (name === 'state.json') assert.equal(found!.toString(), wanted!.toString());
      else assertSameTensors(path.join(entry.path, name), path.join(expected.path, name));
    }
  }

  function assertSameTensors(one: string, other: string): void {
    const [found, wanted] = [openSafetensors(one), openSafetensors(other)];
    assert.deepEqual([...found.entries.keys()].sort(), [...wanted.entries.keys()].sort());
    for (const [name, { shape }] of wanted.entries) {
      assert.deepEqual(found.entries.get(name)!.shape, shape, `${one}: ${name}`);
      assert.ok(Buffer.from(found.tensor(name).data).equals(Buffer.from(wanted.tensor(name).data)), `${one}: ${name}`);
    }
  }

  it('write the index that other tools read: every tensor of the model, its file, and their bytes together', async () => {
    const { path: folder } = await sliceCheckpoint(await save(3), place('sliced'), { momentum: true });
    const index = JSON.parse(readFileSync(path.join(folder, 'model.safetensors.index.json'), 'utf8'));
    let bytes = 0;
    const names = [...wholeOf(STEP)].flatMap(([file, tensors]) =>
      [...tensors.keys()].filter((name) => isModel(file, name)),
    );
    assert.deepEqual(Object.keys(index.weight_map).sort(), names.sort());
    for (const [name, file] of Object.entries<string>(index.weight_map)) {
      const opened = openSafetensors(path.join(folder, file));
      assert.equal(opened.metadata['format'], 'pt');
      bytes += opened.tensor(name).data.byteLength;
    }
    assert.deepEqual(index.metadata, { total_size: bytes });
  });

  it('let any number of ranks read slices: their parts of every flat, the queue, the statistics', async () => {
    const sliced = await sliceCheckpoint(await save(2), place('sliced'), { momentum: true });
    requireResumable(await openCheckpoint(sliced));
    for (const worldSize of [1, 3]) {
      const reader = await openReader(sliced);
      for (const flat of shardingOf(worldSize).flats) {
        for (const kind of ['parameter', 'momentum'] as const) {
          const into = new Float32Array(flat.elements);
          await readFlatRange(reader, flat, kind, 0, flat.elements, into);
          assert.deepEqual(into, flatOf(flat, kind, STEP), `${kind} ${flat.name}`);
        }
      }
      assert.deepEqual(await readQueue(reader), valuesOf('queue', queueShape, STEP));
      const mean = await readReplicated(reader, 'trunk.stem.bn.running_mean');
      assert.deepEqual(
        new Float32Array(Uint8Array.from(mean.data).buffer),
        valuesOf('trunk.stem.bn.running_mean', [7], STEP),
      );
    }
  });

  it('refuse to resume from slices without momentum, to re-shard them, and to slice their momentum', async () => {
    const sliced = await sliceCheckpoint(await save(2), place('sliced'));
    const opened = await openCheckpoint(sliced);
    const message = /sliced without momentum.*Resume from the checkpoint/;
    assert.throws(() => requireResumable(opened), { code: 'CHECKPOINT_NOT_RESUMABLE', message });
    await assertRefused(reshardCheckpoint(sliced, place('again'), shardingOf(2)), 'CHECKPOINT_NOT_RESUMABLE', message);
    await assertRefused(
      sliceCheckpoint(sliced, place('again'), { momentum: true }),
      'CHECKPOINT_NOT_RESUMABLE',
      message,
    );
    assertHolds(await openCheckpoint(await mergeCheckpoint(sliced, place('merged'))), isModel);
    assert.deepEqual(readdirSync(root).sort(), ['merged', 'saved-2', 'sliced']);
  });

  it('refuse another network by the name of the tensor', async () => {
    const saved = await save(2);
    const sharding = shardingOf(2);
    const [stem, ...flats] = sharding.flats;
    const [weight, ...parameters] = stem!.parameters;
    const reshaped = { ...stem!, parameters: [{ ...weight!, shape: [3, 7, 3, 3] }, ...parameters] };
    const attempt = (changed: typeof sharding) => reshardCheckpoint(saved, place('other'), changed);
    await assertRefused(
      attempt({ ...sharding, flats: [reshaped, ...flats] }),
      'CHECKPOINT_MISMATCH',
      /trunk\/stem\.conv\.weight is F32/,
    );
    const renamed = { ...stem!, parameters: [{ ...weight!, name: 'trunk.s9.weight' }, ...parameters] };
    await assertRefused(
      attempt({ ...sharding, flats: [renamed, ...flats] }),
      'CHECKPOINT_MISMATCH',
      /lacks trunk\/s9\.weight/,
    );
    await assertRefused(
      attempt({ ...sharding, flats }),
      'CHECKPOINT_MISMATCH',
      /it has (trunk|optimizer)\/.*which the configuration has not/,
    );
    assert.deepEqual(readdirSync(root), ['saved-2']);
  });

  for (const [name, run] of Object.entries(transformations)) {
    it(`${name} overwrites nothing: no folder, no empty one, no file`, async () => {
      const saved = await save(2);
      mkdirSync(place('folder/inside'), { recursive: true });
      mkdirSync(place('empty'));
      writeFileSync(place('file'), 'kept');
      for (const target of ['folder', 'empty', 'file', 'saved-2']) {
        await assertRefused(run(saved, place(target)), 'CHECKPOINT_EXISTS', new RegExp(`${target}: exists already`));
      }
      assert.equal(readFileSync(place('file'), 'utf8'), 'kept');
      assert.deepEqual(readdirSync(root).sort(), ['empty', 'file', 'folder', 'saved-2']);
    });

    it(`${name} refuses a source with a flipped byte or a file that is missing, by its name, and leaves nothing`, async () => {
      const saved = await save(2);
      for (const file of readdirSync(saved.path)) {
        const good = readFileSync(path.join(saved.path, file));
        const flipped = Buffer.from(good);
        flipped[good.length - 2]! ^= 4;
        for (const bad of [flipped, good.subarray(0, good.length - 3), undefined]) {
          rmSync(path.join(saved.path, file));
          if (bad) writeFileSync(path.join(saved.path, file), bad);
          await assertRefused(
            run(saved, place('out')),
            'CHECKPOINT_DAMAGED',
            new RegExp(file === 'SHA256SUMS' ? '.' : file),
          );
          writeFileSync(path.join(saved.path, file), good);
        }
      }
      assert.deepEqual(readdirSync(root), ['saved-2']);
      await run(saved, place('out'));
    });

    it(`${name} twice at once: one is made, the other is told so, and nothing is left besides`, async () => {
      const saved = await save(2);
      const results = await Promise.allSettled([run(saved, place('out')), run(saved, place('out'))]);
      assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
      const failed = results.find((result) => result.status === 'rejected')!;
      assert.equal((failed.reason as CheckpointError).code, 'CHECKPOINT_EXISTS');
      assertHolds(await openCheckpoint({ step: STEP, path: place('out') }));
      assert.deepEqual(readdirSync(root).sort(), ['out', 'saved-2']);
    });
  }

  it('can be read to the end where the training removes the source meanwhile', async () => {
    const saved = await save(2);
    const onProgress = ({ phase }: { phase: string }) => {
      if (phase === 'write') rmSync(saved.path, { recursive: true, force: true });
    };
    const merged = await mergeCheckpoint(saved, place('merged'), { onProgress });
    assert.equal(existsSync(saved.path), false);
    assertHolds(await openCheckpoint(merged));
  });
});
