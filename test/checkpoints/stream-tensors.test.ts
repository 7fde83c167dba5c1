/** A checkpoint that is verified and taken in one pass. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type CheckpointEntry, type LoadedCheckpoint, openCheckpoint } from '../../checkpoints/open-checkpoint.ts';
import { sliceCheckpoint } from '../../checkpoints/slice.ts';
import { CheckpointStore } from '../../checkpoints/store.ts';
import { bytesOf } from '../../checkpoints/tensor-map.ts';
import { verifyFile } from '../../checkpoints/verify-files.ts';
import { saveLarge } from './large-checkpoint.ts';
import { shardingOf, stateOf, wholeOf, writeAll } from './sharded-contents.ts';

const STEP = 20;

describe('loading a checkpoint in one pass', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'auspex-stream-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const shards = async (worldSize: number) => {
    const store = new CheckpointStore(path.join(root, 'shards'));
    const files = await writeAll(await store.begin(STEP), STEP, worldSize);
    return store.publish(STEP, { files, state: stateOf(STEP), sharding: shardingOf(worldSize) });
  };
  const layouts: Record<string, () => Promise<CheckpointEntry>> = {
    whole: () =>
      new CheckpointStore(path.join(root, 'whole')).save(STEP, { tensors: wholeOf(STEP), state: stateOf(STEP) }),
    'shards of 3': () => shards(3),
    slices: async () => sliceCheckpoint(await shards(2), path.join(root, 'slices'), { momentum: true }),
  };

  /** What came of each tensor; bytes that did not come are 255. */
  async function receive(entry: CheckpointEntry): Promise<Map<string, Uint8Array>> {
    const into = new Map<string, Uint8Array>();
    await openCheckpoint(entry, {
      receive: ({ map }) => {
        for (const [file, tensors] of map) {
          for (const [name, at] of tensors) into.set(`${file}/${name}`, new Uint8Array(bytesOf(at)).fill(255));
        }
        return ({ file, tensor }) => into.get(`${file}/${tensor}`)!;
      },
    });
    return into;
  }

  for (const [layout, save] of Object.entries(layouts)) {
    it(`gives every byte of every tensor of ${layout}`, async () => {
      const received = await receive(await save());
      const expected = [...wholeOf(STEP)].flatMap(([file, tensors]) =>
        [...tensors].map(([name, { data }]) => [`${file}/${name}`, Buffer.from(data as Uint8Array)] as const),
      );
      assert.deepEqual([...received.keys()].sort(), expected.map(([name]) => name).sort());
      for (const [name, data] of expected) assert.ok(data.equals(received.get(name)!), name);
    });

    it(`refuses ${layout} with a flipped byte in any file, whoever receives it`, async () => {
      const entry = await save();
      const refuse = (_: LoadedCheckpoint): never => {
        throw new Error('another network');
      };
      await assert.rejects(openCheckpoint(entry, { receive: refuse }), /another network/);
      for (const file of readdirSync(entry.path)) {
        const at = path.join(entry.path, file);
        const good = readFileSync(at);
        for (const position of [9, good.length >> 1, good.length - 2]) {
          const flipped = Buffer.from(good);
          flipped[position]! ^= 2;
          writeFileSync(at, flipped);
          await assert.rejects(receive(entry), { code: 'CHECKPOINT_DAMAGED' }, `${file}, byte ${position}`);
          await assert.rejects(openCheckpoint(entry, { receive: refuse }), { code: 'CHECKPOINT_DAMAGED' }, file);
        }
        writeFileSync(at, good);
      }
    });
  }

  it('reads large files in threads: the same bytes and checksums, damage, and a listener that throws', async function () {
    this.timeout(60_000);
    const entry = await saveLarge(new CheckpointStore(path.join(root, 'large')), STEP, 2);
    const [file] = readdirSync(entry.path).filter((name) => name.startsWith('shard-00001'));
    const bytes = readFileSync(path.join(entry.path, file!));
    const sums = new Map([[file!, createHash('sha256').update(bytes).digest('hex')]]);
    const one = { position: 9, into: new Uint8Array(3 * 2 ** 20) };
    const other = { position: bytes.length - 70 * 2 ** 20, into: new Uint8Array(70 * 2 ** 20) };
    let position = 0;
    const onBytes = (count: number) => {
      // Long enough for the thread to run ahead as far as it may.
      if (position === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
      position += count;
    };
    await verifyFile(entry.path, file!, sums, { onBytes, destinations: new Map([[file!, [one, other]]]) });
    assert.equal(position, bytes.length);
    for (const { position, into } of [one, other]) {
      assert.equal(Buffer.compare(into, bytes.subarray(position, position + into.length)), 0);
    }
    const received = await receive(entry);
    const { tensors } = await openCheckpoint(entry);
    for (const [file, { entries, tensor }] of tensors) {
      for (const name of entries.keys()) {
        assert.equal(Buffer.compare(tensor(name).data, received.get(`${file}/${name}`)!), 0, `${file}/${name}`);
      }
    }
    const fail = () => {
      throw new Error('enough');
    };
    await assert.rejects(verifyFile(entry.path, file!, sums, { onBytes: fail }), /enough/);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(path.join(entry.path, file!), bytes);
    await assert.rejects(openCheckpoint(entry), { code: 'CHECKPOINT_DAMAGED', message: new RegExp(file!) });
    await assert.rejects(receive(entry), { message: new RegExp(`${file}: tensor \\S+ differs`) });
  });
});
