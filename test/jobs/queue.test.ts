/** What becomes of jobs, decision by decision. */
import assert from 'node:assert/strict';
import {
  type ActiveJob,
  admit,
  afterAttempt,
  cancel,
  type Ending,
  type History,
  type Limits,
  nextTurn,
  waitingLine,
} from '../../services/jobs/queue.ts';
import { mayPass, retryDelay } from '../../services/jobs/retries.ts';
import type { ResolvedConfig } from '../../training/config/config.ts';

const limits: Limits = {
  maximumRunning: 2,
  maximumQueued: 3,
  sharedWorkers: false,
  maximumAttempts: 3,
  firstDelay: 1000,
  longestDelay: 5000,
};

function job(id: string, changes: Partial<ActiveJob> = {}): ActiveJob {
  const options = { layer: 'pool', size: 224, batch: 32 } as const;
  const paths = { checkpoint: '/c', data: '/d', protocol: 'features', options } as const;
  return {
    id,
    job: { kind: 'evaluation', id, ...paths },
    prepared: { kind: 'evaluation', ...paths },
    digest: 'one',
    state: 'queued',
    order: 1,
    attempts: 0,
    failures: 0,
    notBefore: 0,
    cancelling: false,
    ...changes,
  };
}

const ids = (jobs: readonly ActiveJob[]) => jobs.map(({ id }) => id);

