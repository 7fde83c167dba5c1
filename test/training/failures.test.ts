/** What goes wrong in a training: one typed error that says what to do, and the last good checkpoint intact. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openCheckpoint } from '../../checkpoints/open-checkpoint.ts';
import { configOfRun } from '../../training/config/config-of-run.ts';
import { readMetrics, readRun, readSkipped } from '../../training/run/run-folder.ts';
import { withClaimedSize } from '../data/pictures.ts';
import {
  outcome,
  runTraining,
  stopAfter,
  temporaryFolder,
  tensorDigests,
  tinyConfig,
  writePhotos,
} from './tiny-training.ts';

describe('train: failures', () => {
  const temporary = temporaryFolder();
  const data = path.join(temporary.path, 'photos');
  before(() => writePhotos(data, 20));
  after(() => temporary.remove());

  let folders = 0;
  const newFolder = () => path.join(temporary.path, `folder-${++folders}`);
  const tensorsOf = (run: string, step: number) =>
    tensorDigests(path.join(run, 'checkpoints', `step-${String(step).padStart(8, '0')}`));
  const stoppedRun = async (step: number, ...set: string[]) => {
    const out = newFolder();
    await stopAfter(step, tinyConfig(data, out, ...set));
    return out;
  };
  const resume = (out: string) => runTraining(configOfRun(out), { resume: true });

  describe('numbers that are not finite', () => {
    // The first step throws the weights so far that the second cannot be computed.
    const blowUp = [
      'schedule.start=1e30',
      'schedule.peak=1e30',
      'checkpoint.everyIterations=1',
      'checkpoint.keepLast=9',
    ];

    it('end the run: the step is not applied, its images are named', async () => {
      const out = newFolder();
      await assert.rejects(runTraining(tinyConfig(data, out, ...blowUp)), (error: Error & { code: string }) => {
        assert.equal(error.code, 'NOT_FINITE');
        assert.match(error.message, /^In step 2 .*update was left out.*nanPolicy=skip/);
        const { images } = readMetrics(out)[1] as { images?: string[] };
        assert.equal(images?.length, 8);
        for (const image of images!) assert.ok(error.message.includes(image), image);
        assert.deepEqual([readRun(out)?.status, readRun(out)?.reason], ['failed', error.message]);
        return true;
      });
      assert.deepEqual(readdirSync(path.join(out, 'checkpoints')).sort(), ['latest', 'step-00000001']);
      await openCheckpoint({ step: 1, path: path.join(out, 'checkpoints', 'step-00000001') });
    });

    it('or leave the step out, if that is the policy: nothing that is kept changes', async () => {
      const out = newFolder();
      const set = [...blowUp, 'training.nanPolicy=skip', 'training.iterations=3', 'loss.queueLength=8'];
      const { events, result } = await runTraining(tinyConfig(data, out, ...set));
      assert.deepEqual([result.status, result.steps, result.loss], ['finished', 3, null]);
      const losses = readMetrics(out).map((record) => record.kind === 'step' && record.loss === null);
      assert.deepEqual(losses, [false, true, true]);
      const warnings = events.filter((event) => event.kind === 'warning').map(({ message }) => message);
      assert.equal(warnings.length, 2);
      assert.match(warnings[0]!, /^Step 2 was not applied/);
      assert.deepEqual(tensorsOf(out, 3), tensorsOf(out, 1));
    });
  });

  describe('a checkpoint', () => {
    for (const [title, written, changed, ...set] of [
      ['with another width', 'w0: 16', 'w0: 24'],
      ['with more blocks than the configuration', 'depth: 3', 'depth: 2'],
      ['with fewer prototypes', 'prototypes: 20', 'prototypes: 30'],
      ['without the queue', 'queueLength: 0', 'queueLength: 8'],
      ['with a queue that the configuration has not', 'queueLength: 8', 'queueLength: 0', 'loss.queueLength=8'],
    ] as const) {
      it(`${title} is refused, and stays`, async () => {
        const out = await stoppedRun(2, ...set);
        const before = tensorsOf(out, 2);
        const file = path.join(out, 'config.yaml');
        const text = readFileSync(file, 'utf8');
        assert.ok(text.includes(written));
        writeFileSync(file, text.replace(written, changed));
        await assert.rejects(resume(out), { code: 'CHECKPOINT_MISMATCH', message: /another architecture.*new run/ });
        assert.deepEqual(tensorsOf(out, 2), before);
        writeFileSync(file, text);
        assert.equal((await resume(out)).result.status, 'finished');
      });
    }

    it('with a flipped byte is refused by name, with the one before it that is good', async () => {
      const out = await stoppedRun(4, 'checkpoint.everyIterations=2');
      const file = path.join(out, 'checkpoints', 'step-00000004', 'trunk.safetensors');
      const bytes = readFileSync(file);
      bytes[bytes.length - 100]! ^= 1;
      writeFileSync(file, bytes);
      const message = /step-00000004\/trunk\.safetensors: tensor \S+ differs from its checksum.*step 2 is good/;
      await assert.rejects(resume(out), { code: 'CHECKPOINT_DAMAGED', message });
      assert.deepEqual(readMetrics(out).length, 4);
    });
  });

  describe('images', () => {
    const failing = (folder: string | undefined, ...set: string[]) => {
      const out = newFolder();
      const config = tinyConfig(folder ?? 'x', out, ...set);
      const given = folder === undefined ? { ...config, data: { ...config.data, path: null } } : config;
      return runTraining(given).finally(() => assert.equal(readRun(out)?.status ?? 'failed', 'failed'));
    };

    it('that are not there: no folder named, a missing one, an empty one, too few', async () => {
      await assert.rejects(failing(undefined), { code: 'NO_DATA', message: /--data/ });
      await assert.rejects(failing(path.join(data, 'nowhere')), { code: 'NO_SUCH_FOLDER', message: /nowhere/ });
      const empty = newFolder();
      mkdirSync(empty);
      await assert.rejects(failing(empty), { code: 'NO_IMAGES', message: /it is empty/ });
      const few = newFolder();
      await writePhotos(few, 7);
      const error = { code: 'TOO_FEW_IMAGES', message: /holds 7 images; a batch needs 8.*batchSize=N/ };
      await assert.rejects(failing(few), error);
      await writePhotos(few, 8);
      const heldOut = { code: 'TOO_FEW_IMAGES', message: /holds 8 images, 1 of them held out; a batch needs 8/ };
      await assert.rejects(failing(few, 'data.heldOutShare=0.2'), heldOut);
    });

    /** 16 photos, of which `bad` are broken in turn by each way. */
    async function mixedFolder(bad: number) {
      const folder = newFolder();
      await writePhotos(folder, 16);
      const names = readdirSync(folder).slice(2, 2 + bad);
      for (const [i, name] of names.entries()) {
        const file = path.join(folder, name);
        const good = readFileSync(file);
        const broken = [good.subarray(0, good.length / 2), Buffer.alloc(0), withClaimedSize(good, 30000, 30000)][
          i % 3
        ]!;
        writeFileSync(file, broken);
      }
      return { folder, names };
    }

    it('that are broken are skipped, listed once with the reason and counted, and the run goes on', async () => {
      const { folder, names } = await mixedFolder(3);
      writeFileSync(path.join(folder, 'notes.txt'), 'not an image');
      const set = ['data.maximumSkippedShare=0.25', 'training.iterations=6', 'data.heldOutShare=0.25'];
      const out = newFolder();
      const { events, result } = await runTraining(tinyConfig(folder, out, ...set));
      assert.equal(result.skippedImages, 4);
      const listed = readSkipped(out);
      assert.deepEqual(listed.map(({ image }) => image).sort(), ['notes.txt', ...names].sort());
      for (const { code, reason } of listed) assert.ok(code !== '' && reason !== '');
      const told = events.filter((event) => event.kind === 'skipped');
      assert.deepEqual(
        told.map(({ image, code, reason }) => ({ image, code, reason })),
        listed.map(({ image, code, reason }) => ({ image, code, reason })),
      );
      const again = newFolder();
      await runTraining(tinyConfig(folder, again, ...set));
      assert.deepEqual(readSkipped(again), listed);
    });

    it('that are broken too often end the run, at once in a small folder', async () => {
      const { folder } = await mixedFolder(9);
      const out = newFolder();
      const error = { code: 'TOO_MANY_SKIPPED', message: /of \d+ images could not be used.*0\.4.*first reasons/ };
      await assert.rejects(runTraining(tinyConfig(folder, out, 'data.maximumSkippedShare=0.4')), error);
      assert.deepEqual(readMetrics(out), []);
      assert.equal(readRun(out)?.status, 'failed');
      await runTraining(tinyConfig(folder, newFolder(), 'data.maximumSkippedShare=0.6'));
    });

    it('that are deleted while the run goes on are skipped; a resume says that the folder has changed', async () => {
      const folder = newFolder();
      await writePhotos(folder, 16);
      const out = newFolder();
      const config = tinyConfig(folder, out, 'training.iterations=12');
      const abort = new AbortController();
      const { result } = await runTraining(config, { signal: abort.signal }, (event) => {
        if (event.kind === 'step' && event.step === 2) rmSync(path.join(folder, 'photo-05.jpg'));
        if (event.kind === 'step' && event.step === 9) abort.abort();
      });
      assert.deepEqual([result.steps, result.skippedImages], [9, 1]);
      const [skip] = readSkipped(out);
      assert.deepEqual([skip?.image, skip?.code], ['photo-05.jpg', 'UNREADABLE']);
      const resumed = await resume(out);
      assert.equal(resumed.result.status, 'finished');
      const warning = resumed.events.find((event) => event.kind === 'warning');
      assert.match(warning?.message ?? '', /holds 15 images now, and held 16/);
    });
  });

  describe('the run folder', () => {
    const onDisk = (test: (disk: string, mount: (options: string) => boolean) => Promise<void>) =>
      async function (this: Mocha.Context) {
        const disk = newFolder();
        mkdirSync(disk);
        const mount = (options: string) =>
          spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', disk]).status === 0;
        if (!mount('size=4m')) return this.skip();
        try {
          await test(disk, mount);
        } finally {
          spawnSync('umount', [disk]);
        }
      };

    it(
      'on a full disk: the checkpoint before is good, and the run goes on when there is space',
      onDisk(async (disk, mount) => {
        const out = path.join(disk, 'run');
        const set = ['checkpoint.everyIterations=1', 'checkpoint.keepLast=1', 'training.iterations=4'];
        const expected = await runTraining(tinyConfig(data, path.join(newFolder(), 'run'), ...set));
        const onEvent = (event: { kind: string; step?: number }) => {
          // Room for the records of the next step and for no second checkpoint.
          if (event.kind === 'checkpoint' && event.step === 2) assert.ok(mount('remount,size=260k'));
        };
        const error = {
          code: 'CHECKPOINT_WRITE_FAILED',
          message: /step-00000003: cannot be written: the disk is full/,
        };
        await assert.rejects(runTraining(tinyConfig(data, out, ...set), {}, onEvent), error);
        assert.ok(readdirSync(path.join(out, 'checkpoints')).includes('step-00000002'));
        assert.ok(mount('remount,size=4m'));
        const { result } = await resume(out);
        const one = outcome(out, result.checkpoint!);
        assert.equal(one.trunk, outcome(expected.result.out, expected.result.checkpoint!).trunk);
      }),
    );

    it(
      'on a full disk from the start',
      onDisk(async (disk, mount) => {
        assert.ok(mount('remount,size=4k'));
        appendFileSync(path.join(disk, 'filler'), Buffer.alloc(4096));
        const config = tinyConfig(data, path.join(disk, 'run'));
        await assert.rejects(runTraining(config), { code: 'DISK_FULL', message: /the disk is full. Free space/ });
      }),
    );

    it(
      'on a read-only disk',
      onDisk(async (disk, mount) => {
        assert.ok(mount('remount,ro'));
        const config = tinyConfig(data, path.join(disk, 'run'));
        await assert.rejects(runTraining(config), { code: 'RUN_FOLDER_NOT_WRITABLE', message: /read-only.*--out/ });
      }),
    );

    it('where a file stands', async () => {
      const file = newFolder();
      writeFileSync(file, '');
      await assert.rejects(runTraining(tinyConfig(data, path.join(file, 'run'))), { code: 'RUN_FOLDER_FAILED' });
    });

    it('that holds a run already, finished or under way', async () => {
      const out = newFolder();
      await runTraining(tinyConfig(data, out), {}, async (event) => {
        if (event.kind !== 'step' || event.step !== 2) return;
        await assert.rejects(runTraining(tinyConfig(data, out)), { code: 'RUN_FOLDER_LOCKED' });
        await assert.rejects(resume(out), { code: 'RUN_FOLDER_LOCKED' });
      });
      await assert.rejects(runTraining(tinyConfig(data, out)), { code: 'RUN_EXISTS', message: /--resume/ });
      assert.equal(readMetrics(out).length, 8);
    });

    it('that holds none, or a configuration from a newer version', async () => {
      await assert.rejects(async () => resume(newFolder()), { code: 'CONFIG_UNREADABLE' });
      await assert.rejects(runTraining(tinyConfig(data, newFolder()), { resume: true }), { code: 'RUN_NOT_FOUND' });
      const out = await stoppedRun(1);
      const file = path.join(out, 'config.yaml');
      writeFileSync(file, readFileSync(file, 'utf8').replace('configVersion: 1', 'configVersion: 2'));
      await assert.rejects(async () => resume(out), { code: 'CONFIG_TOO_NEW', message: /newer Auspex.*update/ });
    });
  });
});
