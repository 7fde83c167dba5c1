/** Damage of every kind is found, and named by file and tensor. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CheckpointEntry } from '../../checkpoints/open-checkpoint.ts';
import { openSafetensors } from '../../checkpoints/safetensors.ts';
import { sliceCheckpoint } from '../../checkpoints/slice.ts';
import { CheckpointStore } from '../../checkpoints/store.ts';
import { verifyCheckpoint } from '../../checkpoints/verify-checkpoint.ts';
import { shardingOf, stateOf, wholeOf, writeAll } from './sharded-contents.ts';

const STEP = 20;

describe('verifying a checkpoint', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'auspex-verify-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const layouts: Record<string, () => Promise<CheckpointEntry>> = {
    whole: () =>
      new CheckpointStore(path.join(root, 'whole')).save(STEP, { tensors: wholeOf(STEP), state: stateOf(STEP) }),
    shards: async () => {
      const store = new CheckpointStore(path.join(root, 'shards'));
      const files = await writeAll(await store.begin(STEP), STEP, 2);
      return store.publish(STEP, { files, state: stateOf(STEP), sharding: shardingOf(2) });
    },
    slices: async () => sliceCheckpoint(await layouts['shards']!(), path.join(root, 'slices'), { momentum: true }),
  };

  const damageOf = async (entry: CheckpointEntry) => (await verifyCheckpoint(entry)).damage;
  const pairs = async (entry: CheckpointEntry) => (await damageOf(entry)).map(({ file, tensor }) => [file, tensor]);

  for (const [layout, save] of Object.entries(layouts)) {
    it(`of ${layout}: a flipped byte is in the tensor where it is, and nowhere else`, async () => {
      const entry = await save();
      assert.deepEqual(await damageOf(entry), []);
      for (const file of readdirSync(entry.path).filter((name) => name.endsWith('.safetensors'))) {
        const good = readFileSync(path.join(entry.path, file));
        for (const [tensor, { begin, end }] of openSafetensors(path.join(entry.path, file)).entries) {
          for (const position of [begin, end - 1]) {
            const flipped = Buffer.from(good);
            flipped[position]! ^= 1;
            writeFileSync(path.join(entry.path, file), flipped);
            assert.deepEqual(await pairs(entry), [[file, tensor]]);
          }
        }
        writeFileSync(path.join(entry.path, file), good);
      }
    });

    it(`of ${layout}: any other file that is changed or missing is named, and so is one that is too many`, async () => {
      const entry = await save();
      for (const file of readdirSync(entry.path)) {
        const at = path.join(entry.path, file);
        const good = readFileSync(at);
        rmSync(at);
        assert.deepEqual(await pairs(entry), [[file, null]], `${file} is missing`);
        writeFileSync(at, Buffer.concat([Buffer.of(good[0]! ^ 1), good.subarray(1)]));
        if (file !== 'SHA256SUMS') assert.deepEqual(await pairs(entry), [[file, null]], `the first byte of ${file}`);
        else assert.notDeepEqual(await damageOf(entry), []);
        writeFileSync(at, good);
      }
      writeFileSync(path.join(entry.path, 'extra'), '');
      assert.deepEqual(await damageOf(entry), [
        { file: 'extra', tensor: null, problem: 'is not listed in SHA256SUMS' },
      ]);
    });
  }

  it('of a file that is cut names every tensor that is not whole', async () => {
    const entry = await layouts['whole']!();
    const file = path.join(entry.path, 'trunk.safetensors');
    const entries = [...openSafetensors(file).entries];
    const [last, beforeLast] = [entries.at(-1)!, entries.at(-2)!];
    writeFileSync(file, readFileSync(file).subarray(0, beforeLast[1].end - 1));
    assert.deepEqual(
      await pairs(entry),
      [beforeLast, last].map(([name]) => ['trunk.safetensors', name]),
    );
    assert.match((await damageOf(entry))[0]!.problem, /is cut off: it ends at byte \d+, and the file at byte \d+/);
  });

  it('without tensors.json, as earlier versions saved it, names the file', async () => {
    const entry = await layouts['whole']!();
    rmSync(path.join(entry.path, 'tensors.json'));
    const sums = readFileSync(path.join(entry.path, 'SHA256SUMS'), 'utf8');
    writeFileSync(path.join(entry.path, 'SHA256SUMS'), sums.replace(/^.* {2}tensors\.json\n/m, ''));
    assert.deepEqual(await damageOf(entry), []);
    const file = path.join(entry.path, 'head.safetensors');
    const bytes = readFileSync(file);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(file, bytes);
    const [damage] = await damageOf(entry);
    assert.deepEqual([damage!.file, damage!.tensor], ['head.safetensors', null]);
    assert.match(damage!.problem, /differs from its checksum.*cannot be told for want of tensors\.json/);
  });

  for (const [layout, file, change, expected] of [
    [
      'shards',
      'state.json',
      (text: string) => text.replace(/"elements": \d+/, '"elements": 96'),
      /tensor parameter\.\S+ is F32/,
    ],
    [
      'shards',
      'state.json',
      (text: string) => text.replace('"worldSize": 2', '"worldSize": 4'),
      /does not list shard-00000-of-00004|does not divide/,
    ],
    [
      'shards',
      'state.json',
      () => JSON.stringify({ step: STEP, sharding: { worldSize: 2 ** 31, flats: [] } }),
      /is of 2147483648 ranks, and the folder has 5 files/,
    ],
    [
      'slices',
      'model.safetensors.index.json',
      (text: string) => text.replace('stem.conv.weight', 'stem.other'),
      /lists other tensors/,
    ],
  ] as const) {
    it(`of ${layout}: ${file} that has a right checksum and does not fit the files is found`, async () => {
      const entry = await layouts[layout]!();
      const changed = change(readFileSync(path.join(entry.path, file), 'utf8'));
      writeFileSync(path.join(entry.path, file), changed);
      const sums = readFileSync(path.join(entry.path, 'SHA256SUMS'), 'utf8');
      const sha256 = createHash('sha256').update(changed).digest('hex');
      const fixed = sums.replace(new RegExp(`^.*  ${file}$`, 'm'), `${sha256}  ${file}`);
      writeFileSync(path.join(entry.path, 'SHA256SUMS'), fixed);
      const damage = await damageOf(entry);
      assert.equal(damage.length, 1);
      assert.match(damage[0]!.problem, expected);
    });
  }
});
