/** `auspex checkpoint` on the checkpoints of a real training. */
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { CheckpointDiff } from '../../../checkpoints/diff-checkpoints.ts';
import type { Inspection } from '../../../checkpoints/inspect-checkpoint.ts';
import type { CheckpointList, Pruned } from '../../../checkpoints/list-checkpoints.ts';
import { openSafetensors } from '../../../checkpoints/safetensors.ts';
import type { Transformed } from '../../../checkpoints/transform.ts';
import type { Verification } from '../../../checkpoints/verify-checkpoint.ts';
import { lockRunFolder } from '../../../training/run/run-lock.ts';
import {
  runTraining,
  stopAfter,
  temporaryFolder,
  tensorDigests,
  tinyConfig,
  writePhotos,
} from '../../training/tiny-training.ts';
import { ranksConfig, runRanked } from '../ranks/ranks-training.ts';
import { auspex, type CommandResult } from './run.ts';

describe('auspex checkpoint', function () {
  this.timeout(180_000);
  const temporary = temporaryFolder();
  const at = (...parts: string[]) => path.join(temporary.path, ...parts);
  const [run, data] = [at('run'), at('photos')];
  const config = (out: string) =>
    tinyConfig(data, out, 'checkpoint.everyIterations=2', 'checkpoint.keepLast=2', 'loss.queueLength=16');
  const checkpoint = (step: number, folder = run) => path.join(folder, 'checkpoints', `step-0000000${step}`);
  let uninterrupted: ReturnType<typeof tensorDigests>;

  before(async () => {
    await writePhotos(data, 16);
    await runTraining(config(at('uninterrupted')));
    uninterrupted = tensorDigests(checkpoint(8, at('uninterrupted')));
    await stopAfter(6, config(run));
  });
  after(() => temporary.remove());

  const command = (...args: string[]): CommandResult => auspex(['checkpoint', ...args]);
  function result<T>(...args: string[]): T {
    const done = command(...args, '--json');
    assert.equal(done.code, 0, done.stderr);
    return done.json<T>();
  }
  function assertFails(done: CommandResult, message: RegExp, code = 1): void {
    assert.equal(done.code, code, done.stdout);
    assert.match(done.stderr, message);
  }

  it('list: steps, sizes, ranks, which is complete, and why it is kept', () => {
    const { latest, checkpoints } = result<CheckpointList>('list', run);
    assert.equal(latest, 6);
    assert.deepEqual(
      checkpoints.map(({ step, layout, worldSize, status, kept }) => [step, layout, worldSize, status, kept]),
      [
        [4, 'whole', 1, 'complete', ['last']],
        [6, 'whole', 1, 'complete', ['latest', 'last']],
      ],
    );
    const bytes = readdirSync(checkpoint(6)).reduce(
      (sum, name) => sum + readFileSync(path.join(checkpoint(6), name)).length,
      0,
    );
    assert.equal(checkpoints[1]!.bytes, bytes);
    assert.match(
      command('list', run).stdout,
      /latest: step 6\n\nstep +size.*\n4 .* complete +last\n6 .* complete +latest, last\n$/,
    );
  });

  it('list: a file that is missing or cut makes it damaged, and is named', () => {
    const copy = at('damaged');
    cpSync(run, copy, { recursive: true });
    const file = path.join(checkpoint(4, copy), 'head.safetensors');
    writeFileSync(file, readFileSync(file).subarray(0, -5));
    rmSync(path.join(checkpoint(6, copy), 'trunk.safetensors'));
    const { checkpoints } = result<CheckpointList>('list', copy);
    assert.deepEqual(
      checkpoints.map(({ status }) => status),
      ['damaged', 'damaged'],
    );
    assert.match(checkpoints[0]!.problem!, /head\.safetensors: is truncated/);
    assert.match(checkpoints[1]!.problem!, /trunk\.safetensors: cannot be opened/);
  });

  it('inspect: tensors by file, their statistics, the configuration', () => {
    const { files, layout, step } = result<Inspection>('inspect', run, '--statistics');
    assert.deepEqual(
      [step, layout, files.map(({ name }) => name).sort()],
      [6, 'whole', ['head.safetensors', 'optimizer.safetensors', 'trunk.safetensors']],
    );
    const trunk = files.find(({ name }) => name === 'trunk.safetensors')!;
    const { entries, tensor } = openSafetensors(path.join(checkpoint(6), 'trunk.safetensors'));
    assert.deepEqual(
      trunk.tensors.map(({ name, shape }) => [name, shape]),
      [...entries].map(([name, { shape }]) => [name, shape]),
    );
    const stem = trunk.tensors.find(({ name }) => name === 'stem.conv.weight')!;
    const values = new Float32Array(Uint8Array.from(tensor('stem.conv.weight').data).buffer);
    assert.equal(stem.statistics!.max, Math.max(...values));
    assert.equal(stem.statistics!.min, Math.min(...values));
    assert.ok(Math.abs(stem.statistics!.norm - Math.hypot(...values)) < 1e-9);
    assert.deepEqual([stem.statistics!.numNan, stem.statistics!.numInfinite], [0, 0]);
    const { stdout } = command('inspect', run, '--config');
    assert.match(stdout, /stem\.conv\.weight +F32 +32 x 3 x 3 x 3\n/);
    assert.match(stdout, /\n {2}architecture:/);
  });

  it('verify: all checkpoints of a run are good; of a flipped byte file and tensor are named, with exit code 1', () => {
    const { checkpoints } = result<{ checkpoints: Verification[] }>('verify', run);
    assert.deepEqual(
      checkpoints.map(({ step, damage }) => [step, damage]),
      [
        [4, []],
        [6, []],
      ],
    );
    const copy = at('flipped');
    cpSync(run, copy, { recursive: true });
    const file = path.join(checkpoint(6, copy), 'optimizer.safetensors');
    const bytes = readFileSync(file);
    const name = 'momentum.trunk.s2.b1.conv2.conv.weight';
    bytes[openSafetensors(file).entries.get(name)!.begin + 5]! ^= 16;
    writeFileSync(file, bytes);
    const failed = command('verify', checkpoint(6, copy), '--json');
    assertFails(failed, new RegExp(`^error CHECKPOINT_DAMAGED: .*optimizer\\.safetensors, tensor ${name}: differs`));
    const [found] = failed.json<{ checkpoints: Verification[] }>().checkpoints;
    assert.deepEqual(found!.damage, [
      { file: 'optimizer.safetensors', tensor: name, problem: 'differs from its checksum' },
    ]);
    assert.match(
      command('verify', copy).stdout,
      /step-00000004: .*good\n.*step-00000006: .*damaged\n {2}optimizer\.safetensors, momentum/,
    );
  });

  it('diff: how far two steps are apart, and that another layout of one is the same', () => {
    const diff = result<CheckpointDiff>('diff', checkpoint(4), checkpoint(6));
    assert.equal(diff.bitEqual, false);
    const stem = diff.differences.find(({ name }) => name === 'trunk/stem.conv.weight')!;
    const [a, b] = [4, 6].map((step) => {
      const { data } = openSafetensors(path.join(checkpoint(step), 'trunk.safetensors')).tensor('stem.conv.weight');
      return [...new Float32Array(Uint8Array.from(data).buffer)];
    }) as [number[], number[]];
    const expected = Math.hypot(...a.map((value, i) => value - b[i]!)) / Math.hypot(...a);
    assert.ok(stem.kind === 'values' && Math.abs(stem.relativeL2! / expected - 1) < 1e-9);
    result('slice', run, '--out', at('sliced for diff'), '--momentum');
    const same = result<CheckpointDiff>('diff', run, at('sliced for diff'));
    assert.deepEqual([same.bitEqual, same.differences, same.sameState], [true, [], true]);
    assert.match(command('diff', run, at('sliced for diff')).stdout, /all tensors have the same bits/);
  });

  /** A run that goes on from what a command has made of its latest checkpoint. */
  function withCheckpoint(name: string, ...args: string[]): string {
    const copy = at(name);
    cpSync(run, copy, { recursive: true });
    const made = result<Transformed>(...args, '--out', at(`${name} made`));
    assert.equal(made.step, 6);
    rmSync(checkpoint(6, copy), { recursive: true });
    renameSync(made.path, checkpoint(6, copy));
    return copy;
  }

  for (const [name, ...args] of [
    ['resharded', 'reshard', '--ranks', '2'],
    ['sliced', 'slice', '--momentum'],
    ['merged', 'merge'],
  ] as const) {
    const what = `${name} checkpoint`;
    it(`a ${what}: one rank goes on from it with the same bits, and two ranks take it`, async () => {
      const [verb, ...options] = args;
      const copy = withCheckpoint(name, verb, run, ...options);
      const ranked = `${copy} on two`;
      cpSync(copy, ranked, { recursive: true });
      const { result: finished } = await runTraining(config(copy), { resume: true });
      assert.equal(finished.steps, 8);
      assert.deepEqual(tensorDigests(checkpoint(8, copy)), uninterrupted);
      const { result: onTwo } = await runRanked(
        ranksConfig(data, ranked, 'loss.queueLength=16', 'checkpoint.everyIterations=2', 'optimizer.larc=false'),
        { ranks: 2, resume: true },
      );
      assert.equal(onTwo.steps, 8);
      assert.equal(result<CheckpointList>('list', ranked).checkpoints.at(-1)!.worldSize, 2);
    });
  }

  it('reshard has the bits of what two ranks save, and refuses a number that does not divide the batch', async () => {
    const copy = at('ranked');
    await runRanked(ranksConfig(data, copy, 'training.iterations=2', 'loss.queueLength=16'), { ranks: 2 });
    result('reshard', copy, '--ranks', '4', '--out', at('four'));
    result('reshard', at('four'), '--ranks', '2', '--out', at('two'));
    const [latest] = readdirSync(path.join(copy, 'checkpoints')).filter((name) => name.startsWith('step-'));
    for (const file of readdirSync(at('two')).filter((name) => name.startsWith('shard-'))) {
      const [made, saved] = [at('two'), path.join(copy, 'checkpoints', latest!)].map((folder) =>
        openSafetensors(path.join(folder, file)),
      );
      assert.deepEqual([...made!.entries.keys()], [...saved!.entries.keys()]);
      for (const name of made!.entries.keys()) {
        assert.ok(
          Buffer.from(made!.tensor(name).data).equals(Buffer.from(saved!.tensor(name).data)),
          `${file}: ${name}`,
        );
      }
    }
    assertFails(command('reshard', run, '--ranks', '3', '--out', at('three')), /^error BAD_WORLD_SIZE/);
    assert.equal(existsSync(at('three')), false);
  });

  it('slices without momentum: embed takes them and gives the same bits, a resume is refused', () => {
    result('slice', run, '--out', at('slices'));
    for (const [name, from] of [
      ['run', run],
      ['slices', at('slices')],
    ] as const) {
      const done = auspex([
        'embed',
        '--checkpoint',
        from,
        '--images',
        data,
        '--size',
        '32',
        '--out',
        at(`${name}.safetensors`),
        '--layer',
        'projection',
      ]);
      assert.equal(done.code, 0, done.stderr);
    }
    assert.ok(readFileSync(at('run.safetensors')).equals(readFileSync(at('slices.safetensors'))));
    const copy = withCheckpoint('not resumable', 'slice', run);
    for (const ranks of ['1', '2']) {
      const resumed = auspex(['train', '--out', copy, '--resume', '--ranks', ranks]);
      assertFails(resumed, /^error CHECKPOINT_NOT_RESUMABLE: .*sliced without momentum.*--momentum/m);
    }
  });

  it('prune: by the policy or --keep, with a trial; never beside a training, never for a damaged latest', () => {
    const copy = at('pruned');
    cpSync(run, copy, { recursive: true });
    const steps = () => readdirSync(path.join(copy, 'checkpoints')).sort();
    const trial = result<Pruned>('prune', copy, '--keep', '1', '--dry-run');
    assert.deepEqual([trial.removed.map(({ step }) => step), trial.dryRun], [[4], true]);
    assert.deepEqual(steps(), ['latest', 'step-00000004', 'step-00000006']);
    assert.deepEqual(result<Pruned>('prune', copy).removed, [], 'the policy keeps two');
    const lock = lockRunFolder(copy);
    assertFails(command('prune', copy, '--keep', '1'), /^error RUN_FOLDER_LOCKED/);
    lock.release();
    const file = path.join(checkpoint(6, copy), 'trunk.safetensors');
    const good = readFileSync(file);
    writeFileSync(file, Buffer.concat([good.subarray(0, -1), Buffer.from([good.at(-1)! ^ 1])]));
    assertFails(command('prune', copy, '--keep', '1'), /^error CHECKPOINT_DAMAGED: .*nothing is removed/);
    writeFileSync(file, good);
    const pruned = result<Pruned>('prune', copy, '--keep', '1');
    assert.deepEqual(
      [pruned.removed.map(({ step }) => step), pruned.kept.map(({ because }) => because)],
      [[4], [['latest', 'last']]],
    );
    assert.deepEqual(steps(), ['latest', 'step-00000006']);
    assert.equal(existsSync(path.join(copy, 'run.lock')), false);
  });

  it('says what is missing: a folder, a checkpoint, a policy, an option', () => {
    mkdirSync(at('empty'));
    assertFails(command('inspect', at('nowhere')), /^error CHECKPOINT_NOT_FOUND: .*nowhere does not exist/);
    assertFails(command('verify', at('empty')), /^error CHECKPOINT_NOT_FOUND: .*no checkpoint yet/);
    assertFails(command('slice', at('empty'), '--out', at('x')), /^error CHECKPOINT_NOT_FOUND/);
    assertFails(command('prune', at('empty')), /^error USAGE: .*give --keep/, 2);
    assertFails(command('slice', run), /^error USAGE/, 2);
    assertFails(command('slice', run, '--out', run), /^error CHECKPOINT_EXISTS/);
    assertFails(command('polish', run), /^error USAGE: .*polish/, 2);
  });
});
