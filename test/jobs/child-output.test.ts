/** How the end of a job's process is understood. */
import assert from 'node:assert/strict';
import { ChildLines, type Exit, endingOf } from '../../services/jobs/child-output.ts';
import type { Work } from '../../services/jobs/job.ts';

const training: Work = { kind: 'training', id: 'a', set: {} };
const trained = {
  status: 'finished',
  out: '/o',
  steps: 4,
  loss: null,
  checkpoint: '/o/c',
  skippedImages: 0,
  page: '/p',
};
const end = (exit: Partial<Exit>) => endingOf(training, { code: 0, signal: null, lastLine: '', errors: '', ...exit });
const codeOf = (exit: Partial<Exit>) => {
  const ending = end(exit);
  return ending.kind === 'failed' ? ending.code : ending.kind;
};

describe('output of a job', () => {
  it('has a result as its last line', () => {
    const ending = end({ lastLine: JSON.stringify(trained) });
    const result = { kind: 'training', out: '/o', steps: 4, loss: null, checkpoint: '/o/c' };
    assert.deepEqual(ending, { kind: 'finished', result });
    assert.equal(codeOf({ lastLine: JSON.stringify({ ...trained, status: 'stopped' }) }), 'CHILD_STOPPED');
    assert.equal(codeOf({ lastLine: '{"event":"step"}' }), 'CHILD_CRASHED');
    assert.equal(codeOf({}), 'CHILD_CRASHED');
  });

  it('has the figures of a benchmark', () => {
    const work: Work = {
      ...{ kind: 'evaluation', id: 'a', checkpoint: '/c', data: '/d', protocol: 'linear-probe' },
      ...{ set: {}, untrained: false },
    };
    const metrics = [{ name: 'top1', value: 0.5, low: 0.25, high: 0.75, count: 8, of: { layer: 'pool' } }];
    const found = {
      protocol: 'linear-probe',
      out: '/o',
      metrics,
      data: { classes: 2, images: { train: 20, val: 8 }, skipped: [{}] },
    };
    const exit = { code: 0, signal: null, errors: '' };
    assert.deepEqual(endingOf(work, { ...exit, lastLine: JSON.stringify(found) }), {
      kind: 'finished',
      result: {
        kind: 'metrics',
        protocol: 'linear-probe',
        out: '/o/result.json',
        metrics,
        images: 28,
        classes: 2,
        skipped: 1,
      },
    });
    const ending = endingOf(work, { ...exit, lastLine: '{"event":"progress","done":1,"total":2}' });
    assert.equal(ending.kind === 'failed' && ending.code, 'CHILD_CRASHED');
  });

  it('has the code of its own error, or how it crashed', () => {
    const errors = 'skipped a.jpg\nerror NO_IMAGES: there are none\n';
    assert.deepEqual(end({ code: 1, errors }), { kind: 'failed', code: 'NO_IMAGES', message: 'there are none' });
    assert.equal(codeOf({ code: 1, errors: 'Segmentation fault, or so' }), 'CHILD_CRASHED');
    assert.equal(codeOf({ code: null, signal: 'SIGKILL', errors }), 'CHILD_KILLED');
    const long = end({ code: 1, errors: `error INTERNAL: ${'x'.repeat(7000)}` });
    assert.equal(long.kind === 'failed' && long.message.length, 2000);
  });

  it('tells of progress by its lines, and nothing by others', () => {
    const lines = new ChildLines();
    assert.deepEqual(lines.read('{"event":"start","step":0,"total":9,"out":"/o"}'), {
      kind: 'progress',
      step: 0,
      total: 9,
    });
    const step = lines.read('{"event":"step","step":3,"loss":2.5,"imagesPerSecond":10,"epoch":1}');
    assert.deepEqual(step, { kind: 'progress', step: 3, total: 9, loss: 2.5, imagesPerSecond: 10 });
    const worse = { name: 'faces', step: 4, metric: 'P@1', of: { attribute: 'gender' }, value: 0.5, bound: 0.1 };
    const line = { event: 'worse', ...worse, best: { step: 2, value: 0.75 }, time: '' };
    assert.deepEqual(lines.read(JSON.stringify(line)), { kind: 'worse', ...worse, bestStep: 2, bestValue: 0.75 });
    for (const line of [
      '',
      'text',
      '{"event":"worse","name":"faces"}',
      '{"event":"quality","step":1}',
      '{"event":"step","step":"3"}',
      '[1]',
      'null',
    ]) {
      assert.equal(lines.read(line), undefined);
    }
  });
});
