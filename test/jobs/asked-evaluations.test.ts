/** What a training may ask its server for, and what becomes of it with the training. */
import assert from 'node:assert/strict';
import { mkdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { AskedEvaluations, cancelChildren, childrenOf, takeAsk } from '../../services/jobs/asked-evaluations.ts';
import type { Answer, EvaluateAsk } from '../../services/jobs/asks.ts';
import type { EventDetail, JobEvent, Result } from '../../services/jobs/events.ts';
import type { IntakeContext } from '../../services/jobs/intake-context.ts';
import { digestOfJob, type TrainingJob } from '../../services/jobs/job.ts';
import { prepare } from '../../services/jobs/prepare.ts';
import type { ActiveJob } from '../../services/jobs/queue.ts';
import { Roots } from '../../services/jobs/roots.ts';
import { JobStore } from '../../services/jobs/store.ts';
import { tell } from '../../services/jobs/tell.ts';
import { temporaryFolder } from '../training/tiny-training.ts';

describe('evaluations that a training asks for', () => {
  const temporary = temporaryFolder();
  const root = realpathSync(temporary.path);
  const at = (...parts: string[]) => path.join(root, ...parts);
  let store: JobStore;
  let context: IntakeContext;
  let parent: ActiveJob;

  before(() => {
    store = JobStore.open(at('state'));
    for (const folder of ['data', 'data2', 'run/checkpoints/step-8', 'other/checkpoints/step-8']) {
      mkdirSync(at(folder), { recursive: true });
    }
    const limits = { maximumRunning: 1, maximumQueued: 0, sharedWorkers: false } as IntakeContext['limits'];
    const places = { folder: null, brokers: null };
    context = { store, roots: new Roots([root]), outRoot: root, places, limits, maximumMessageBytes: 2 ** 20 };
    parent = training('run', at('data'));
  });
  after(async () => {
    await store.close();
    temporary.remove();
  });

  function training(id: string, data: string): ActiveJob {
    const evaluations = [{ name: 'faces', protocol: 'knn', data, everyIterations: 5, set: { k: [3], size: 32 } }];
    const set = { evaluations: JSON.stringify(evaluations) };
    const job: TrainingJob = { kind: 'training', id, preset: 'tiny', data: at('data'), set };
    const prepared = prepare(job, context.roots, root, context.places);
    const counters = { attempts: 1, failures: 0, notBefore: 0, cancelling: false, order: 1 };
    return { id, job, prepared, digest: digestOfJob(job), state: 'running', ...counters };
  }

  const request = (more: Partial<EvaluateAsk> = {}): EvaluateAsk => ({
    ...{ kind: 'evaluate', number: 0, name: 'faces', step: 8, checkpoint: at('run/checkpoints/step-8') },
    ...more,
  });
  const ask = (more: Partial<EvaluateAsk> = {}, by = parent) => store.change(() => takeAsk(context, by, request(more)));
  const idOf = (outcome: ReturnType<typeof ask>) => ('id' in outcome ? outcome.id : assert.fail(outcome.problem));
  const problemOf = (outcome: ReturnType<typeof ask>) => ('problem' in outcome ? outcome.problem : assert.fail());

  it('are jobs that say whose they are, with what the configuration says, whatever the queue holds', () => {
    const outcome = ask();
    assert.ok('events' in outcome);
    assert.deepEqual(
      outcome.events.map(({ kind, job }) => [kind, job]),
      [
        ['accepted', 'run.faces.8'],
        ['queued', 'run.faces.8'],
      ],
    );
    assert.equal(outcome.events[0]!.kind === 'accepted' && outcome.events[0]!.parent, 'run');
    const { prepared, parent: whose } = store.job('run.faces.8')!;
    assert.equal(whose, 'run');
    assert.ok(prepared.kind === 'benchmark');
    const { protocol, data, checkpoint, set } = prepared;
    assert.deepEqual(
      { protocol, data, checkpoint, set },
      {
        ...{ protocol: 'knn', data: at('data'), checkpoint: at('run/checkpoints/step-8') },
        set: { k: '[3]', size: '32' },
      },
    );
  });

  it('are the same job when they are asked for again before their end, and another one after it', () => {
    assert.deepEqual(ask({ number: 7 }), { id: 'run.faces.8', events: [] });
    store.change(() => {
      store.removeJob('run.faces.8');
      tell(store, 'run.faces.8', { kind: 'cancelled' });
    });
    assert.equal(idOf(ask()), 'run.faces.8.2');
  });

  it('do not take the place of a job that somebody has submitted under the name', () => {
    const submitted = { ...parent, id: 'run.faces.9', state: 'queued' as const };
    store.change(() => store.putJob(submitted));
    assert.equal(idOf(ask({ step: 9 })), 'run.faces.9.2');
    assert.deepEqual(store.job('run.faces.9'), submitted);
    assert.deepEqual(
      childrenOf(store, 'run').map(({ id }) => id),
      ['run.faces.8.2', 'run.faces.9.2'],
    );
  });

  it('have a name that fits, however long that of the training is', () => {
    const long = training('x'.repeat(100), at('data'));
    mkdirSync(at(long.id, 'step-8'), { recursive: true });
    const id = idOf(ask({ checkpoint: at(long.id, 'step-8') }, long));
    assert.match(id, /^evaluation-[0-9a-f]{32}\.8$/);
  });

  it('are of a checkpoint of their training, by an evaluation of its configuration, and say what is wrong otherwise', () => {
    assert.match(problemOf(ask({ name: 'nonsense' })), /configuration of run has no evaluation nonsense/);
    for (const checkpoint of [at('other/checkpoints/step-8'), at('run/../other/checkpoints/step-8'), '/', '']) {
      assert.match(problemOf(ask({ checkpoint })), /is no checkpoint of run/, checkpoint);
    }
    assert.match(problemOf(ask({ step: 16, checkpoint: at('run/checkpoints/step-16') })), /ENOENT/);
    assert.equal(store.job('run.faces.16'), undefined);
  });

  it('end with their training: those that wait at once, those that run are to be ended', () => {
    const running = store.job('run.faces.8.2')!;
    const { events, interrupts } = store.change(() => {
      store.putJob({ ...running, state: 'running' });
      return cancelChildren(store, 'run');
    });
    assert.deepEqual(
      events.map(({ kind, job }) => [kind, job]),
      [['cancelled', 'run.faces.9.2']],
    );
    assert.deepEqual(interrupts, ['run.faces.8.2']);
    assert.equal(store.job('run.faces.8.2')!.cancelling, true);
    assert.notEqual(store.job('run.faces.9'), undefined, 'nobody else');
  });

  it('are over when the training gives them up, and are not begun for one that is cancelled', () => {
    const asked = new AskedEvaluations();
    const answers: Answer[] = [];
    const take = (more: Partial<EvaluateAsk>) =>
      asked.take(context, 'run', request(more), (answer) => answers.push(answer));
    store.change(() => store.putJob(parent));
    const { events } = take({ number: 3, step: 24 });
    assert.equal(events[0]!.job, 'run.faces.24');
    const given = (number: number) =>
      asked.take(context, 'run', { kind: 'giveUp', number }, (answer) => answers.push(answer));
    assert.deepEqual(given(2), { events: [] });
    const { events: ended, over } = given(3);
    assert.deepEqual([ended.map(({ kind }) => kind), over], [['cancelled'], 'run.faces.24']);
    assert.equal(store.job('run.faces.24'), undefined);
    assert.deepEqual(answers, []);
    store.change(() => store.putJob({ ...parent, cancelling: true }));
    assert.deepEqual(take({ number: 4, step: 32 }).events, []);
    take({ number: 5, name: 'nonsense' });
    assert.deepEqual(
      answers.map(({ number, problem }) => [number, problem]),
      [
        [4, 'run is cancelled'],
        [5, 'run is cancelled'],
      ],
    );
  });

  it('are answered once, at their end', () => {
    const asked = new AskedEvaluations();
    const answers: Answer[] = [];
    const add = (id: string, number: number, parent = 'run') =>
      asked.add(id, { parent, number, answer: (answer) => answers.push(answer) });
    const told = (job: string, detail: EventDetail) =>
      asked.told({ ...detail, job, sequence: 1, time: '' } as JobEvent, '/out');
    for (const [i, id] of ['a', 'b', 'c', 'd'].entries()) add(id, i);
    add('e', 4, 'other');
    assert.equal(asked.find('run', 2), 'c');
    assert.equal(asked.find('other', 2), undefined);
    const failed = { kind: 'failed', code: 'NO_IMAGES', message: 'none', retryAt: '' } as const;
    told('a', { kind: 'started', attempt: 1, resumed: false });
    told('a', { ...failed, willRetry: true });
    assert.deepEqual(answers, []);
    told('a', { ...failed, willRetry: false });
    told('a', { kind: 'cancelled' });
    told('b', { kind: 'cancelled' });
    const counts = { images: 0, classes: 0, skipped: 0 };
    const metrics: Result = { kind: 'metrics', protocol: 'knn', out: '', metrics: [], ...counts };
    told('c', { kind: 'succeeded', result: metrics });
    assert.deepEqual(answers, [
      { kind: 'evaluated', number: 0, problem: 'none (NO_IMAGES)' },
      { kind: 'evaluated', number: 1, problem: 'its job b was cancelled' },
      { kind: 'evaluated', number: 2, result: '/out/c/result.json' },
    ]);
    asked.forget('run');
    assert.deepEqual([asked.has('d'), asked.has('e')], [false, true]);
  });
});
