/** The audit of a run: what it proves. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { digestOf } from '../../../data/digest.ts';
import { shuffledOrder } from '../../../data/order.ts';
import { positionsOfRows } from '../../../data/replay.ts';
import { type Audit, auditRun } from '../../../training/audit/audit-run.ts';
import { configOfRun } from '../../../training/config/config-of-run.ts';
import type { SkippedImage, StepRecord } from '../../../training/run/records.ts';
import { readSkipped } from '../../../training/run/run-folder.ts';
import { auspex } from '../../services/cli/run.ts';
import { runTraining, stopAfter, TINY, tinyConfig, writePhotos } from '../tiny-training.ts';
import { AUDITED, auditedRun, codesOf, readLines, rewrite, type Tampered, totals } from './audited-run.ts';

const killable = path.join(import.meta.dirname, '..', 'train-until-killed.ts');

describe('audit', () => {
  const { at, data, mixed, run, copyOf } = auditedRun();

  it('proves a run: skipped images, an epoch that is not over, images held out', async () => {
    const audit = await auditRun(run);
    assert.deepEqual([audit.verdict, audit.findings, audit.unproven], ['proven', [], []]);
    assert.deepEqual([audit.status, audit.step, audit.images, audit.checkpoint], ['finished', 8, 21, 8]);
    const { trained, skipped, missing, repeated } = totals(audit);
    assert.deepEqual([trained, missing, repeated], [8 * 8, 0, 0]);
    assert.ok(skipped > 0);
    assert.equal(trained + skipped, audit.position);
    const last = audit.epochs.at(-1)!;
    assert.ok(last.ahead! > 0, 'the last epoch is cut off');
    assert.equal(last.last * 21 + 21 - last.ahead!, audit.position);
  });

  it('proves a run of whole epochs in one line', async () => {
    const out = at('whole');
    await runTraining(tinyConfig(data, out, 'training.iterations=10'));
    const { verdict, epochs } = await auditRun(out);
    const none = { notApplied: 0, skipped: 0, unknown: 0, repeated: 0, missing: 0, ahead: 0 };
    assert.deepEqual([verdict, epochs], ['proven', [{ first: 0, last: 3, trained: 20, ...none }]]);
  });

  it('proves a run whose probe met images that cannot be used before their turn came', async () => {
    const labelled = at('labelled');
    await writePhotos(labelled, 20, ['cats', 'dogs']);
    for (let i = 0; i < 3; i++) await writeFile(path.join(labelled, 'cats', `bad-${i}.jpg`), 'not a picture');
    const out = at('probed');
    const { events } = await runTraining(tinyConfig(labelled, out, ...AUDITED, 'quality.everyIterations=1'));
    const audit = await auditRun(out);
    assert.deepEqual([audit.verdict, audit.findings], ['proven', []]);
    const entries = readLines<SkippedImage>(path.join(out, 'skipped.jsonl'));
    const probed = entries.filter(({ position }) => position === undefined).map(({ image }) => image);
    const drawn = entries.filter(({ position }) => position !== undefined).map(({ image }) => image);
    assert.ok(probed.some((image) => drawn.includes(image)));
    // Each is told once, and counts once.
    assert.equal(events.filter(({ kind }) => kind === 'skipped').length, 3);
    assert.equal(readSkipped(out).length, 3);
  });

  it('counts images of a step that was not applied', async () => {
    const out = at('not-finite');
    const diverging = ['schedule.start=1e30', 'schedule.peak=1e30', 'training.nanPolicy=skip', 'training.iterations=5'];
    await runTraining(tinyConfig(data, out, ...diverging));
    const audit = await auditRun(out);
    assert.equal(audit.verdict, 'proven');
    const notApplied = audit.epochs.reduce((sum, epoch) => sum + epoch.notApplied * (epoch.last - epoch.first + 1), 0);
    assert.ok(notApplied >= 8, `${notApplied}`);
  });

  it('proves a run that was stopped and resumed, and one that was stopped before its first step', async () => {
    const out = at('resumed');
    await stopAfter(2, tinyConfig(mixed, out, ...AUDITED));
    assert.equal((await auditRun(out)).verdict, 'proven');
    await stopAfter(5, configOfRun(out), { resume: true });
    await runTraining(configOfRun(out), { resume: true });
    const [audit, expected] = [await auditRun(out), await auditRun(run)];
    assert.deepEqual({ ...audit, out: run }, expected);

    const empty = at('empty');
    await runTraining(tinyConfig(data, empty), { signal: AbortSignal.abort() });
    const { verdict, step, epochs, checkpoint } = await auditRun(empty);
    assert.deepEqual([verdict, step, epochs, checkpoint], ['proven', 0, [], null]);
  });

  it('proves a run that was killed, as it lies there and after a resume', async () => {
    const out = at('killed');
    const args = ['--import', 'tsx', killable, mixed, out, ...AUDITED, 'training.iterations=14'];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    for await (const chunk of child.stdout) {
      printed += chunk;
      if (/^8$/m.test(printed)) break;
    }
    child.kill('SIGKILL');
    if (child.signalCode === null) await once(child, 'exit');
    const killed = await auditRun(out);
    assert.deepEqual([killed.status, killed.verdict, killed.findings], ['running', 'proven', []]);
    assert.ok(killed.checkpoint! <= killed.step && killed.step >= 8);
    await runTraining(configOfRun(out), { resume: true });
    const audit = await auditRun(out);
    assert.deepEqual([audit.verdict, audit.step, totals(audit).trained], ['proven', 14, 14 * 8]);
  });

  it('leaves out a last line that a kill cut off', async () => {
    const copy = copyOf();
    const file = path.join(copy, 'metrics.jsonl');
    writeFileSync(file, `${readFileSync(file, 'utf8')}{"kind":"st`);
    assert.equal((await auditRun(copy)).verdict, 'proven');
  });

  describe('of several ranks', () => {
    /** The run's records as N ranks would have written them: a digest for the rows of each. */
    const withRanks = (numRanks: number) => {
      const copy = copyOf();
      const order = shuffledOrder(21, 3);
      const file = path.join(copy, 'metrics.jsonl');
      const records = readLines<Tampered>(file).map((record) => {
        if (record.kind !== 'step') return record;
        const { positions } = positionsOfRows(record.position![0], 8, new Set(record.skipped));
        const samples = positions.map((position) => order.at(0, position));
        const rows = 8 / numRanks;
        const digests = Array.from({ length: numRanks }, (_, rank) => {
          const own = samples.slice(rank * rows, (rank + 1) * rows);
          return digestOf({ epochs: own.map(({ epoch }) => epoch), images: own.map(({ index }) => index) });
        });
        return { ...record, digests };
      });
      rewrite(file, records);
      return { copy, file, records };
    };

    it('proves each of them', async () => {
      for (const numRanks of [1, 2, 4]) assert.equal((await auditRun(withRanks(numRanks).copy)).verdict, 'proven');
    });

    it('names the rank that was fed something else', async () => {
      const { copy, file, records } = withRanks(4);
      const step = records[5] as Tampered;
      step.digests = step.digests!.with(2, step.digests![1]!);
      rewrite(file, records);
      const { findings } = await auditRun(copy);
      assert.deepEqual(
        findings.map(({ code, step }) => [code, step]),
        [['WRONG_DIGEST', 6]],
      );
      assert.match(findings[0]!.message, /step 6, rank 2: digest/);
    });

    it('refuses digests of ranks that cannot share a batch', async () => {
      const { copy, file, records } = withRanks(4);
      const step = records[0] as Tampered;
      step.digests = step.digests!.slice(1);
      rewrite(file, records);
      assert.deepEqual(codesOf(await auditRun(copy)), ['WRONG_DIGEST']);
    });
  });

  it('proves a run of two processes, as far as one process went on with it', async () => {
    const out = at('ranks');
    const config = at('tiny.json');
    writeFileSync(config, JSON.stringify(TINY));
    const trained = auspex([
      'train',
      config,
      '--data',
      mixed,
      '--out',
      out,
      '--ranks',
      '2',
      ...AUDITED.flatMap((key) => ['--set', key]),
    ]);
    assert.equal(trained.code, 0, trained.stderr);
    const records = readLines<StepRecord>(path.join(out, 'metrics.jsonl')).filter(({ kind }) => kind === 'step');
    assert.deepEqual(
      records.map(({ digests }) => digests?.length),
      new Array(8).fill(2),
    );
    const audit = await auditRun(out);
    assert.deepEqual({ ...audit, out: run }, await auditRun(run));

    // From the checkpoint before the last, as if the processes had been killed.
    const checkpoints = path.join(out, 'checkpoints');
    rmSync(path.join(checkpoints, 'step-00000008'), { recursive: true });
    writeFileSync(path.join(checkpoints, 'latest'), 'step-00000006\n');
    await runTraining(configOfRun(out), { resume: true });
    const resumed = readLines<StepRecord>(path.join(out, 'metrics.jsonl')).filter(({ kind }) => kind === 'step');
    assert.deepEqual(
      resumed.map(({ digests }) => digests?.length),
      [2, 2, 2, 2, 2, 2, 1, 1],
    );
    assert.deepEqual({ ...(await auditRun(out)), out: run }, await auditRun(run));
  });

  describe('from the command line', () => {
    it('prints a table and what is proven', () => {
      const { code, stdout } = auspex(['audit', run]);
      assert.equal(code, 0);
      assert.match(stdout, /: finished, 8 steps, \d+ images drawn from 21, newest checkpoint of step 8\n/);
      assert.match(stdout, /\nepoch +trained +skipped +not applied/);
      assert.match(stdout, /\n0-2 +19 +2 +0 +0 +0 +0 +0\n3 +7 +1 /);
      assert.match(stdout, /\nProven: /);
    });

    it('ends with 1 and the findings where something is wrong, as text and as JSON', () => {
      const copy = copyOf();
      const file = path.join(copy, 'metrics.jsonl');
      rewrite(file, readLines<Tampered>(file).toSpliced(3, 1));
      const text = auspex(['audit', copy]);
      assert.equal(text.code, 1);
      assert.match(text.stdout, /\nSTEP_MISSING: step 4 not recorded before step 5\n/);
      assert.match(
        text.stderr,
        /^error AUDIT_FAILED: .* STEP_MISSING, step 4 not recorded before step 5, and \d+ more\.\n$/,
      );
      const json = auspex(['audit', copy, '--json']);
      assert.equal(json.code, 1);
      const audit = json.json<Audit>();
      assert.equal(audit.verdict, 'wrong');
      assert.deepEqual(audit.findings[0], {
        code: 'STEP_MISSING',
        step: 5,
        message: 'step 4 not recorded before step 5',
      });
    });

    it('refuses a folder without a run', () => {
      const { code, stderr } = auspex(['audit', data]);
      assert.equal(code, 1);
      assert.match(stderr, /^error NO_RUN: /);
    });
  });
});
