/** What the dashboard reads: files that grow, curves that are thinned, logs of any kind. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CheckpointEvaluations } from '../../services/dashboard/sources/checkpoint-evaluations.ts';
import { Curves } from '../../services/dashboard/sources/curves.ts';
import { FileTail } from '../../services/dashboard/sources/file-tail.ts';
import { LogTail, logLine } from '../../services/dashboard/sources/log-tail.ts';
import type { StepRecord } from '../../training/run/records.ts';
import { digits, EVALUATIONS, FOUND, NEXT } from './made-up-evaluations.ts';

describe('files that the dashboard follows', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'auspex-tail-'));
  const file = path.join(folder, 'file');
  afterEach(() => rmSync(file, { force: true }));
  after(() => rmSync(folder, { recursive: true }));

  async function read(tail: FileTail): Promise<string[]> {
    const told: string[] = [];
    await tail.read(
      (lines) => told.push(...lines),
      () => told.push('RESET'),
    );
    return told;
  }

  it('reads each line once, and half a line when it is whole', async () => {
    const tail = new FileTail(file);
    assert.deepEqual(await read(tail), []);
    writeFileSync(file, 'one\ntwo\nthr');
    assert.deepEqual(await read(tail), ['one', 'two']);
    appendFileSync(file, 'ee\nfour\n');
    assert.deepEqual(await read(tail), ['three', 'four']);
    assert.deepEqual(await read(tail), []);
  });

  it('keeps a character whole that two readings divide', async () => {
    const tail = new FileTail(file);
    const bytes = Buffer.from('é\n');
    writeFileSync(file, bytes.subarray(0, 1));
    assert.deepEqual(await read(tail), []);
    appendFileSync(file, bytes.subarray(1));
    assert.deepEqual(await read(tail), ['é']);
  });

  it('says that a file was cut, replaced or removed', async () => {
    const tail = new FileTail(file);
    writeFileSync(file, 'one\ntwo\n');
    await read(tail);
    truncateSync(file, 4);
    assert.deepEqual(await read(tail), ['RESET', 'one']);
    writeFileSync(`${file}.new`, 'other\nlines\nthan before\n');
    renameSync(`${file}.new`, file);
    assert.deepEqual(await read(tail), ['RESET', 'other', 'lines', 'than before']);
    rmSync(file);
    assert.deepEqual(await read(tail), ['RESET']);
  });

  it('reads a long file from its end only, from the first whole line on', async () => {
    writeFileSync(file, `${'x'.repeat(100)}\n`.repeat(1000));
    appendFileSync(file, 'last\n');
    assert.deepEqual(await read(new FileTail(file, { last: 120 })), ['x'.repeat(100), 'last']);
  });

  it('passes over a line that is longer than any should be, and goes on with the next', async () => {
    const tail = new FileTail(file);
    writeFileSync(file, `first\n${'x'.repeat(3 * 2 ** 20)}\nlast\n`);
    assert.deepEqual(await read(tail), ['first', 'last']);
  });

  it('shows lines of a log whatever they hold', async () => {
    const log = new LogTail(file);
    const line = JSON.stringify({
      time: '2026-01-01T00:00:00.000Z',
      level: 'error',
      msg: 'broken',
      attempt: 2,
      pid: 7,
    });
    writeFileSync(file, `${line}\nno JSON\n[]\nnull\n`);
    const told = await log.read();
    renameSync(file, `${file}.1`);
    writeFileSync(file, 'after the file was full\n');
    assert.deepEqual([(await log.read()).length, log.lines.length], [1, 5]);
    rmSync(`${file}.1`);
    assert.deepEqual(told[0], {
      time: '2026-01-01T00:00:00.000Z',
      level: 'error',
      message: 'broken pid=7',
      attempt: 2,
    });
    assert.deepEqual(
      told.slice(1).map(({ message }) => message),
      ['no JSON', '[]', 'null'],
    );
    assert.equal(logLine('{"time": 1e300, "level": {}}').level, 'warn');
  });
});

describe('evaluations of checkpoints that the dashboard follows', () => {
  const config = { evaluations: EVALUATIONS.map((each) => ({ ...each, data: '/d' })) };
  const lines = (records: readonly object[]) => records.map((record) => JSON.stringify(record));

  it('become curves with intervals, and say what got worse', () => {
    const evaluations = new CheckpointEvaluations();
    evaluations.setConfig(config);
    evaluations.add(lines(FOUND));
    const many = Array.from({ length: 300 }, (_, i) => ({ name: `other ${i}`, value: 0, low: 0, high: 0, count: 1 }));
    evaluations.add(
      lines(NEXT.map((found) => ('metrics' in found ? { ...found, metrics: [...many, ...found.metrics!] } : found))),
    );
    const { charts, told, worse } = evaluations.all();
    assert.deepEqual(
      charts.map(({ title, steps, line, worse: at }) => [title, steps.length, line.at(-1), at]),
      [
        ['digits: top1', 4, 0.61, []],
        ['faces: P@1 difference (gender)', 4, 0.11, [400]],
      ],
    );
    assert.deepEqual(charts[1]!.interval!.high.at(-1), 0.135);
    assert.equal(worse, 1);
    assert.match(told.at(-2)!.text, /more than 0\.03 worse/);
    assert.equal(told.at(-1)!.text, 'failed: it took longer than its budget of 1800 s');
    assert.ok(!JSON.stringify(evaluations.all()).includes('other'), 'figures that nobody looks at are not kept');
  });

  it('are bounded, and lines that are no records say nothing', () => {
    const evaluations = new CheckpointEvaluations();
    evaluations.setConfig('nonsense');
    evaluations.add(['no JSON', '{}', '{"kind":"worse"}', '{"kind":"evaluation","name":7}']);
    assert.deepEqual(evaluations.all(), { charts: [], told: [], worse: 0 });
    evaluations.setConfig(config);
    evaluations.add(lines(Array.from({ length: 5000 }, (_, i) => digits(i, 0.5))));
    assert.equal(evaluations.all().charts[0]!.steps.length, 2000);
    assert.ok(evaluations.all().told.length <= 40);
    evaluations.clear();
    assert.equal(evaluations.all().charts.length, 0);
  });
});

describe('curves that are thinned', () => {
  const record = (step: number): StepRecord => ({
    ...{ kind: 'step', step, epoch: 0, loss: step, learningRate: 1, imagesPerSecond: 1 },
    ...{ dataWaitShare: 0, prototypeEntropy: 1, prototypesUsed: 1, time: '' },
  });

  it('keeps every step of a short run, and tells what is new', () => {
    const curves = new Curves();
    curves.add(record(1));
    curves.add(record(2));
    const fresh = curves.takeFresh();
    assert.ok(fresh && fresh !== 'thinned');
    assert.deepEqual(
      [fresh.points.steps, fresh.points.loss],
      [
        [1, 2],
        [1, 2],
      ],
    );
    assert.equal(curves.takeFresh(), undefined);
  });

  it('holds a bounded number of points, each the mean of its steps, in their order', () => {
    const curves = new Curves();
    let thinnings = 0;
    for (let step = 1; step <= 100_000; step++) {
      curves.add(record(step));
      if (curves.takeFresh() === 'thinned') thinnings++;
    }
    const { steps, loss } = curves.all().points;
    assert.ok(steps.length > 500 && steps.length <= 1200, `${steps.length} points`);
    assert.ok(thinnings > 3 && thinnings < 10, `${thinnings} times`);
    const stride = steps[1]! - steps[0]!;
    assert.deepEqual(steps.slice(0, 3), [stride, 2 * stride, 3 * stride]);
    assert.ok(
      steps.every((step, i) => step === (i + 1) * stride),
      'no step was lost or counted twice',
    );
    assert.ok(
      loss.every((value, i) => Math.abs(value! - (steps[i]! - (stride - 1) / 2)) < 0.51),
      'means of their steps',
    );
    assert.equal(curves.latest?.step, 100_000);
  });

  it('leaves out what was not finite', () => {
    const curves = new Curves();
    curves.add({ ...record(1), loss: null });
    assert.deepEqual(curves.all().points.loss, [null]);
  });
});
