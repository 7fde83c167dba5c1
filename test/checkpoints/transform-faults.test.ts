/** Slicing, merging and re-sharding where they are killed, where the disk refuses, and of what is larger than memory should be. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CheckpointError } from '../../checkpoints/errors.ts';
import { type CheckpointEntry, openCheckpoint } from '../../checkpoints/open-checkpoint.ts';
import { CheckpointStore } from '../../checkpoints/store.ts';
import { bundled } from '../bundled.ts';
import { LARGE_BYTES, saveLarge } from './large-checkpoint.ts';
import { shardingOf, stateOf, writeAll } from './sharded-contents.ts';
import { type Transformation, transformations } from './transformations.ts';

const STEP = 20;
const names = Object.keys(transformations) as Transformation[];

describe('checkpoints made of others', () => {
  let root: string;
  let saved: CheckpointEntry;
  beforeEach(async () => {
    root = mkdtempSync(path.join(tmpdir(), 'auspex-faults-'));
    const store = new CheckpointStore(path.join(root, 'checkpoints'));
    const files = await writeAll(await store.begin(STEP), STEP, 2);
    saved = await store.publish(STEP, { files, state: stateOf(STEP), sharding: shardingOf(2) });
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const scriptOf = (name: string) => bundled(path.join(import.meta.dirname, name));
  function child(script: string, args: readonly string[]): Promise<string | undefined> {
    return new Promise((resolve, reject) => {
      execFile(process.execPath, [script, ...args], (error, stdout, stderr) => {
        if (!error) resolve(stdout);
        else if (error.signal === 'SIGKILL') resolve(undefined);
        else reject(new Error(stderr, { cause: error }));
      });
    });
  }

  for (const name of names) {
    it(`${name}, after kill -9 at any operation: whole or not there, the source intact, and the next clears up`, async function () {
      this.timeout(240_000);
      const script = scriptOf('transform-until-killed.ts');
      const run = (target: string, operation: number) =>
        child(script, [name, saved.path, String(STEP), target, String(operation)]);
      const total = Number(await run(path.join(root, 'all', 'out'), 0));
      assert.ok(total > 20, `${total} operations`);
      const outcomes = new Set<boolean>();
      const operations = Array.from({ length: total }, (_, i) => i + 1).values();
      const workOff = async () => {
        for (const operation of operations) {
          const folder = path.join(root, `killed-${operation}`);
          const target = path.join(folder, 'out');
          mkdirSync(folder);
          assert.equal(await run(target, operation), undefined, `operation ${operation}: not reached`);
          outcomes.add(existsSync(target));
          if (existsSync(target)) await openCheckpoint({ step: STEP, path: target });
          const next = existsSync(target) ? 'next' : 'out';
          await transformations[name](saved, path.join(folder, next));
          await openCheckpoint({ step: STEP, path: path.join(folder, next) });
          const left = readdirSync(folder).filter((entry) => entry !== 'out' && entry !== 'next');
          assert.deepEqual(left, [], `after operation ${operation}`);
          rmSync(folder, { recursive: true });
        }
      };
      await Promise.all([workOff(), workOff()]);
      assert.deepEqual([...outcomes].sort(), [false, true], 'killed before and after it was there');
      await openCheckpoint(saved);
    });

    for (const [what, options, message] of [
      ['full', 'size=16k', /out: cannot be written: the disk is full; free some space/],
      ['read-only', 'size=16k,ro', /out: cannot be written: the disk is read-only/],
    ] as const) {
      it(`${name} to a disk that is ${what}: it says so, and leaves nothing`, async function () {
        const disk = path.join(root, 'disk');
        mkdirSync(disk);
        if (spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', disk]).status !== 0) return this.skip();
        try {
          await assert.rejects(transformations[name](saved, path.join(disk, 'out')), (thrown: unknown) => {
            assert.ok(thrown instanceof CheckpointError, String(thrown));
            assert.equal(thrown.code, 'CHECKPOINT_WRITE_FAILED');
            assert.match(thrown.message, message);
            return true;
          });
          assert.deepEqual(readdirSync(disk), []);
          await openCheckpoint(saved);
        } finally {
          spawnSync('umount', [disk]);
        }
      });
    }
  }

  for (const what of ['slice', 'reshard']) {
    it(`${what} in memory that does not grow with the checkpoint`, async function () {
      this.timeout(120_000);
      const large = await saveLarge(new CheckpointStore(path.join(root, 'large')), 30, 2);
      const output = await child(scriptOf('measure-transform.ts'), [what, large.path, '30', path.join(root, 'out')]);
      // Chunks, and what the collector has not yet freed of them; the largest layer alone is 100 MB, its momentum as much.
      assert.ok(Number(output) < LARGE_BYTES / 5, `grew by ${Number(output) / 1e6} MB of ${LARGE_BYTES / 1e6} MB`);
      process.stdout.write(
        `      grew by ${(Number(output) / 1e6).toFixed(0)} MB for ${(LARGE_BYTES / 1e6).toFixed(0)} MB\n`,
      );
    });
  }
});
