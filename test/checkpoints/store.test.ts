import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CheckpointError, type CheckpointErrorCode } from '../../checkpoints/errors.ts';
import { CheckpointStore } from '../../checkpoints/store.ts';
import { contentsOf } from './contents.ts';

describe('CheckpointStore', () => {
  let root: string;
  let folder: string;
  let store: CheckpointStore;
  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'auspex-store-'));
    folder = path.join(root, 'run', 'checkpoints');
    store = new CheckpointStore(folder, { keepLast: 2 });
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const steps = async () => (await store.list()).map((entry) => entry.step);
  const save = async (...list: number[]) => {
    for (const step of list) await store.save(step, contentsOf(step));
  };

  async function assertWhole(loaded: Awaited<ReturnType<CheckpointStore['load']>>, step = loaded.step): Promise<void> {
    const expected = contentsOf(step);
    assert.equal(loaded.step, step);
    assert.deepEqual(loaded.state, expected.state);
    const tensor = expected.tensors.get('trunk')!.get('stem.conv.weight')!;
    assert.deepEqual(
      Buffer.from(loaded.tensors.get('trunk')!.tensor('stem.conv.weight').data),
      Buffer.from(tensor.data as Uint8Array),
    );
    assert.ok(loaded.tensors.get('optimizer')?.entries.has('momentum.stem.conv.weight'));
  }

  async function assertRefused(action: Promise<unknown>, code: CheckpointErrorCode, message: RegExp): Promise<void> {
    await assert.rejects(action, (thrown: unknown) => {
      assert.ok(thrown instanceof CheckpointError, String(thrown));
      assert.equal(thrown.code, code);
      assert.match(thrown.message, message);
      return true;
    });
  }

  it('loads what it saved, the latest or any step', async () => {
    await save(10, 20);
    await assertWhole(await store.load(), 20);
    await assertWhole(await store.load(10), 10);
    assert.deepEqual((await store.load()).tensors.get('trunk')?.metadata, { architecture: 'tiny' });
  });

  it('takes any groups of tensors', async () => {
    const { tensors, ...contents } = contentsOf(1);
    await store.save(1, { ...contents, tensors: new Map([['trunk', tensors.get('trunk')!]]) });
    assert.deepEqual([...(await store.load()).tensors.keys()], ['trunk']);
  });

  it('writes checksums that sha256sum can check', async () => {
    await save(5);
    const check = spawnSync('sha256sum', ['-c', 'SHA256SUMS'], {
      cwd: path.join(folder, 'step-00000005'),
      encoding: 'utf8',
    });
    assert.equal(check.status, 0, check.stderr);
    assert.match(
      check.stdout,
      /trunk\.safetensors: OK\noptimizer\.safetensors: OK\ntensors\.json: OK\nstate\.json: OK/,
    );
  });

  it('keeps the last k and every nth', async () => {
    store = new CheckpointStore(folder, { keepLast: 2, keepEvery: 100 });
    await save(50, 100, 150, 200, 250, 300, 350);
    assert.deepEqual(await steps(), [100, 200, 300, 350]);
    assert.deepEqual(readdirSync(folder).sort(), [
      'latest',
      'step-00000100',
      'step-00000200',
      'step-00000300',
      'step-00000350',
    ]);
  });

  it('after resuming from an older step, keeps the new checkpoints and leaves the abandoned ones alone', async () => {
    await save(10, 20, 30);
    await save(15, 18);
    assert.deepEqual(await steps(), [15, 18, 20, 30]);
    await assertWhole(await store.load(), 18);
  });

  it('replaces a checkpoint of the same step', async () => {
    await save(10);
    await store.save(10, { ...contentsOf(10), state: 'second' });
    assert.equal((await store.load()).state, 'second');
    assert.deepEqual(readdirSync(folder).sort(), ['latest', 'step-00000010']);
  });

  it('runs saves one after another', async () => {
    await Promise.all([1, 2, 3, 4].map((step) => store.save(step, contentsOf(step))));
    assert.deepEqual(await steps(), [3, 4]);
    await assertWhole(await store.load(), 4);
  });

  it('says so when there is nothing to load', async () => {
    await assertRefused(store.load(), 'CHECKPOINT_NOT_FOUND', /there is no checkpoint yet/);
    await save(10, 20);
    await assertRefused(
      store.load(15),
      'CHECKPOINT_NOT_FOUND',
      /step-00000015: no such checkpoint; there are steps: 10, 20/,
    );
  });

  it('names the file with a flipped byte, wherever it is, and the older checkpoint that is good', async () => {
    await save(10, 20);
    const latest = path.join(folder, 'step-00000020');
    for (const name of readdirSync(latest)) {
      const file = path.join(latest, name);
      const good = readFileSync(file);
      for (const position of [0, Math.floor(good.length / 2), good.length - 1]) {
        const flipped = Buffer.from(good);
        flipped[position]! ^= 1;
        writeFileSync(file, flipped);
        await assertRefused(store.load(), 'CHECKPOINT_DAMAGED', /step-00000020.*; step 10 is good: .*step-00000010/);
        await assert.rejects(store.load(), (thrown: Error) => name === 'SHA256SUMS' || thrown.message.startsWith(file));
      }
      writeFileSync(file, good);
    }
    await assertWhole(await store.load(), 20);
    assert.equal(readFileSync(path.join(folder, 'latest'), 'utf8'), 'step-00000020\n');
  });

  it('goes back to the newest good checkpoint where that is asked for, and says what is damaged', async () => {
    store = new CheckpointStore(folder, { keepLast: 5 });
    await save(10, 20, 30);
    const whole = await store.loadNewestGood();
    assert.equal(whole.damage, undefined);
    await assertWhole(whole, 30);
    for (const step of [20, 30]) {
      const file = path.join(folder, `step-000000${step}`, 'trunk.safetensors');
      const bytes = readFileSync(file);
      bytes[bytes.length >> 1]! ^= 1;
      writeFileSync(file, bytes);
    }
    const older = await store.loadNewestGood();
    await assertWhole(older, 10);
    assert.match(
      older.damage!.message,
      /step-00000030\/trunk\.safetensors: differs from its checksum.*step 10 is good/,
    );
    // Saved again, it is good again.
    await save(30);
    await assertWhole(await store.loadNewestGood(), 30);
    rmSync(path.join(folder, 'step-00000010'), { recursive: true });
    rmSync(path.join(folder, 'step-00000030', 'state.json'));
    await assertRefused(store.loadNewestGood(), 'CHECKPOINT_DAMAGED', /no older checkpoint is good/);
  });

  it('says when a file is missing and nothing older is good', async () => {
    await save(10);
    rmSync(path.join(folder, 'step-00000010', 'optimizer.safetensors'));
    await assertRefused(
      store.load(),
      'CHECKPOINT_DAMAGED',
      /optimizer\.safetensors: cannot be read .*no older checkpoint is good/,
    );
  });

  it('refuses a pointer that points at nothing', async () => {
    await save(10);
    writeFileSync(path.join(folder, 'latest'), 'garbage');
    await assertRefused(
      store.load(),
      'CHECKPOINT_DAMAGED',
      /latest: names no checkpoint but "garbage"; step 10 is good/,
    );
    writeFileSync(path.join(folder, 'latest'), 'step-00000099');
    await assertRefused(store.load(), 'CHECKPOINT_NOT_FOUND', /step-00000099: no such checkpoint; there are steps: 10/);
  });

  describe('when a save cannot be written', () => {
    it('because a part of the path is a file', async () => {
      writeFileSync(path.join(root, 'file'), '');
      const blocked = new CheckpointStore(path.join(root, 'file', 'checkpoints'));
      await assertRefused(
        blocked.save(1, contentsOf(1)),
        'CHECKPOINT_WRITE_FAILED',
        /step-00000001: cannot be written: .*not a folder/,
      );
    });

    it('because a tensor is not what it says', async () => {
      await save(10);
      const wrong = new Map([['w', { dtype: 'F32', shape: [2], data: new Uint8Array(3) } as const]]);
      await assert.rejects(store.save(20, { tensors: new Map([['trunk', wrong]]), state: {} }), /tensor w has 3 bytes/);
      assert.deepEqual(readdirSync(folder).sort(), ['latest', 'step-00000010']);
      await assertWhole(await store.load(), 10);
      await save(20);
      await assertWhole(await store.load(), 20);
    });

    for (const [what, options, message] of [
      ['the disk is full', 'size=256k', /the disk is full; free some space/],
      ['the disk is read-only', 'remount,ro', /the disk is read-only; choose another folder/],
    ] as const) {
      it(`because ${what}: the earlier checkpoint is intact`, async function () {
        const disk = path.join(root, 'disk');
        mkdirSync(disk);
        const mount = (mountOptions: string) =>
          spawnSync('mount', ['-t', 'tmpfs', '-o', mountOptions, 'tmpfs', disk]).status === 0;
        if (!mount('size=256k')) return this.skip();
        try {
          store = new CheckpointStore(path.join(disk, 'checkpoints'));
          await save(10);
          const before = readdirSync(path.join(disk, 'checkpoints'));
          if (options !== 'size=256k' && !mount(options)) return this.skip();
          await assertRefused(store.save(20, contentsOf(20, 300_000)), 'CHECKPOINT_WRITE_FAILED', message);
          assert.deepEqual(readdirSync(path.join(disk, 'checkpoints')), before);
          await assertWhole(await store.load(), 10);
        } finally {
          spawnSync('umount', [disk]);
        }
      });
    }
  });

  describe('after kill -9', () => {
    const script = path.join(import.meta.dirname, 'save-until-killed.ts');
    const start = (...args: (string | number)[]) =>
      spawn(process.execPath, ['--import', 'tsx', script, folder, ...args.map(String)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });

    it('in the middle of a file, the one before is the latest and the next save clears up', async () => {
      const child = start(1, 4);
      child.stdout.resume();
      const [, signal] = await once(child, 'exit');
      assert.equal(signal, 'SIGKILL');
      const unfinished = readdirSync(folder).find((name) => name.startsWith('.tmp-step-00000004'));
      assert.ok(existsSync(path.join(folder, unfinished ?? '', 'trunk.safetensors')), 'it died while writing step 4');
      await assertWhole(await store.load(), 3);
      assert.deepEqual(await steps(), [2, 3]);
      await save(4);
      assert.deepEqual(readdirSync(folder).sort(), ['latest', 'step-00000003', 'step-00000004']);
    });

    it('at any moment, the latest is whole and not older than the last save that was reported', async () => {
      const seed = Date.now() % 1000;
      let step = 1;
      for (let trial = 0; trial < 8; trial++) {
        const child = start(step, 0);
        let output = '';
        child.stdout.on('data', (chunk) => {
          output += chunk;
        });
        await once(child.stdout, 'data');
        await new Promise((resolve) => setTimeout(resolve, (seed * (trial + 1) * 37) % 60));
        child.kill('SIGKILL');
        await once(child, 'close');
        const reported = Number(output.trimEnd().split('\n').at(-1));
        const loaded = await store.load();
        await assertWhole(loaded);
        assert.ok(loaded.step >= reported, `seed ${seed}, trial ${trial}: ${loaded.step} after ${reported}`);
        for (const entry of await store.list()) await assertWhole(await store.load(entry.step));
        step = loaded.step + 1;
      }
    });

    it('between the two renames of a replacement, the earlier one is still there', async () => {
      await save(10, 20);
      const target = path.join(folder, 'step-00000020');
      renameSync(target, `${target}.replaced`);
      await assertWhole(await store.load(), 20);
      await save(30);
      assert.deepEqual(await steps(), [20, 30]);
    });

    it('between the first checkpoint and its pointer, the checkpoint is found', async () => {
      await save(10);
      rmSync(path.join(folder, 'latest'));
      await assertWhole(await store.load(), 10);
    });

    it('between a checkpoint and its pointer, the pointer names the one before', async () => {
      await save(10);
      const pointer = readFileSync(path.join(folder, 'latest'));
      await save(20);
      writeFileSync(path.join(folder, 'latest'), pointer);
      await assertWhole(await store.load(), 10);
      await save(20);
      await assertWhole(await store.load(), 20);
    });
  });

  it('writes complete files only: none is empty', async () => {
    await save(10);
    for (const name of readdirSync(path.join(folder, 'step-00000010'))) {
      assert.ok(statSync(path.join(folder, 'step-00000010', name)).size > 0, name);
    }
  });
});
