/** What a training leaves behind, and that it leaves the same however it was run. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { loadConfig } from '../../training/config/config.ts';
import { configOfRun } from '../../training/config/config-of-run.ts';
import { readMetrics, readRun } from '../../training/run/run-folder.ts';
import { train } from '../../training/train.ts';
import { outcome, runTraining, stopAfter, temporaryFolder, tinyConfig, writePhotos } from './tiny-training.ts';

const killable = path.join(import.meta.dirname, 'train-until-killed.ts');

describe('train', () => {
  const temporary = temporaryFolder();
  const data = path.join(temporary.path, 'photos');
  before(() => writePhotos(data, 20));
  after(() => temporary.remove());

  let runs = 0;
  const newRun = () => path.join(temporary.path, `run-${++runs}`);
  const trained = async (...set: string[]) => {
    const out = newRun();
    const { result } = await runTraining(tinyConfig(data, out, ...set));
    return outcome(out, result.checkpoint!);
  };

  it('writes the run folder, and tells what happens in order', async () => {
    const out = newRun();
    const config = tinyConfig(data, out, 'checkpoint.everyIterations=3', 'data.heldOutShare=0.2');
    const { events, result } = await runTraining(config);
    const steps = [1, 2, 3, 4, 5, 6, 7, 8];
    const told = events.map((event) => ('step' in event ? `${event.kind} ${event.step}` : event.kind));
    const isCheckpoint = (event: string) => event.startsWith('checkpoint');
    assert.deepEqual(
      told.filter((event) => !isCheckpoint(event) && !event.startsWith('processes')),
      ['start 0', ...steps.map((step) => `step ${step}`), 'quality 8'],
    );
    // After the first step, and some seconds apart.
    assert.equal(told[told.indexOf('step 1') + 1], 'processes 1');
    // They are written behind the steps, and told of when they are whole.
    assert.deepEqual(told.filter(isCheckpoint), ['checkpoint 3', 'checkpoint 6', 'checkpoint 8']);
    for (const step of [3, 6]) assert.ok(told.indexOf(`checkpoint ${step}`) > told.indexOf(`step ${step}`));
    const [start] = events;
    assert.ok(start?.kind === 'start');
    assert.deepEqual([start.total, start.images], [8, 16]);
    assert.ok(start.memory.arenaBytes > 0 && start.memory.persistentBytes > 0);

    const records = readMetrics(out);
    assert.deepEqual(
      records.map((record) => [record.kind, record.step]),
      [...steps.map((step) => ['step', step]), ['quality', 8]],
    );
    const last = records[7]!;
    assert.ok(last.kind === 'step' && Number.isFinite(last.loss) && last.gradientNorm! > 0);
    assert.equal(last.epoch, 4);
    const { quality, copyingShare, ...rest } = result;
    assert.ok(copyingShare! > 0 && copyingShare! < 1, `${copyingShare}`);
    assert.ok(quality!.effectiveRank >= 1);
    const checkpoint = path.join(out, 'checkpoints', 'step-00000008');
    assert.deepEqual(rest, { status: 'finished', out, steps: 8, loss: last.loss, checkpoint, skippedImages: 0 });
    assert.deepEqual(readdirSync(out).sort(), [
      'checkpoints',
      'config.yaml',
      'metrics.jsonl',
      'run.json',
      'skipped.jsonl',
      'vitals.json',
    ]);
    assert.equal(readRun(out)?.status, 'finished');
    assert.deepEqual(parse(readFileSync(path.join(out, 'config.yaml'), 'utf8')), { ...config });
    assert.deepEqual(loadConfig({ file: path.join(out, 'config.yaml') }), config);
  });

  it('learns: the loss of a few images falls', async () => {
    const out = newRun();
    await runTraining(tinyConfig(data, out, 'training.iterations=60', 'loss.prototypesFrozenIterations=0'));
    const losses = readMetrics(out).flatMap((record) => (record.kind === 'step' ? [record.loss!] : []));
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    assert.ok(mean(losses.slice(-10)) < mean(losses.slice(0, 10)) - 0.1, losses.join(' '));
  });

  it('gives the same bits for the same seed, however many threads load, and others for another seed', async () => {
    const expected = await trained();
    assert.deepEqual(await trained(), expected);
    assert.deepEqual(await trained('data.loaderThreads=3'), expected);
    assert.notEqual((await trained('training.seed=4')).trunk, expected.trunk);
  });

  describe('resumed', () => {
    for (const [title, ...set] of [
      ['a run that was stopped'],
      ['a run with a queue', 'loss.queueLength=12'],
      ['a run in bf16 with LARC', 'training.precision=bf16', 'optimizer.larc=true'],
    ] as const) {
      it(`${title} ends with the bits of one that was not`, async () => {
        const expected = await trained(...set);
        const out = newRun();
        const first = await stopAfter(3, tinyConfig(data, out, ...set));
        assert.deepEqual([first.result.status, first.result.steps], ['stopped', 3]);
        assert.equal(readRun(out)?.status, 'stopped');
        await stopAfter(6, configOfRun(out), { resume: true });
        const { events, result } = await runTraining(configOfRun(out), { resume: true });
        assert.deepEqual(
          [events[0]!.kind, 'step' in events[0]! && events[0].step, result.status],
          ['start', 6, 'finished'],
        );
        assert.deepEqual(outcome(out, result.checkpoint!), expected);
        assert.deepEqual(readRun(out)?.resumedFrom, [3, 6]);
      });
    }

    it('the queue takes part: without it the bits are others', async () => {
      const [without, withQueue] = [await trained(), await trained('loss.queueLength=12')];
      assert.notEqual(withQueue.trunk, without.trunk);
    });

    it('after kill -9 a run ends with the bits of one that was not killed', async () => {
      const set = ['training.iterations=14', 'checkpoint.everyIterations=3', 'data.heldOutShare=0.2'];
      const expected = await trained(...set);
      const out = newRun();
      const child = spawn(process.execPath, ['--import', 'tsx', killable, data, out, ...set], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let printed = '';
      for await (const chunk of child.stdout) {
        printed += chunk;
        // By then a slow machine may still be writing the checkpoint of step 6.
        if (/^8$/m.test(printed) && /^saved 6$/m.test(printed)) break;
      }
      child.kill('SIGKILL');
      if (child.signalCode === null) await once(child, 'exit');
      assert.equal(child.signalCode, 'SIGKILL');
      assert.equal(readRun(out)?.status, 'running');
      const { events, result } = await runTraining(configOfRun(out), { resume: true });
      const from = 'step' in events[0]! ? events[0].step : undefined;
      assert.ok(from === 6 || from === 9, `went on from ${from}`);
      assert.deepEqual(outcome(out, result.checkpoint!), expected);
    });

    it('a run that ended before its first checkpoint starts again', async () => {
      const out = newRun();
      for await (const event of train(tinyConfig(data, out))) if (event.kind === 'step' && event.step === 2) break;
      assert.ok(!existsSync(path.join(out, 'checkpoints')));
      assert.equal(readRun(out)?.status, 'stopped');
      const { result } = await runTraining(configOfRun(out), { resume: true });
      assert.deepEqual(outcome(out, result.checkpoint!), await trained());
    });

    it('a finished run stays as it is', async () => {
      const out = newRun();
      const { result } = await runTraining(tinyConfig(data, out));
      const before = outcome(out, result.checkpoint!);
      const again = await runTraining(configOfRun(out), { resume: true });
      assert.deepEqual([again.result.status, again.result.steps, again.result.loss], ['finished', 8, null]);
      assert.deepEqual(outcome(out, again.result.checkpoint!), before);
    });

    it('a run stopped before its first step has no checkpoint', async () => {
      const out = newRun();
      const { result } = await runTraining(tinyConfig(data, out), { signal: AbortSignal.abort() });
      assert.deepEqual([result.status, result.steps, result.checkpoint, result.loss], ['stopped', 0, null, null]);
      assert.equal((await runTraining(configOfRun(out), { resume: true })).result.status, 'finished');
    });
  });

  describe('quality', () => {
    it('records effective rank and kNN accuracy of held-out images, and folders are not labels if told so', async () => {
      const labelled = path.join(temporary.path, 'labelled');
      await writePhotos(labelled, 24, ['cats', 'dogs']);
      const set = ['data.heldOutShare=0.34', 'quality.everyIterations=4', 'quality.knn.k=3'];
      const out = newRun();
      const { result } = await runTraining(tinyConfig(labelled, out, ...set));
      const measured = readMetrics(out).filter((record) => record.kind === 'quality');
      assert.deepEqual(
        measured.map(({ step }) => step),
        [4, 8],
      );
      for (const { effectiveRank, knnAccuracy } of measured) {
        assert.ok(effectiveRank >= 1 && effectiveRank <= 8, `${effectiveRank}`);
        // One of 8 held-out images is the grain.
        assert.equal((knnAccuracy! * 8) % 1, 0);
      }
      assert.deepEqual(result.quality, measured[1]);

      const blind = await runTraining(tinyConfig(labelled, newRun(), ...set, 'data.labels=none'));
      assert.equal(blind.result.quality?.knnAccuracy, undefined);
      assert.ok(blind.result.quality!.effectiveRank >= 1);
    });

    it('says once that the loss is stuck at ln K, unless told not to', async () => {
      const set = ['schedule.start=1e-9', 'schedule.peak=1e-9', 'schedule.end=0', 'loss.temperature=1000'];
      const alarm = ['quality.collapseAlarm.afterIterations=3'];
      const warnings = async (...more: string[]) => {
        const { events } = await runTraining(tinyConfig(data, newRun(), ...set, ...alarm, ...more));
        return events.filter((event) => event.kind === 'warning');
      };
      const [warning, ...others] = await warnings();
      assert.match(warning?.message ?? '', /stayed at 3\.00 \(ln K is 3\.00 for 20 prototypes\)/);
      assert.deepEqual(others, []);
      assert.deepEqual(await warnings('quality.collapseAlarm.enabled=false'), []);
    });
  });
});
