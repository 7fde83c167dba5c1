/** Events of jobs as messages, and the states that they make. */
import assert from 'node:assert/strict';
import { auspex } from '#protos/auspex.js';
import {
  decodeEvent,
  decodeResult,
  type EventDetail,
  encodeEvent,
  encodeResult,
  type JobEvent,
  type Result,
} from '../../services/jobs/events.ts';
import { type JobState, nextState } from '../../services/jobs/job-states.ts';
import { after } from '../../services/jobs/tell.ts';

const time = '2030-01-01T00:00:00.000Z';
const results: Result[] = [
  { kind: 'training', out: '/o', steps: 9, loss: 2.5, checkpoint: '/o/c' },
  { kind: 'training', out: '/o', steps: 0, loss: null, checkpoint: '' },
  { kind: 'features', out: '/f', shape: [0, 48], images: 0, skipped: 2 },
  { kind: 'knn', accuracy: 0, low: 0, high: 0.5, images: 4, classes: 2, k: 1, skipped: 0 },
  {
    kind: 'metrics',
    protocol: 'knn',
    out: '/out/result.json',
    metrics: [
      { name: 'top1', value: 0, low: 0, high: 0.25, count: 8, of: { layer: 'pool', k: '10' } },
      { name: 'mAP', value: 0.5, low: 0.25, high: 1, count: 8, of: {} },
    ],
    images: 12,
    classes: 2,
    skipped: 0,
  },
];
const details: EventDetail[] = [
  { kind: 'accepted', work: 'training', digest: 'd', source: 'jobs:0:0', parent: null },
  { kind: 'accepted', work: 'evaluation', digest: 'd', source: '', parent: 'a' },
  { kind: 'queued', position: 1 },
  { kind: 'started', attempt: 1, resumed: false },
  { kind: 'progress', step: 0, total: 10, loss: null, imagesPerSecond: null },
  { kind: 'progress', step: 1, total: 10, loss: -0.5, imagesPerSecond: 3.25 },
  { kind: 'checkpoint', step: 5, path: '/o/c' },
  ...results.map((result) => ({ kind: 'succeeded', result }) as const),
  { kind: 'failed', code: 'NO_IMAGES', message: '', willRetry: false, retryAt: '' },
  { kind: 'failed', code: 'DISK_FULL', message: 'full', willRetry: true, retryAt: time },
  {
    ...({ kind: 'worse', name: 'faces', step: 8, metric: 'P@1', of: { attribute: 'gender' }, value: 0 } as const),
    ...{ bestValue: 0.5, bestStep: 4, bound: 0.125 },
  },
  { kind: 'retrying', attempt: 2 },
  { kind: 'cancelled' },
  { kind: 'rejected', code: 'QUEUE_FULL', message: 'full', source: 'jobs:0:3' },
];
const event = (detail: EventDetail, sequence: number): JobEvent => ({ ...detail, job: 'a', sequence, time });

describe('events of jobs', () => {
  it('come back as they were, zeros and what is missing included', () => {
    details.forEach((detail, i) => {
      assert.deepEqual(decodeEvent(encodeEvent(event(detail, i + 1))), event(detail, i + 1));
    });
    for (const result of results) {
      const whole = { job: 'a', checkpoint: '/c', data: '/d', time, result };
      assert.deepEqual(decodeResult(encodeResult(whole)), whole);
    }
  });

  it('say what they are not', () => {
    const problem = (bytes: Uint8Array) => {
      const found = decodeEvent(bytes);
      return 'problem' in found ? found.problem : undefined;
    };
    assert.match(problem(auspex.v1.JobEvent.encode({ schema: 2, job: 'a' }).finish()) ?? '', /schema 2/);
    assert.match(problem(auspex.v1.JobEvent.encode({ schema: 1, job: 'a' }).finish()) ?? '', /kind/);
    assert.ok(problem(Buffer.from('no event')));
  });

  const statesOf = (...list: EventDetail[]) =>
    list.reduce<JobState | undefined>((state, detail, i) => nextState(state, event(detail, i + 1)), undefined)!;
  const accepted: EventDetail = { kind: 'accepted', work: 'training', digest: 'd', source: 'jobs:0:0' };
  const rejected: EventDetail = { kind: 'rejected', code: 'ID_TAKEN', message: '', source: 'jobs:0:1' };

  it('make the state of a job', () => {
    const ended = statesOf(
      accepted,
      { kind: 'started', attempt: 1, resumed: false },
      { kind: 'succeeded', result: results[0]! },
    );
    assert.deepEqual([ended.state, ended.step, ended.total, ended.attempts], ['succeeded', 9, 9, 1]);
    const waits = statesOf(accepted, {
      kind: 'failed',
      code: 'DISK_FULL',
      message: '',
      willRetry: true,
      retryAt: time,
    });
    assert.deepEqual([waits.state, waits.code], ['waiting', 'DISK_FULL']);
  });

  it('of a rejection change nothing of a job that was accepted, and one that comes again changes nothing', () => {
    assert.deepEqual([statesOf(accepted, rejected).state, statesOf(accepted, rejected).code], ['queued', null]);
    assert.equal(statesOf(rejected).state, 'rejected');
    assert.equal(statesOf(rejected, accepted).state, 'queued');
    const state = statesOf(accepted, { kind: 'cancelled' });
    assert.equal(nextState(state, event({ kind: 'started', attempt: 1, resumed: false }, 2)), state);
  });

  it('make the history of a job, in which only an end is an end', () => {
    const history = (...list: EventDetail[]) =>
      list
        .map((detail, i) => event(detail, i + 1))
        .reduce((known, one) => after(known, one), after(undefined, event(accepted, 0)));
    assert.deepEqual(history(accepted, rejected), { sequence: 2, digest: 'd', ended: null });
    assert.equal(history(accepted, { kind: 'cancelled' }).ended, 'cancelled');
    assert.equal(
      history(accepted, { kind: 'failed', code: '', message: '', willRetry: true, retryAt: time }).ended,
      null,
    );
    assert.equal(
      history(accepted, { kind: 'failed', code: '', message: '', willRetry: false, retryAt: '' }).ended,
      'failed',
    );
  });
});
