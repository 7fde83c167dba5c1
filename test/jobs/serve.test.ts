/** The server of jobs at work: real trainings and evaluations in processes of their own, over an embedded bus and over Kafka. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openEmbeddedBus } from '../../services/bus/embedded.ts';
import { openKafkaBus } from '../../services/bus/kafka.ts';
import type { MessageBus, OutgoingMessage } from '../../services/bus/message-bus.ts';
import { dropDeadLetter, listDeadLetters, retryDeadLetter } from '../../services/jobs/dead-letters.ts';
import { decodeResult } from '../../services/jobs/events.ts';
import { encodeJob, isBadJob, keyOf, parseJob } from '../../services/jobs/messages.ts';
import { TOPICS } from '../../services/jobs/topics.ts';
import { auditRun } from '../../training/audit/audit-run.ts';
import { KafkaCluster } from '../kafka/cluster.ts';
import { whyNoKafka } from '../kafka/install.ts';
import { publishPhotos } from '../topics/publish-images.ts';
import { writeFaces, writePlaces } from './planted-images.ts';
import { eventsOf, isEnd, kill, makePlace, type Place, readAll, startServer, trainingJob, waitFor } from './serving.ts';

const json = (job: object): OutgoingMessage => ({
  key: 'id' in job && typeof job.id === 'string' ? keyOf(job.id) : keyOf((job as { job: string }).job),
  value: Buffer.from(JSON.stringify({ schema: 1, ...job })),
});
const protobuf = (job: object): OutgoingMessage => {
  const parsed = parseJob(job, undefined);
  assert.ok(!isBadJob(parsed), JSON.stringify(parsed));
  return { key: json(job).key!, value: encodeJob(parsed) };
};
const kinds = (events: readonly { readonly kind: string }[]) =>
  events.map(({ kind }) => kind).filter((kind) => !['progress', 'checkpoint'].includes(kind));

describe('serving jobs', function () {
  this.timeout(300_000);
  const folder = mkdtempSync(path.join(tmpdir(), 'auspex-jobs-'));
  const busFolder = path.join(folder, 'bus');
  let place: Place;
  let bus: MessageBus;
  let server: ChildProcess | undefined;
  before(async () => {
    place = await makePlace(folder, ['--bus', 'embedded', '--bus-folder', busFolder]);
    bus = openEmbeddedBus(busFolder);
  });
  afterEach(async () => {
    if (server) await kill(server);
    server = undefined;
  });
  after(async () => {
    await bus.close();
    rmSync(folder, { recursive: true });
  });

  it('trains, then evaluates what was trained; JSON and protobuf, each job once however often it is sent', async () => {
    server = await startServer(place);
    const job = trainingJob(place, 'first', 30);
    await bus.publish(TOPICS.jobs, [json(job), protobuf(job), json(job)]);
    await waitFor(bus, 'first', isEnd);
    const events = await eventsOf(bus, 'first');
    assert.deepEqual(kinds(events), ['accepted', 'queued', 'started', 'succeeded']);
    assert.deepEqual(
      events.map(({ sequence }) => sequence),
      events.map((_, i) => i + 1),
    );
    const out = path.join(place.outRoot, 'first');
    assert.equal((await auditRun(out)).verdict, 'proven');

    const data = path.join(place.root, 'photos');
    const knn = { kind: 'evaluation', id: 'knn', checkpoint: out, data, protocol: 'knn', options: { size: 32, k: 3 } };
    const features = { ...knn, id: 'features', protocol: 'features', options: { size: 32 } };
    const set = { epochs: 2, size: 32, layers: ['pool', 'res5'] };
    const probe = { kind: 'evaluation', id: 'probe', checkpoint: out, data, protocol: 'linear-probe', set };
    const votes = { ...probe, id: 'votes', protocol: 'knn', set: { size: 32, k: [3] }, untrained: true };
    await bus.publish(TOPICS.evaluationRequests, [protobuf(knn), json(features), json(probe), protobuf(votes)]);
    for (const id of ['knn', 'features', 'probe', 'votes']) {
      const end = await waitFor(bus, id, isEnd);
      assert.equal(end.kind, 'succeeded', JSON.stringify(end));
    }
    const results = (await readAll(bus, TOPICS.results)).map(({ value }) => decodeResult(value));
    assert.deepEqual(results.map(({ job }) => job).sort(), ['features', 'knn', 'probe', 'votes']);
    for (const [id, keys] of [
      ['probe', [{ layer: 'pool' }, { layer: 'res5' }]],
      ['votes', [{ layer: 'pool', k: '3' }]],
    ] as const) {
      const found = results.find(({ job }) => job === id)!.result;
      assert.ok(found.kind === 'metrics', JSON.stringify(found));
      assert.equal(found.out, path.join(place.outRoot, id, 'result.json'));
      const written = JSON.parse(readFileSync(found.out, 'utf8'));
      assert.deepEqual(found.metrics, written.metrics);
      assert.deepEqual([written.checkpoint.untrained ?? false, found.images], [id === 'votes', 20]);
      assert.deepEqual(
        found.metrics.map(({ of }) => of),
        keys,
      );
    }
    const accuracy = results.find(({ job }) => job === 'knn')!.result;
    assert.ok(accuracy.kind === 'knn' && accuracy.accuracy >= 0 && accuracy.accuracy <= 1, JSON.stringify(accuracy));
    assert.ok(existsSync(path.join(place.outRoot, 'features', 'features.safetensors')));
  });

  it('trains on a topic of its own bus', async () => {
    await publishPhotos(bus, 'images', { count: 24, partitions: 2 });
    server = await startServer(place);
    await bus.publish(TOPICS.jobs, [json({ ...trainingJob(place, 'stream', 6), data: 'embedded:images' })]);
    const end = await waitFor(bus, 'stream', isEnd);
    assert.equal(end.kind, 'succeeded', JSON.stringify(end));
    assert.equal((await auditRun(path.join(place.outRoot, 'stream'))).verdict, 'proven');
    const elsewhere = { ...trainingJob(place, 'elsewhere', 6, { 'bus.folder': '/tmp' }), data: 'embedded:images' };
    const roots = { ...trainingJob(place, 'roots', 6, { 'data.referenceRoots': '[/etc]' }), data: 'embedded:images' };
    await bus.publish(TOPICS.jobs, [json(elsewhere), json(roots)]);
    const rejected = [await waitFor(bus, 'elsewhere', () => true), await waitFor(bus, 'roots', () => true)];
    assert.deepEqual(
      rejected.map((event) => event.kind === 'rejected' && event.code),
      ['INVALID_JOB', 'OUTSIDE_ROOTS'],
    );
  });

  it('turns what is no job into a dead letter with source and reason, and goes on', async () => {
    server = await startServer(place);
    const before = (await listDeadLetters(bus)).length;
    symlinkSync('/etc', path.join(place.root, 'link'));
    const good = trainingJob(place, 'good', 2);
    const poison: [OutgoingMessage, string][] = [
      [{ value: new Uint8Array() }, 'EMPTY_BODY'],
      [{ value: new Uint8Array(300_000).fill(32) }, 'BODY_TOO_LARGE'],
      [{ value: new Uint8Array([255, 254, 1]) }, 'NOT_A_JOB'],
      [{ key: keyOf('a'), value: Buffer.from('{"kind": "training"') }, 'NOT_A_JOB'],
      [{ ...json(good), key: keyOf('another') }, 'WRONG_KEY'],
      [json({ ...good, id: 'kind', kind: 'dance' }), 'UNKNOWN_KIND'],
      [json({ ...good, id: 'schema', schema: 99 }), 'UNKNOWN_JOB_SCHEMA'],
      [
        { key: keyOf('deep'), value: Buffer.from(`{"schema":${'['.repeat(6000)}${']'.repeat(6000)}}`) },
        'UNKNOWN_JOB_SCHEMA',
      ],
      [json({ ...good, id: 'outside', data: '/etc' }), 'OUTSIDE_ROOTS'],
      [json({ ...good, id: 'linked', data: path.join(place.root, 'link') }), 'OUTSIDE_ROOTS'],
      [json({ ...good, id: 'missing', data: path.join(place.root, 'none') }), 'PATH_NOT_FOUND'],
      [json({ ...good, id: 'config', set: { 'training.batchSise': '8' } }), 'CONFIG_UNKNOWN_KEY'],
      [json({ kind: 'cancellation', job: 'nobody' }), 'JOB_UNKNOWN'],
    ];
    await bus.publish(TOPICS.jobs, [...poison.map(([message]) => message), json(good)]);
    const end = await waitFor(bus, 'good', isEnd);
    assert.equal(end.kind, 'succeeded');
    const letters = (await listDeadLetters(bus)).slice(before);
    assert.deepEqual(
      letters.map(({ code }) => code),
      poison.map(([, code]) => code),
    );
    for (const { id, reason } of letters) {
      assert.match(id, /^jobs:0:\d+$/);
      assert.ok(reason.length > 10, reason);
    }
    assert.deepEqual(kinds(await eventsOf(bus, 'outside')), ['rejected']);
    // One is tried again, to no avail, and then given up.
    const [letter] = letters;
    await retryDeadLetter(bus, letter!.id);
    for (let i = 0; i < 100 && (await listDeadLetters(bus)).length < before + poison.length; i++) await sleep(100);
    const again = (await listDeadLetters(bus)).at(-1)!;
    assert.deepEqual([again.code, again.id === letter!.id], ['EMPTY_BODY', false]);
    await dropDeadLetter(bus, again.id);
    assert.equal((await listDeadLetters(bus)).length, before + poison.length - 1);
    await assert.rejects(dropDeadLetter(bus, again.id), { code: 'DEAD_LETTER_NOT_FOUND' });
  });

  it('runs each job to its end once, though the server is killed again and again', async () => {
    const steps = 900;
    const jobs = ['one', 'two', 'three'].map((id) =>
      trainingJob(place, id, steps, { 'checkpoint.everyIterations': '100' }),
    );
    server = await startServer(place);
    await bus.publish(TOPICS.jobs, jobs.map(json));
    for (const [job, step] of [
      ['one', 100],
      ['one', 400],
      ['two', 300],
    ] as const) {
      await waitFor(bus, job, (event) => event.kind === 'checkpoint' && event.step >= step);
      await kill(server);
      server = await startServer(place);
    }
    for (const { id } of jobs) {
      const end = await waitFor(bus, id, isEnd, 90);
      assert.equal(end.kind, 'succeeded', JSON.stringify(end));
      const events = await eventsOf(bus, id);
      assert.deepEqual(
        events.map(({ sequence }) => sequence),
        events.map((_, i) => i + 1),
      );
      assert.equal(events.filter(({ kind }) => kind === 'succeeded').length, 1);
      const audit = await auditRun(path.join(place.outRoot, id));
      assert.deepEqual([audit.verdict, audit.step], ['proven', steps]);
    }
  });

  it('gives up a job that waits and one that runs, which saves what it has', async () => {
    server = await startServer(place);
    await bus.publish(TOPICS.jobs, [
      json(trainingJob(place, 'long', 100_000)),
      json(trainingJob(place, 'waiting', 10)),
    ]);
    await waitFor(bus, 'long', (event) => event.kind === 'progress' && event.step > 20);
    await bus.publish(TOPICS.jobs, [json({ kind: 'cancellation', job: 'waiting' })]);
    await waitFor(bus, 'waiting', isEnd);
    assert.deepEqual(kinds(await eventsOf(bus, 'waiting')), ['accepted', 'queued', 'cancelled']);
    await bus.publish(TOPICS.jobs, [json({ kind: 'cancellation', job: 'long' })]);
    const end = await waitFor(bus, 'long', isEnd);
    assert.equal(end.kind, 'cancelled');
    assert.ok(existsSync(path.join(place.outRoot, 'long', 'checkpoints', 'latest')));
  });

  it('tries again what may pass, and gives up in the end', async () => {
    server = await startServer(place, '--maximum-attempts', '2');
    await bus.publish(TOPICS.jobs, [json(trainingJob(place, 'crashing', 100_000))]);
    const lock = path.join(place.outRoot, 'crashing', 'run.lock');
    const holder = () =>
      existsSync(lock) ? (JSON.parse(readFileSync(lock, 'utf8')) as { pid: number }).pid : undefined;
    let killed: number | undefined;
    for (const attempt of [1, 2]) {
      await waitFor(bus, 'crashing', (event) => event.kind === 'started' && event.attempt === attempt);
      for (let i = 0; i < 1200 && (holder() ?? killed) === killed; i++) await sleep(50);
      killed = holder()!;
      process.kill(killed, 'SIGKILL');
      if (attempt === 1) await waitFor(bus, 'crashing', (event) => event.kind === 'failed' && event.willRetry);
    }
    const end = await waitFor(bus, 'crashing', isEnd);
    assert.ok(end.kind === 'failed' && end.code === 'CHILD_KILLED', JSON.stringify(end));
  });

  it('takes a flood of jobs as far as its queue goes, and runs on meanwhile', async () => {
    server = await startServer(place, '--maximum-queued', '5');
    await bus.publish(TOPICS.jobs, [json(trainingJob(place, 'steady', 100_000))]);
    await waitFor(bus, 'steady', (event) => event.kind === 'progress');
    const before = (await listDeadLetters(bus)).length;
    const flood = Array.from({ length: 3000 }, (_, i) => json(trainingJob(place, `flood-${i}`, 1)));
    await bus.publish(TOPICS.jobs, flood);
    for (let i = 0; i < 300 && (await listDeadLetters(bus)).length < before + 2995; i++) await sleep(200);
    const letters = (await listDeadLetters(bus)).slice(before);
    assert.equal(letters.length, 2995);
    assert.ok(letters.every(({ code }) => code === 'QUEUE_FULL'));
    const memory = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))![1]) / 1024;
    assert.ok(memory < 600, `${memory} MiB`);
    const { step } = (await eventsOf(bus, 'steady')).filter((event) => event.kind === 'progress').at(-1)!;
    await waitFor(bus, 'steady', (event) => event.kind === 'progress' && event.step > step);
    await kill(server, 'SIGTERM');
    assert.equal(server.exitCode, 0);
    assert.equal((await eventsOf(bus, 'steady')).at(-1)!.kind, 'queued');
  });

  describe('over Kafka', () => {
    let cluster: KafkaCluster;
    let kafka: MessageBus;
    let there: Place;
    const own = mkdtempSync(path.join(tmpdir(), 'auspex-jobs-kafka-'));
    before(async function () {
      if (whyNoKafka() !== undefined) this.skip();
      cluster = await KafkaCluster.start();
      kafka = await openKafkaBus({ brokers: cluster.addresses });
      there = await makePlace(own, ['--bus', 'kafka', '--brokers', cluster.addresses.join(',')]);
    });
    after(async () => {
      await kafka?.close();
      await cluster?.stop();
      rmSync(own, { recursive: true });
    });

    it('goes on though the broker is killed while a job runs', async () => {
      server = await startServer(there);
      await kafka.publish(TOPICS.jobs, [protobuf(trainingJob(there, 'remote', 400))]);
      await waitFor(kafka, 'remote', (event) => event.kind === 'progress');
      await cluster.killBroker(1);
      await sleep(1500);
      cluster.startBroker(1);
      await cluster.ready();
      const end = await waitFor(kafka, 'remote', isEnd, 90);
      assert.equal(end.kind, 'succeeded', JSON.stringify(end));
      const data = path.join(there.root, 'photos');
      const checkpoint = path.join(there.outRoot, 'remote');
      const knn = { kind: 'evaluation', id: 'knn', checkpoint, data, protocol: 'knn', options: { size: 32, k: 3 } };
      await kafka.publish(TOPICS.evaluationRequests, [json(knn)]);
      await waitFor(kafka, 'knn', isEnd);
      assert.equal((await readAll(kafka, TOPICS.results)).length, 1);
    });

    it('answers what is asked of people and of places with what was planted, and says why it cannot', async () => {
      const [faces, places] = [path.join(there.root, 'faces'), path.join(there.root, 'places')];
      await writeFaces(faces);
      await writePlaces(places);
      const before = (await readAll(kafka, TOPICS.results)).length;
      server = await startServer(there);
      await kafka.publish(TOPICS.jobs, [json(trainingJob(there, 'base', 20))]);
      assert.equal((await waitFor(kafka, 'base', isEnd)).kind, 'succeeded');

      const checkpoint = path.join(there.outRoot, 'base');
      const groups = { groups: [['gender'], ['skintone']], minimum: 10 };
      const retrieval = { kind: 'evaluation', checkpoint, protocol: 'same-attribute-retrieval', data: faces };
      const set = { ...groups, k: [1], size: 32 };
      const linear = { classifier: 'linear', epochs: 40, batchSize: 16, learningRate: 0.5, milestones: [30] };
      const cells = { ...linear, minImages: 5, size: 32 };
      const located = { kind: 'evaluation', checkpoint, protocol: 'geolocalisation', data: places, set: cells };
      await kafka.publish(TOPICS.evaluationRequests, [
        json({ ...retrieval, id: 'faces', set }),
        protobuf({ ...retrieval, id: 'faces-again', set }),
        protobuf({ ...located, id: 'places' }),
        json({ ...retrieval, id: 'nonsense', set: { ...set, groups: [['shoes']] } }),
      ]);
      for (const id of ['faces', 'faces-again', 'places']) {
        const end = await waitFor(kafka, id, isEnd);
        assert.equal(end.kind, 'succeeded', JSON.stringify(end));
      }
      const wrong = await waitFor(kafka, 'nonsense', isEnd);
      assert.ok(wrong.kind === 'failed' && wrong.message.includes('shoes'), JSON.stringify(wrong));

      const results = (await readAll(kafka, TOPICS.results)).slice(before).map(({ value }) => decodeResult(value));
      assert.deepEqual(results.map(({ job }) => job).sort(), ['faces', 'faces-again', 'places']);
      const metricsOf = (id: string) => {
        const { result } = results.find(({ job }) => job === id)!;
        return result.kind === 'metrics' ? result.metrics : assert.fail(JSON.stringify(result));
      };
      for (const id of ['faces', 'faces-again']) {
        const difference = (attribute: string) =>
          metricsOf(id).find(({ name, of }) => name === 'P@1 difference' && of?.['attribute'] === attribute)!;
        const { value, of } = difference('gender');
        assert.deepEqual([value, of!['highest'], of!['lowest']], [0.5, 'male', 'female'], id);
        assert.equal(difference('skintone').value, 0, 'none where none was planted');
      }
      const near = metricsOf('places').find(
        ({ name, of }) => name === 'within 25 km' && of?.['classifier'] === 'linear',
      );
      assert.equal(near!.value, 0.75, 'every fourth image looks like one of another city');
    });
  });
});
