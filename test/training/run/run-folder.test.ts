import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parse } from 'yaml';
import { JsonLinesWriter } from '../../../training/run/json-lines.ts';
import type { StepRecord } from '../../../training/run/records.ts';
import { replaceRunFile } from '../../../training/run/replace-run-file.ts';
import { RunError, runFileError } from '../../../training/run/run-errors.ts';
import { openRunFolder, readMetrics, readRun, readSkipped } from '../../../training/run/run-folder.ts';

const hasCode = (code: string) => (error: unknown) => error instanceof RunError && error.code === code;
const runFolderModule = path.join(import.meta.dirname, '..', '..', '..', 'training', 'run', 'run-folder.ts');

describe('run folder', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'auspex-run-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const begin = {
    config: { seed: 1, optimiser: { momentum: 0.9 } },
    versions: { auspex: '0.1.0' },
    step: 0,
    numImages: 10,
  };
  const stepRecord = (step: number): StepRecord => ({
    kind: 'step',
    step,
    epoch: step / 10,
    loss: 5 - step / 100,
    learningRate: 0.1,
    imagesPerSecond: 40,
    dataWaitShare: 0.01,
    prototypeEntropy: 0.9,
    prototypesUsed: 100,
    time: '2024-01-01T00:00:00.000Z',
  });
  const train = async (first: number, last: number, mode: 'new' | 'resume', from = 0) => {
    const run = openRunFolder(folder, mode);
    await run.begin({ ...begin, step: from });
    for (let step = first; step <= last; step++) run.record(stepRecord(step));
    return run;
  };
  const steps = () => readMetrics(folder).map((record) => record.step);

  it('keeps records, config, skipped images and how the run ended', async () => {
    const run = await train(1, 3, 'new');
    run.record({ kind: 'quality', step: 3, effectiveRank: 7.5, time: '2024-01-01T00:00:00.000Z' });
    run.skip({ step: 2, image: 'a\nb.jpg', code: 'TRUNCATED', reason: 'ends early' });
    await run.sync();
    assert.equal(readRun(folder)?.status, 'running');
    await run.close('finished');
    assert.deepEqual(readMetrics(folder)[0], stepRecord(1));
    assert.deepEqual(steps(), [1, 2, 3, 3]);
    assert.equal(readSkipped(folder)[0]?.image, 'a\nb.jpg');
    assert.deepEqual(parse(readFileSync(path.join(folder, 'config.yaml'), 'utf8')), begin.config);
    const description = readRun(folder);
    assert.equal(description?.status, 'finished');
    assert.ok(description.endedAt && description.machine.processors > 0);
    assert.deepEqual(readdirSync(folder).sort(), ['config.yaml', 'metrics.jsonl', 'run.json', 'skipped.jsonl']);
  });

  it('on resume drops what came after the checkpoint, a cut line too, and records no step twice', async () => {
    const first = await train(1, 9, 'new');
    first.skip({ step: 4, image: 'early.jpg', code: 'EMPTY', reason: 'zero bytes' });
    first.skip({ step: 8, image: 'late.jpg', code: 'EMPTY', reason: 'zero bytes' });
    await first.close('stopped', 'interrupted');
    const id = readRun(folder)?.id;
    appendFileSync(path.join(folder, 'metrics.jsonl'), '{"kind":"step","st');
    await (await train(7, 8, 'resume', 6)).close('finished');
    assert.deepEqual(steps(), [1, 2, 3, 4, 5, 6, 7, 8]);
    assert.deepEqual(
      readSkipped(folder).map(({ image }) => image),
      ['early.jpg'],
    );
    const run = readRun(folder);
    assert.deepEqual([run?.id, run?.resumedFrom, run?.status, run?.reason], [id, [6], 'finished', undefined]);
  });

  it('refuses to start over an earlier run, or to resume none', async () => {
    assert.throws(() => openRunFolder(folder, 'resume'), hasCode('RUN_NOT_FOUND'));
    await (await train(1, 1, 'new')).close('finished');
    assert.throws(() => openRunFolder(folder, 'new'), hasCode('RUN_EXISTS'));
    assert.deepEqual(steps(), [1]);
    await openRunFolder(folder, 'resume').close('stopped'); // the refusal did not leave its lock behind
  });

  it('names a broken line, a broken description and a newer format', async () => {
    await (await train(1, 2, 'new')).close('finished');
    const runFile = path.join(folder, 'run.json');
    const good = readFileSync(runFile, 'utf8');
    appendFileSync(path.join(folder, 'metrics.jsonl'), 'not json\n');
    assert.throws(
      () => readMetrics(folder),
      (error: Error) => hasCode('RUN_FILE_BROKEN')(error) && /Line 3/.test(error.message),
    );
    writeFileSync(runFile, good.replace('"format": 1', '"format": 2'));
    assert.throws(() => openRunFolder(folder, 'resume'), hasCode('RUN_FORMAT_TOO_NEW'));
    writeFileSync(runFile, good.slice(0, 40));
    assert.throws(() => openRunFolder(folder, 'resume'), hasCode('RUN_FILE_BROKEN'));
  });

  it('refuses a second process while the first lives, and takes over after kill -9', async () => {
    const script = `
      const { openRunFolder } = await import(${JSON.stringify(runFolderModule)});
      await openRunFolder(${JSON.stringify(folder)}, 'new').begin({ config: {}, versions: {}, step: 0, numImages: 1 });
      console.log('ready');
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--import=tsx', '--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await once(child.stdout, 'data');
      assert.throws(
        () => openRunFolder(folder, 'resume'),
        (error: Error) => hasCode('RUN_FOLDER_LOCKED')(error) && error.message.includes(`process ${child.pid}`),
      );
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await (await train(1, 2, 'resume')).close('finished');
    assert.deepEqual(steps(), [1, 2]);
  });

  it('takes over the lock of a process that has ended and that its parent left behind', async () => {
    // The shell starts it, and becomes a program that does not wait for it.
    const command = 'sleep 1000 >/dev/null & echo $!; exec sleep 1000';
    const parent = spawn('sh', ['-c', command], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const [printed] = await once(parent.stdout, 'data');
      while (!/sleep/.test(readFileSync(`/proc/${parent.pid}/comm`, 'utf8'))) await setTimeout(5);
      const pid = Number(String(printed));
      const stat = () => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
      await (await train(1, 1, 'new')).close('finished');
      const run = openRunFolder(folder, 'resume');
      const own = JSON.parse(readFileSync(path.join(folder, 'run.lock'), 'utf8'));
      await run.close('stopped');
      writeFileSync(path.join(folder, 'run.lock'), JSON.stringify({ ...own, pid, started: stat()[19] }));
      assert.throws(() => openRunFolder(folder, 'resume'), hasCode('RUN_FOLDER_LOCKED'));
      process.kill(pid, 'SIGKILL');
      while (stat()[0] !== 'Z') await setTimeout(5);
      await openRunFolder(folder, 'resume').close('stopped');
    } finally {
      parent.kill('SIGKILL');
    }
  });

  it('takes over the lock of an earlier process with the same id, and an unreadable one', async () => {
    await (await train(1, 1, 'new')).close('finished');
    const lockFile = path.join(folder, 'run.lock');
    const run = openRunFolder(folder, 'resume');
    const own = JSON.parse(readFileSync(lockFile, 'utf8'));
    await run.close('stopped');
    for (const stale of [
      JSON.stringify({ ...own, started: '1' }),
      JSON.stringify({ ...own, boot: 'earlier' }),
      '\0\0',
    ]) {
      writeFileSync(lockFile, stale);
      await openRunFolder(folder, 'resume').close('stopped');
    }
    writeFileSync(lockFile, JSON.stringify({ ...own, host: 'elsewhere' }));
    assert.throws(
      () => openRunFolder(folder, 'resume'),
      (error: Error) => hasCode('RUN_FOLDER_LOCKED')(error) && /on elsewhere.*delete/.test(error.message),
    );
  });

  it('lets exactly one of two openings in the same process win', async () => {
    const run = openRunFolder(folder, 'new');
    assert.throws(() => openRunFolder(folder, 'new'), hasCode('RUN_FOLDER_LOCKED'));
    await run.close('stopped');
  });

  it('says that the disk is full', function () {
    if (!existsSync('/dev/full')) this.skip();
    const writer = new JsonLinesWriter('/dev/full');
    assert.throws(() => writer.append(stepRecord(1)), hasCode('DISK_FULL'));
    writer.close();
  });

  it('keeps records in memory while the disk is full, if it is to be patient', async function () {
    if (!existsSync('/dev/full')) this.skip();
    const file = path.join(folder, 'metrics.jsonl');
    symlinkSync('/dev/full', file);
    const writer = new JsonLinesWriter<StepRecord>(file, { patient: true });
    for (const step of [1, 2]) writer.append(stepRecord(step));
    assert.deepEqual(
      writer.waiting.map(({ step }) => step),
      [1, 2],
    );
    await assert.rejects(writer.sync(), hasCode('DISK_FULL'));
    writer.close();
  });

  it('goes back by cutting records off, which needs no room on the disk', async () => {
    const run = await train(1, 9, 'new');
    const { ino } = statSync(path.join(folder, 'metrics.jsonl'));
    await run.rewind(4);
    run.record(stepRecord(5));
    assert.deepEqual(steps(), [1, 2, 3, 4, 5]);
    assert.equal(statSync(path.join(folder, 'metrics.jsonl')).ino, ino);
    await run.close('stopped');
  });

  it('goes back in a file that is longer than any string, with little memory', async () => {
    const metrics = path.join(folder, 'metrics.jsonl');
    const mebibyte = 2 ** 20;
    const line = (step: number) =>
      `${JSON.stringify(stepRecord(step))
        .slice(0, -1)
        .padEnd(mebibyte - 2)}}\n`;
    const file = openSync(metrics, 'w');
    for (let step = 1; step <= 520; step++) writeSync(file, line(step));
    closeSync(file);
    const before = process.resourceUsage().maxRSS * 1024;
    const run = await train(4, 4, 'new', 3);
    await run.close('stopped');
    assert.ok(process.resourceUsage().maxRSS * 1024 - before < 256 * mebibyte);
    assert.deepEqual(steps(), [1, 2, 3, 4]);
  });

  it('takes out of the middle what came after the step it goes back to', async () => {
    const run = await train(1, 5, 'new');
    run.record(stepRecord(2));
    await run.rewind(3);
    assert.deepEqual(steps(), [1, 2, 3, 2]);
    await run.close('stopped');
  });

  it('says where it may not write', () => {
    for (const code of ['EACCES', 'EROFS']) {
      const error = runFileError(Object.assign(new Error(code), { code }), 'out/run.json');
      assert.equal(error.code, 'RUN_FOLDER_NOT_WRITABLE');
      assert.match(error.message, /out\/run\.json.*--out/);
    }
    writeFileSync(path.join(folder, 'file'), '');
    assert.throws(() => openRunFolder(path.join(folder, 'file', 'run'), 'new'), hasCode('RUN_FOLDER_FAILED'));
  });

  it('leaves nothing half written where a file cannot be replaced', async () => {
    const target = path.join(folder, 'config.yaml');
    mkdirSync(path.join(target, 'in the way'), { recursive: true });
    await assert.rejects(replaceRunFile(target, 'new'), hasCode('RUN_FOLDER_FAILED'));
    assert.deepEqual(readdirSync(folder), ['config.yaml']);
  });
});
