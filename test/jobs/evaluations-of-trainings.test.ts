/** Evaluations that trainings ask a real server for: jobs of their own in the slot of their parent. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { auspex } from '#protos/auspex.js';
import { openEmbeddedBus } from '../../services/bus/embedded.ts';
import type { MessageBus } from '../../services/bus/message-bus.ts';
import { type AuspexClient, connect } from '../../services/client/index.ts';
import { decodeResult } from '../../services/jobs/events.ts';
import { TOPICS } from '../../services/jobs/topics.ts';
import { type EvaluationRecord, readEvaluations } from '../../training/evaluations/evaluation-records.ts';
import { writeColours, writeFaces, writePlaces } from './planted-images.ts';
import {
  eventsOf,
  isEnd,
  kill,
  makePlace,
  type Place,
  readAll,
  startApiServer,
  trainingJob,
  waitFor,
} from './serving.ts';

const { JobState } = auspex.v1;
const SET = { k: [1], size: 32 };

describe('evaluations that trainings ask a server for', function () {
  this.timeout(300_000);
  const folder = mkdtempSync(path.join(tmpdir(), 'auspex-asked-'));
  let place: Place;
  let bus: MessageBus;
  let server: ChildProcess;
  let client: AuspexClient;
  let labelled: string;

  before(async () => {
    place = await makePlace(folder, ['--bus', 'embedded', '--bus-folder', path.join(folder, 'bus')]);
    bus = openEmbeddedBus(path.join(folder, 'bus'));
    labelled = path.join(place.root, 'labelled');
    await writeColours(labelled, (colour) => colour);
    await begin();
  });
  after(async () => {
    client?.close();
    if (server) await kill(server);
    await bus?.close();
    rmSync(folder, { recursive: true });
  });

  /** One job at a time: evaluations have to run beside the training that asks for them. */
  async function begin(): Promise<void> {
    const started = await startApiServer(place, '--maximum-running', '1');
    server = started.server;
    client = connect(started.address);
  }

  async function train(id: string, iterations: number, evaluations: readonly object[]): Promise<void> {
    const set = { 'checkpoint.everyIterations': '50', evaluations: JSON.stringify(evaluations) };
    const { config, data, set: all } = trainingJob(place, id, iterations, set);
    await client.jobs.submitJob({ id, training: { config, data, set: all } });
  }

  const childrenOf = async (parent: string) => (await client.jobs.listJobs({ parent })).jobs ?? [];
  const recordsOf = (id: string) => readEvaluations(path.join(place.outRoot, id));
  const evaluated = (id: string) =>
    recordsOf(id).filter((record): record is EvaluationRecord => record.kind === 'evaluation');

  async function until<T>(what: string, look: () => T | undefined | Promise<T | undefined>): Promise<T> {
    for (let i = 0; i < 1800; i++) {
      const found = await look();
      if (found !== undefined) return found;
      await sleep(100);
    }
    throw new Error(`${what} did not come`);
  }

  it('runs them beside their training on one slot, tells when a planted figure gets worse, and cancels them with it', async () => {
    const watch = [{ metric: 'top1', better: 'higher', bound: 0.2 }];
    const knn = { name: 'knn', protocol: 'knn', data: labelled, set: SET, everyIterations: 50, watch };
    await train('planted', 100_000, [knn]);
    const first = await until('the first result', () =>
      evaluated('planted').find(({ status }) => status === 'finished'),
    );
    assert.equal(first.metrics![0]!.value, 1, 'colours are told apart by any network');
    for (const file of ['result.json', 'examples.json']) {
      assert.ok(existsSync(path.join(first.out, file)), `${file} lies in the run, too: reports read it`);
    }

    const id = `planted.knn.${first.step}`;
    const job = await client.jobs.getJob({ id });
    assert.deepEqual(
      [job.parent, job.work, job.state, job.result?.metrics?.metrics?.[0]?.name],
      ['planted', 'evaluation', JobState.JOB_STATE_SUCCEEDED, 'top1'],
    );
    assert.deepEqual(
      (await eventsOf(bus, id)).map(({ kind }) => kind).filter((kind) => kind !== 'progress'),
      [...['accepted', 'queued', 'started', 'succeeded']],
    );
    const streamed: string[] = [];
    for await (const { event } of client.jobs.streamJobEvents({ id })) streamed.push(event!);
    assert.equal(streamed.at(-1), 'succeeded');
    const results = (await readAll(bus, TOPICS.results)).map(({ value }) => decodeResult(value));
    assert.ok(results.some((result) => result.job === id));
    assert.equal((await client.jobs.getJob({ id: 'planted' })).state, JobState.JOB_STATE_RUNNING);
    assert.equal((await client.jobs.getJob({ id: 'planted' })).worse, '');

    // The same images, labelled at random: what was learnt no longer fits.
    const relabelled = path.join(place.root, 'relabelled');
    await writeColours(relabelled, (_, i) => (Math.floor(i / 2) % 2 === 0 ? 'blue' : 'red'));
    renameSync(labelled, path.join(place.root, 'before'));
    renameSync(relabelled, labelled);
    const worse = await waitFor(bus, 'planted', ({ kind }) => kind === 'worse');
    assert.ok(worse.kind === 'worse');
    assert.deepEqual([worse.name, worse.metric, worse.bestValue, worse.bound], ['knn', 'top1', 1, 0.2]);
    assert.ok(worse.value < 0.8 && worse.step > first.step);
    // What the API tells follows the bus.
    const deadline = Date.now() + 60_000;
    while ((await client.jobs.getJob({ id: 'planted' })).worse === '' && Date.now() < deadline) await sleep(50);
    assert.match((await client.jobs.getJob({ id: 'planted' })).worse!, /knn: top1 is .* more than 0\.2 worse/);
    assert.ok(recordsOf('planted').some(({ kind }) => kind === 'worse'));
    assert.match(readFileSync(path.join(place.outRoot, 'planted', 'run.html'), 'utf8'), /<h3>knn: top1<\/h3>/);

    const running = await until('another evaluation', async () =>
      (await childrenOf('planted')).find(({ state }) => state === JobState.JOB_STATE_RUNNING),
    );
    await client.jobs.cancelJob({ id: 'planted' });
    assert.equal((await waitFor(bus, running.id!, isEnd)).kind, 'cancelled');
    assert.equal((await waitFor(bus, 'planted', isEnd)).kind, 'cancelled');
    const left = (await childrenOf('planted')).map(({ state }) => state!);
    assert.ok(left.length > 2);
    assert.ok(left.every((state) => state === JobState.JOB_STATE_SUCCEEDED || state === JobState.JOB_STATE_CANCELLED));
  });

  it('keeps one over a restart, and over a kill, and its result comes to the run', async () => {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const id = `kept-${signal}`;
      await train(id, 60, [{ name: 'knn', protocol: 'knn', data: labelled, set: SET, everyIterations: 60 }]);
      const child = `${id}.knn.60`;
      await waitFor(bus, child, ({ kind }) => kind === 'started');
      client.close();
      await kill(server, signal);
      assert.equal((await eventsOf(bus, child)).some(isEnd), false, 'it had not ended');
      await begin();
      assert.equal((await waitFor(bus, id, isEnd)).kind, 'succeeded');
      assert.equal((await waitFor(bus, child, isEnd)).kind, 'succeeded');
      const finished = evaluated(id).filter(({ status }) => status === 'finished');
      assert.deepEqual(
        finished.map(({ step }) => step),
        [60],
      );
      assert.equal((await childrenOf(id)).length, 1, 'the same job');
    }
  });

  it('keeps one over a crash of its training', async () => {
    await train('crashed', 60, [{ name: 'knn', protocol: 'knn', data: labelled, set: SET, everyIterations: 60 }]);
    await waitFor(bus, 'crashed.knn.60', ({ kind }) => kind === 'started');
    const log = readFileSync(path.join(place.outRoot, 'crashed', 'log.jsonl'), 'utf8');
    process.kill(JSON.parse(log.split('\n')[0]!).pid, 'SIGKILL');
    const crash = await waitFor(bus, 'crashed', ({ kind }) => kind === 'failed');
    assert.ok(crash.kind === 'failed' && crash.code === 'CHILD_KILLED' && crash.willRetry);
    assert.equal((await waitFor(bus, 'crashed', isEnd)).kind, 'succeeded');
    assert.deepEqual(
      (await eventsOf(bus, 'crashed.knn.60')).map(({ kind }) => kind).filter((kind) => kind !== 'progress'),
      ['accepted', 'queued', 'started', 'queued', 'retrying', 'started', 'succeeded'],
    );
    assert.equal(evaluated('crashed').filter(({ status }) => status === 'finished').length, 1);
  });

  it('ends one whose budget is spent, notes one that fails, and the training is none the worse', async () => {
    const none = path.join(place.root, 'unlabelled');
    mkdirSync(none);
    cpSync(path.join(labelled, 'red'), none, { recursive: true });
    const common = { protocol: 'knn', set: SET, everyIterations: 40 };
    await train('limited', 40, [
      { ...common, name: 'short', data: labelled, budgetSeconds: 0.3 },
      { ...common, name: 'broken', data: none },
    ]);
    assert.equal((await waitFor(bus, 'limited', isEnd)).kind, 'succeeded');
    const of = (name: string) => evaluated('limited').find((record) => record.name === name)!;
    assert.equal(of('short').status, 'failed');
    assert.match(of('short').reason!, /longer than its budget of 0\.3 s/);
    assert.equal((await waitFor(bus, 'limited.short.40', isEnd)).kind, 'cancelled');
    assert.equal(of('broken').status, 'failed');
    const broken = await waitFor(bus, 'limited.broken.40', isEnd);
    assert.ok(broken.kind === 'failed' && of('broken').reason!.includes(broken.code), JSON.stringify(broken));
  });

  it('measures places and fairness end to end, asked for by a training and submitted, and finds what was planted', async () => {
    const [places, faces] = [path.join(place.root, 'places'), path.join(place.root, 'faces')];
    await writePlaces(places);
    await writeFaces(faces);
    const linear = { classifier: 'linear', epochs: 40, batchSize: 16, learningRate: 0.5, milestones: [30] };
    const groups = { groups: [['gender'], ['skintone']], minimum: 10 };
    const asked = [
      { name: 'places', protocol: 'geolocalisation', data: places, set: { ...linear, minImages: 5, size: 32 } },
      { name: 'faces', protocol: 'same-attribute-retrieval', data: faces, set: { ...groups, k: [1], size: 32 } },
    ];
    await train(
      'audited',
      40,
      asked.map((each) => ({ ...each, everyIterations: 40 })),
    );
    assert.equal((await waitFor(bus, 'audited', isEnd)).kind, 'succeeded');
    for (const { name, protocol, data, set } of asked) {
      const values = Object.entries(set).map(([key, value]) => [key, JSON.stringify(value)]);
      const evaluation = { checkpoint: path.join(place.outRoot, 'audited'), data, protocol };
      const benchmark = { set: Object.fromEntries(values) as Record<string, string> };
      await client.jobs.submitJob({ id: `${name}-submitted`, evaluation: { ...evaluation, benchmark } });
    }
    const metricsOf = async (job: string) => {
      const end = await waitFor(bus, job, isEnd);
      assert.equal(end.kind, 'succeeded', JSON.stringify(end));
      return (await client.evaluations.getResult({ job })).result!.metrics!.metrics!;
    };
    for (const job of ['audited.places.40', 'places-submitted']) {
      const near = (await metricsOf(job)).filter(({ name }) => name === 'within 25 km');
      assert.deepEqual(
        near.map(({ value, of }) => [of!['classifier'], value]),
        [
          ['linear', 0.75],
          ['most frequent cell', 0.25],
        ],
        'every fourth image looks like one of another city',
      );
    }
    for (const job of ['audited.faces.40', 'faces-submitted']) {
      const metrics = await metricsOf(job);
      const difference = (attribute: string) =>
        metrics.find(({ name, of }) => name === 'P@1 difference' && of!['attribute'] === attribute)!;
      const { value, of } = difference('gender');
      assert.deepEqual([value, of!['highest'], of!['lowest']], [0.5, 'male', 'female'], job);
      assert.equal(difference('skintone').value, 0, 'none where none was planted');
    }
    assert.deepEqual(
      evaluated('audited').map(({ name, status }) => [name, status]),
      [
        ['places', 'finished'],
        ['faces', 'finished'],
      ],
    );
  });
});