describe('queue of jobs', () => {
  it('takes a job on, knows it by id and body, and refuses another body', () => {
    const known: History = { sequence: 4, digest: 'one', ended: null };
    assert.deepEqual(admit('a', 'one', undefined, 2, limits), { kind: 'new' });
    assert.deepEqual(admit('a', 'one', known, 0, limits), { kind: 'known' });
    assert.deepEqual(admit('a', 'one', { ...known, ended: 'failed' }, 0, limits), { kind: 'known' });
    const taken = admit('a', 'two', known, 0, limits);
    assert.equal(taken.kind === 'refused' && taken.code, 'ID_TAKEN');
  });

  it('takes a job on that was only rejected before, and is full at its limit but for what it knows', () => {
    assert.deepEqual(admit('a', 'one', { sequence: 1, digest: null, ended: null }, 0, limits), { kind: 'new' });
    const full = admit('a', 'one', undefined, 3, limits);
    assert.equal(full.kind === 'refused' && full.code, 'QUEUE_FULL');
    assert.deepEqual(admit('a', 'one', { sequence: 1, digest: 'one', ended: null }, 3, limits), { kind: 'known' });
  });

  it('drops what waits, interrupts what runs, and says what cannot be cancelled', () => {
    const known: History = { sequence: 4, digest: 'one', ended: null };
    assert.deepEqual(cancel('a', known, job('a')), { kind: 'drop' });
    assert.deepEqual(cancel('a', known, job('a', { state: 'running' })), { kind: 'interrupt' });
    assert.deepEqual(cancel('a', known, job('a', { state: 'running', cancelling: true })), { kind: 'nothing' });
    assert.deepEqual(cancel('a', { ...known, ended: 'cancelled' }, undefined), { kind: 'nothing' });
    const codes = [cancel('a', { ...known, ended: 'succeeded' }, undefined), cancel('a', undefined, undefined)].map(
      (decision) => decision.kind === 'refused' && decision.code,
    );
    assert.deepEqual(codes, ['JOB_ENDED', 'JOB_UNKNOWN']);
  });

  it('gives turns in order, as many as there is room for, and passes over those that wait for another attempt', () => {
    const jobs = [
      job('late', { order: 9 }),
      job('again', { order: 1, notBefore: 5000 }),
      job('runs', { order: 2, state: 'running' }),
      job('next', { order: 3 }),
    ];
    assert.deepEqual(ids(waitingLine(jobs)), ['again', 'next', 'late']);
    const turn = nextTurn(jobs, 4000, limits);
    assert.deepEqual([ids(turn.start), turn.lookAgainAt], [['next'], 5000]);
    const later = nextTurn(jobs, 5000, limits);
    assert.deepEqual([ids(later.start), later.lookAgainAt], [['again'], undefined]);
    const full = jobs.map((one) => ({ ...one, state: 'running' as const }));
    assert.deepEqual(nextTurn(full, 9000, limits), { start: [] });
  });

  it('runs what a training has asked for beside it, in its slot, and only while it is asked for', () => {
    const one = { ...limits, maximumRunning: 1 };
    const jobs = [
      job('training', { order: 1, state: 'running' }),
      job('next', { order: 2 }),
      job('asked', { order: 3, parent: 'training' }),
      job('later', { order: 4, parent: 'training', notBefore: 5000 }),
      job('left', { order: 5, parent: 'training' }),
    ];
    const isAsked = (id: string) => id !== 'left';
    const turn = nextTurn(jobs, 0, one, isAsked);
    assert.deepEqual([ids(turn.start), turn.lookAgainAt], [['asked'], 5000]);
    const running = jobs.map((each) => (each.id === 'asked' ? { ...each, state: 'running' as const } : each));
    assert.deepEqual(nextTurn(running.slice(0, 3), 0, one, isAsked).start, []);
    assert.deepEqual(
      ids(nextTurn(running.slice(1, 3), 0, one, isAsked).start),
      ['next'],
      'it takes no slot of its own',
    );
    assert.deepEqual(ids(waitingLine(jobs)), ['next'], 'and no place in the queue');
  });

  it('lets trainings on ranks take turns where they share workers, and all others pass', () => {
    const config = {} as ResolvedConfig;
    const onRanks = (id: string, changes: Partial<ActiveJob>) =>
      job(id, { prepared: { kind: 'training', ranks: '2', config }, ...changes });
    const waiting = [onRanks('first', { order: 1 }), onRanks('second', { order: 2 }), job('other', { order: 3 })];
    assert.deepEqual(ids(nextTurn(waiting, 0, limits).start), ['first', 'second']);
    const shared = { ...limits, sharedWorkers: true };
    assert.deepEqual(ids(nextTurn(waiting, 0, shared).start), ['first', 'other']);
    const running = [onRanks('first', { order: 1, state: 'running' }), ...waiting.slice(1)];
    assert.deepEqual(ids(nextTurn(running, 0, shared).start), ['other']);
  });

  const moment = { stopping: false, now: 10_000, random: 0 };
  const passing: Ending = { kind: 'failed', code: 'CHILD_KILLED', message: 'gone' };
  const final: Ending = { kind: 'failed', code: 'NO_IMAGES', message: 'none' };
  const finished: Ending = {
    kind: 'finished',
    result: { kind: 'training', out: '/o', steps: 3, loss: 1, checkpoint: '/o/c' },
  };

  it('tries again what may pass, until there were too many failures, and never what cannot', () => {
    const running = job('a', { state: 'running' });
    const retry = afterAttempt(running, passing, moment, limits);
    assert.deepEqual(retry, { kind: 'retry', code: 'CHILD_KILLED', message: 'gone', notBefore: 10_500 });
    assert.equal(afterAttempt({ ...running, failures: 1 }, passing, moment, limits).kind, 'retry');
    assert.equal(afterAttempt({ ...running, failures: 2 }, passing, moment, limits).kind, 'failed');
    assert.equal(afterAttempt(running, final, moment, limits).kind, 'failed');
    assert.equal(afterAttempt({ ...running, failures: 9 }, finished, moment, limits).kind, 'succeeded');
  });

  it('is cancelled however it ended, but for a job that was quicker', () => {
    const running = job('a', { state: 'running', cancelling: true });
    assert.deepEqual(afterAttempt(running, passing, moment, limits), { kind: 'cancelled' });
    assert.deepEqual(afterAttempt(running, final, moment, limits), { kind: 'cancelled' });
    assert.equal(afterAttempt(running, finished, moment, limits).kind, 'succeeded');
  });

  it('queues what the end of the server interrupts, without counting a failure', () => {
    const running = job('a', { state: 'running', failures: 2 });
    const stopping = { ...moment, stopping: true };
    assert.deepEqual(afterAttempt(running, passing, stopping, limits), { kind: 'interrupted' });
    assert.equal(afterAttempt(running, final, stopping, limits).kind, 'failed');
    assert.equal(afterAttempt(running, finished, stopping, limits).kind, 'succeeded');
  });

  it('waits twice as long each time, up to a limit, half of it by chance', () => {
    const policy = { ...limits, maximumAttempts: 10 };
    const whole = [1, 2, 3, 4, 5].map((failures) => retryDelay(failures, 'DISK_FULL', policy, 1));
    assert.deepEqual(whole, [1000, 2000, 4000, 5000, 5000]);
    assert.equal(retryDelay(2, 'DISK_FULL', policy, 0), 1000);
    assert.equal(retryDelay(10, 'DISK_FULL', policy, 0), undefined);
    const final = [
      'CONFIG_INVALID_VALUE',
      'NO_SUCH_FOLDER',
      'NO_IMAGES',
      'OUTSIDE_ROOTS',
      'NOT_FINITE',
      'CHECKPOINT_NOT_FOUND',
    ];
    for (const code of final) assert.equal(mayPass(code), false, code);
  });
});
