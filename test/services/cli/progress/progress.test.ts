import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { createTrainingProgress } from '../../../../services/cli/progress/progress.ts';
import type { StepRecord } from '../../../../training/run/records.ts';

/** A stream that remembers what was written to it. */
function recorder(terminal: { isTTY?: boolean; columns?: number } = {}) {
  const stream = Object.assign(new PassThrough(), terminal);
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return { stream, text: () => Buffer.concat(chunks).toString() };
}

const record = (step: number, more: Partial<StepRecord> = {}): StepRecord => ({
  kind: 'step',
  step,
  epoch: 0.5,
  loss: 3.21,
  learningRate: 0.182,
  imagesPerSecond: 412.4,
  dataWaitShare: 0.01,
  prototypeEntropy: 0.957,
  prototypesUsed: 120,
  time: '2024-01-01T00:00:00.000Z',
  ...more,
});

describe('training progress with --json', () => {
  it('writes a line per step on standard output, the result last, and notes for people on standard error', () => {
    const [error, output] = [recorder(), recorder()];
    const progress = createTrainingProgress({ json: true, total: 2, stream: error.stream, output: output.stream });
    progress.step(record(1));
    progress.note('saved');
    progress.step(record(2, { loss: null }));
    progress.stop({ heldOut: 0.38, baselines: { chance: 0.02 } });
    progress.stop({ heldOut: 0 });
    const lines = output
      .text()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const { kind, ...fields } = record(1);
    assert.deepEqual(lines, [
      { event: 'step', ...fields },
      { event: 'step', ...fields, step: 2, loss: null },
      { heldOut: 0.38, baselines: { chance: 0.02 } },
    ]);
    assert.equal(error.text(), 'saved\n');
  });
});

describe('training progress without a terminal', () => {
  it('writes a plain line about every ten seconds, and the last step always', () => {
    const error = recorder();
    let time = 0;
    const progress = createTrainingProgress({ json: false, total: 100, stream: error.stream, now: () => time });
    for (let step = 1; step <= 100; step++, time += 300) progress.step(record(step));
    progress.note('done');
    progress.stop({ ignored: true });
    const lines = error.text().trimEnd().split('\n');
    assert.deepEqual(lines, [
      'step 1 of 100, 412 images/s, loss 3.210, lr 0.182, prototype use 96 %, time left unknown',
      'step 35 of 100, 412 images/s, loss 3.210, lr 0.182, prototype use 96 %, 20\u00a0s left',
      'step 69 of 100, 412 images/s, loss 3.210, lr 0.182, prototype use 96 %, 9\u00a0s left',
      'step 100 of 100, 412 images/s, loss 3.210, lr 0.182, prototype use 96 %, 0\u00a0s left',
      'done',
    ]);
    assert.equal(error.text(), stripVTControlCharacters(error.text()));
  });

  it('says that a step in fp16 was skipped for the loss scale, and of no other that it was', () => {
    const line = (more: Partial<StepRecord>) => {
      const error = recorder();
      createTrainingProgress({ json: false, total: 9, stream: error.stream, now: () => 0 }).step(record(4, more));
      return error.text();
    };
    const fp16 = { lossScale: 32_768, overflows: 1 };
    assert.match(line({ ...fp16, loss: null, overflowed: true }), /, step skipped, loss scale lowered to 32,768, lr /);
    assert.match(line(fp16), /, loss 3\.210, lr /);
    // At the smallest scale a step is not finite by itself, as it is without a scale.
    assert.match(line({ lossScale: 1, overflows: 9, loss: null }), /, loss not finite, lr /);
    assert.match(line({ loss: null }), /, loss not finite, lr /);
  });

  it('counts the pace of a resumed run from where it went on', () => {
    const error = recorder();
    let time = 0;
    const progress = createTrainingProgress({ json: false, total: 1000, stream: error.stream, now: () => time });
    progress.step(record(900));
    time = 20_000;
    progress.step(record(910));
    assert.match(error.text(), /step 910 .*, 3\u00a0min left\n$/);
  });

  it('says so when the loss is not finite', () => {
    const error = recorder();
    createTrainingProgress({ json: false, total: 9, stream: error.stream }).step(record(1, { loss: null }));
    assert.match(error.text(), /loss not finite/);
  });
});

describe('training progress on a terminal', () => {
  it('shows one bar with all figures, keeps notes above it and gives the cursor back', () => {
    const error = recorder({ isTTY: true, columns: 200 });
    let time = 0;
    const progress = createTrainingProgress({ json: false, total: 2000, stream: error.stream, now: () => time });
    progress.step(record(1));
    time = 1000;
    progress.step(record(1001));
    progress.note('checkpoint saved');
    progress.stop();
    progress.stop();
    progress.note('afterwards');
    const text = stripVTControlCharacters(error.text());
    assert.match(
      text,
      /checkpoint saved[\s\S]*━+─+ 1,001\/2,000 · 1\u00a0s left · 412 images\/s · loss 3\.210 · lr 0\.182 · prototype use 96 %/,
    );
    assert.ok(text.endsWith('afterwards\n'));
    assert.ok(error.text().lastIndexOf('\u001b[?25h') > error.text().lastIndexOf('\u001b[?25l'));
  });
});
