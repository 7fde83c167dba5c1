/** `checkpoint.copyTo`: every checkpoint is copied while the training goes on, and a run that was lost goes on from a copy. */
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { auditRun } from '../../../training/audit/audit-run.ts';
import { CheckpointCopies } from '../../../training/checkpoints/checkpoint-copies.ts';
import { pullFrom, pushTo } from '../../../training/checkpoints/copy-checkpoint.ts';
import { loadEncoder } from '../../../training/checkpoints/load-encoder.ts';
import { loadConfig } from '../../../training/config/config.ts';
import { configOfRun } from '../../../training/config/config-of-run.ts';
import {
  EVALUATIONS_FILE,
  type EvaluationsRecord,
  readEvaluations,
} from '../../../training/evaluations/evaluation-records.ts';
import { lockRunFolder } from '../../../training/run/run-lock.ts';
import { randomNetwork, saveNetwork, saveSharded } from '../../checkpoints/random-checkpoint.ts';
import { ranksConfig, runRanked } from '../../services/ranks/ranks-training.ts';
import { outcome, runTraining, stopAfter, temporaryFolder, tinyConfig, writePhotos } from '../tiny-training.ts';

const SEED = 61;

describe('copies of checkpoints', () => {
  const temporary = temporaryFolder();
  const at = (...parts: string[]) => path.join(temporary.path, ...parts);
  const data = at('photos');
  before(() => writePhotos(data, 12));
  after(() => temporary.remove());

  it('a run whose folder is lost goes on from its copy with the same bits', async () => {
    const whole = await runTraining(tinyConfig(data, at('whole')));
    const copyTo = at('backup');
    const set = [`checkpoint.copyTo=${copyTo}`, 'checkpoint.everyIterations=2'];
    const { events } = await stopAfter(5, tinyConfig(data, at('lost'), ...set));
    assert.deepEqual(
      events.filter(({ kind }) => kind === 'warning'),
      [],
    );
    assert.ok(existsSync(path.join(copyTo, 'checkpoints', 'step-00000005', 'SHA256SUMS')));
    rmSync(at('lost'), { recursive: true });

    const { checkpoint, runFiles } = await pullFrom(copyTo, at('found'));
    assert.equal(checkpoint.step, 5);
    assert.deepEqual(runFiles, ['config.yaml', 'metrics.jsonl', 'skipped.jsonl', 'run.json']);
    const { result } = await runTraining(configOfRun(at('found')), { resume: true });
    assert.equal(result.status, 'finished');
    assert.deepEqual(outcome(at('found'), result.checkpoint!), outcome(at('whole'), whole.result.checkpoint!));
  });

  it('a place that cannot be written to is a warning, and the training ends as it would have', async () => {
    writeFileSync(at('in the way'), '');
    const { events, result } = await runTraining(
      tinyConfig(data, at('warned'), `checkpoint.copyTo=${at('in the way', 'below')}`),
    );
    assert.equal(result.status, 'finished');
    const warnings = events.flatMap((event) => (event.kind === 'warning' ? [event.message] : []));
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]!, /step 8 could not be copied to .*in the way.*auspex checkpoint push/);
  });

  for (const ranks of [1, 2]) {
    it(`a resume of ${ranks === 1 ? 'one rank' : `${ranks} ranks`} copies what the run before it could not`, async () => {
      const [out, copyTo] = [at(`stale-${ranks}`), at(`stale backup ${ranks}`)];
      const set = [`checkpoint.copyTo=${copyTo}`, 'training.iterations=2'];
      const train = (resume: boolean) =>
        ranks === 1
          ? runTraining(resume ? configOfRun(out) : tinyConfig(data, out, ...set), { resume })
          : runRanked(resume ? configOfRun(out) : ranksConfig(data, out, ...set), { ranks, resume });
      writeFileSync(copyTo, '');
      assert.equal((await train(false)).result.status, 'finished');
      rmSync(copyTo);
      assert.equal((await train(true)).result.status, 'finished');
      assert.equal(readFileSync(path.join(copyTo, 'checkpoints', 'latest'), 'utf8'), 'step-00000002\n');
      assert.equal((await pullFrom(copyTo, at(`fresh-${ranks}`))).checkpoint.step, 2);
    });
  }

  it('a run overwrites no copy of another, and a training that would is not begun', async () => {
    const copyTo = at('shared backup');
    const set = [`checkpoint.copyTo=${copyTo}`, 'training.iterations=2'];
    await runTraining(tinyConfig(data, at('first'), ...set));
    const before = bytesBelow(copyTo);
    const taken = { code: 'DESTINATION_TAKEN', message: /shared backup has the copy of another run/ };
    await assert.rejects(runTraining(tinyConfig(data, at('second'), ...set)), taken);
    assert.ok(!existsSync(at('second')));
    const ranked = ranksConfig(data, at('second on ranks'), ...set);
    await assert.rejects(runRanked(ranked, { ranks: 2 }), taken);
    await runTraining(tinyConfig(data, at('second'), 'training.iterations=2', 'training.seed=4'));
    await assert.rejects(pushTo(at('second'), copyTo), taken);
    assert.deepEqual(bytesBelow(copyTo), before);
    // The run whose copy it is goes on.
    await runTraining(configOfRun(at('first')), { resume: true });
    assert.equal((await pushTo(at('first'), copyTo)).isLatest, true);
  });

  it('a pull over a run that has come less far brings its records, too', async () => {
    const [copy, out] = [at('further backup'), at('less far')];
    await stopAfter(3, tinyConfig(data, out));
    cpSync(out, at('further'), { recursive: true });
    await runTraining(configOfRun(at('further')), { resume: true });
    await pushTo(at('further'), copy);
    const { checkpoint, runFiles } = await pullFrom(copy, out);
    assert.deepEqual([checkpoint.step, runFiles.includes('metrics.jsonl')], [8, true]);
    const { verdict, findings, step } = await auditRun(out);
    assert.deepEqual([verdict, findings, step], ['proven', [], 8]);
    assert.deepEqual((await pullFrom(copy, out)).runFiles, []);
  });

  it('what evaluations have found goes along', async () => {
    const [run, copy, out] = [at('evaluated'), at('evaluated backup'), at('evaluated found')];
    await runTraining(tinyConfig(data, run, 'training.iterations=1'));
    const evaluation: EvaluationsRecord = {
      ...{ kind: 'evaluation', name: 'faces', protocol: 'knn', step: 1, status: 'finished', out: 'evaluations/faces' },
      ...{ metrics: [], seconds: 1, time: '2026-01-01T00:00:00.000Z' },
    };
    writeFileSync(path.join(run, EVALUATIONS_FILE), `${JSON.stringify(evaluation)}\n`);
    await pushTo(run, copy);
    await pullFrom(copy, out);
    assert.deepEqual(readEvaluations(out), [evaluation]);
  });

  it('a pull writes neither into a folder that is in use, nor over another run', async () => {
    const [copy, out] = [at('one backup'), at('in use')];
    await runTraining(tinyConfig(data, at('one'), 'training.iterations=2'));
    await pushTo(at('one'), copy);
    mkdirSync(out);
    const lock = lockRunFolder(out);
    await assert.rejects(pullFrom(copy, out), { code: 'RUN_FOLDER_LOCKED' });
    lock.release();
    assert.deepEqual(readdirSync(out), []);
    await runTraining(tinyConfig(data, at('another'), 'training.iterations=1'));
    const before = bytesBelow(at('another'));
    await assert.rejects(pullFrom(copy, at('another')), {
      code: 'RUN_EXISTS',
      message: /another holds another run than/,
    });
    assert.deepEqual(bytesBelow(at('another')), before);
  });

  it('several ranks: their coordinator copies', async () => {
    const copyTo = at('ranks backup');
    const config = ranksConfig(data, at('ranks'), `checkpoint.copyTo=${copyTo}`, 'training.iterations=2');
    const { result } = await runRanked(config, { ranks: 2 });
    assert.equal(result.status, 'finished');
    const { checkpoint } = await pullFrom(copyTo, at('ranks found'));
    assert.deepEqual(readdirSync(checkpoint.path).sort(), readdirSync(result.checkpoint!).sort());
    assert.ok(readdirSync(checkpoint.path).includes('shard-00001-of-00002.safetensors'));
  });

  it('an address that cannot be is found before the training', () => {
    const values = { checkpoint: { copyTo: 'gs://bucket' } };
    assert.throws(() => loadConfig({ values }), { code: 'CONFIG_INVALID_VALUE', message: /copyTo.*s3:\/\/BUCKET/s });
  });

  describe('while they are made', () => {
    const network = randomNetwork(SEED);
    const warnings: string[] = [];
    let run = 0;
    let folder = '';
    beforeEach(() => {
      warnings.length = 0;
      folder = at(`copied-${run++}`);
      mkdirSync(folder);
    });
    const copies = (address: string, pauses: number[]) =>
      new CheckpointCopies({ address, run: folder, pauses, onWarning: (message) => warnings.push(message) });
    const save = async (step: number) => ({
      step,
      path: await saveNetwork(path.join(folder, 'checkpoints'), step, network),
    });

    it('of those that wait only the newest is copied', async () => {
      const copier = copies(at('newest'), []);
      const entries = [await save(1), await save(2)];
      copier.published(entries[0]!);
      copier.published({ step: 7, path: 'nowhere' });
      copier.published(entries[1]!);
      await copier.finish();
      assert.deepEqual(readdirSync(at('newest', 'checkpoints')).sort(), ['latest', 'step-00000001', 'step-00000002']);
      assert.equal(readFileSync(at('newest', 'checkpoints', 'latest'), 'utf8'), 'step-00000002\n');
      assert.deepEqual(warnings, []);
    });

    it('one that was removed before its turn is a warning, not tried for ever', async () => {
      const copier = copies(at('removed'), [60_000]);
      const entry = await save(1);
      rmSync(entry.path, { recursive: true });
      copier.published(entry);
      await copier.finish();
      assert.equal(warnings.length, 1);
      assert.match(warnings[0]!, /step 1 was not copied/);
    });

    it('one that is published in the moment in which the last copy ends is copied, too', async () => {
      const second = await save(2);
      for (let turns = 0; turns < 8; turns++) {
        const address = at(`moment-${turns}`);
        const copier = await new Promise<CheckpointCopies>((resolve) => {
          const onWarning = async () => {
            for (let turn = 0; turn < turns; turn++) await undefined;
            copier.published(second);
            resolve(copier);
          };
          const copier = new CheckpointCopies({ address, run: folder, pauses: [], onWarning });
          copier.published({ step: 1, path: 'nowhere' });
        });
        await copier.finish();
        assert.equal(
          readFileSync(path.join(address, 'checkpoints', 'latest'), 'utf8'),
          'step-00000002\n',
          `${turns} turns`,
        );
      }
    });
  });

  for (const ranks of [1, 3]) {
    it(`a checkpoint of ${ranks === 1 ? 'one rank' : `${ranks} ranks`} alone is pushed and pulled without a run`, async () => {
      const network = randomNetwork(SEED);
      const [run, copy, out] = [at(`alone-${ranks}`), at(`alone-copy-${ranks}`), at(`alone-out-${ranks}`)];
      const folder = await (ranks === 1 ? saveNetwork(run, 4, network) : saveSharded(run, 4, network, ranks));
      const { step, isLatest } = await pushTo(folder, copy);
      assert.deepEqual([step, isLatest], [4, true]);
      const pulled = await pullFrom(copy, out);
      assert.deepEqual(pulled.runFiles, []);
      const views = new Uint8Array(32 * 32 * 3).fill(90);
      const embed = async (source: string) =>
        (await loadEncoder(source, { size: 32, batchSize: 1, precision: 'fp32' })).embed(views);
      assert.deepEqual(await embed(out), await embed(run));
    });
  }
});

/** Every file below a folder, by its name there. */
function bytesBelow(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  const files = names.filter((name) => statSync(path.join(folder, name)).isFile());
  return Object.fromEntries(files.map((name) => [name, readFileSync(path.join(folder, name), 'base64')]));
}
