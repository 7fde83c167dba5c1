/** What is seen of a server that trains on two ranks: its metrics, and one trace across all of its processes. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openEmbeddedBus } from '../../services/bus/embedded.ts';
import type { MessageBus } from '../../services/bus/message-bus.ts';
import { connect } from '../../services/client/index.ts';
import { isEnd, kill, makePlace, type Place, trainingJob, waitFor } from '../jobs/serving.ts';
import { auspex } from '../services/cli/run.ts';
import { parseExposition } from './exposition.ts';
import { type Collector, type ObservedServer, startCollector, startObserved } from './observed-server.ts';
import { checkWithPromtool, whyNoPromtool } from './prometheus.ts';

describe('a server that is observed', function () {
  this.timeout(300_000);
  const folder = mkdtempSync(path.join(tmpdir(), 'auspex-observed-'));
  let place: Place;
  let bus: MessageBus;
  let collector: Collector;
  let server: ObservedServer;
  let scraped = '';

  before(async () => {
    const busFolder = path.join(folder, 'bus');
    place = await makePlace(folder, ['--bus', 'embedded', '--bus-folder', busFolder]);
    bus = openEmbeddedBus(busFolder);
    collector = await startCollector();
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, OTEL_BSP_SCHEDULE_DELAY: '200' };
    server = await startObserved(place, environment);
    const file = path.join(folder, 'job.json');
    const settings = { 'optimizer.larc': 'true', 'training.iterations': '120', 'checkpoint.everyIterations': '60' };
    const more = { 'data.heldOutShare': '0.3', 'quality.everyIterations': '60' };
    writeFileSync(path.join(place.root, 'photos', 'cats', 'broken.jpg'), 'no image');
    writeFileSync(file, JSON.stringify({ ...trainingJob(place, 'seen', 120, { ...settings, ...more }), ranks: '2' }));
    const submitted = auspex(['submit', file, ...place.bus], environment);
    assert.equal(submitted.code, 0, submitted.stderr);
    const end = await waitFor(bus, 'seen', isEnd, 90);
    assert.equal(end.kind, 'succeeded', JSON.stringify(end));
    const client = connect(server.api);
    const { config, data, set } = trainingJob(place, 'called', 2);
    await client.jobs.submitJob({ id: 'called', training: { config, data, set } });
    for await (const _ of client.jobs.streamJobEvents({ id: 'called' }));
    await assert.rejects(client.jobs.getJob({ id: 'nobody' }));
    client.close();
    scraped = await (await fetch(server.metrics)).text();
    // What it traced is sent when it ends.
    await kill(server.process, 'SIGTERM');
  });
  after(async () => {
    if (server) await kill(server.process);
    await collector?.close();
    await bus?.close();
    rmSync(folder, { recursive: true });
  });

  it('counts calls of the API, and begins the trace of a job with the call that submitted it', () => {
    const { value } = parseExposition(scraped);
    const of = (method: string, code: string) => ({ service: 'auspex.v1.JobService', method, code });
    assert.equal(value('auspex_rpc_requests_total', of('SubmitJob', 'OK')), 1);
    assert.equal(value('auspex_rpc_requests_total', of('GetJob', 'NOT_FOUND')), 1);
    const stream = { service: 'auspex.v1.JobService', method: 'StreamJobEvents' };
    assert.equal(value('auspex_rpc_streams', stream), 0);
    assert.ok(value('auspex_rpc_stream_messages_total', { ...stream, direction: 'sent' })! >= 3);
    const call = collector.spans.find(({ name }) => name === 'auspex.v1.JobService/SubmitJob')!;
    assert.equal(call.parent, undefined);
    const others = collector.spans.filter(({ traceId, spanId }) => traceId === call.traceId && spanId !== call.spanId);
    assert.ok(
      others.some(({ pid }) => pid !== call.pid),
      'the process of the job',
    );
  });

  it('tells of jobs, of their training and of itself', () => {
    const { value, samples } = parseExposition(scraped);
    assert.equal(value('auspex_jobs_ended_total', { outcome: 'succeeded' }), 2);
    assert.equal(value('auspex_job_attempts_total', { work: 'training' }), 2);
    assert.equal(value('auspex_job_queue_seconds_count', { work: 'training' }), 2);
    assert.equal(value('auspex_job_run_seconds_count', { work: 'training', outcome: 'succeeded' }), 2);
    assert.equal(value('auspex_jobs', { state: 'running' }), 0);
    assert.equal(value('auspex_bus_lag_messages', { topic: 'jobs' }), 0);
    assert.equal(value('auspex_bus_reachable'), 1);
    assert.ok(value('auspex_store_size_bytes')! > 0);
    assert.ok(value('auspex_process_resident_memory_bytes')! > 1e6);
    assert.ok(value('auspex_nodejs_eventloop_lag_p99_seconds')! >= 0);

    const of = { job_id: 'seen' };
    assert.equal(value('auspex_training_step', of), 120);
    assert.equal(value('auspex_training_planned_steps', of), 120);
    assert.equal(value('auspex_training_step_seconds_count', of), 120);
    assert.equal(value('auspex_training_ranks', of), 2);
    assert.equal(value('auspex_training_worlds_total', of), 1);
    assert.equal(value('auspex_training_checkpoint_seconds_count', of), 2);
    assert.ok(value('auspex_training_checkpoint_size_bytes', of)! > 1000);
    assert.equal(
      samples.filter(
        ({ name, labels }) => name === 'auspex_training_skipped_images_total' && labels['job_id'] === 'seen',
      ).length,
      1,
    );
    for (const name of ['loss', 'learning_rate', 'images_per_second', 'effective_rank', 'knn_accuracy_ratio']) {
      assert.ok(value(`auspex_training_${name}`, of)! > 0, name);
    }
    for (const name of ['data_wait_ratio', 'communication_wait_ratio']) {
      const share = value(`auspex_training_${name}`, of)!;
      assert.ok(share >= 0 && share <= 1, `${name} ${share}`);
    }
    for (const rank of ['0', '1', 'coordinator']) {
      assert.ok(value('auspex_training_resident_memory_bytes', { ...of, rank })! > 1e6, rank);
    }
    assert.equal(value('auspex_actor_restarts', { ...of, rank: '1', actor: 'gpu-worker' }), 0);
    assert.ok(value('auspex_actor_mailbox_messages', { ...of, rank: '0', actor: 'gpu-worker/data-loader' })! >= 0);
  });

  it('tells it in a form that Prometheus takes, without a remark', function () {
    const why = whyNoPromtool();
    if (why) this.skip();
    assert.equal(checkWithPromtool(['check', 'metrics'], scraped), '');
  });

  it('makes a job one trace, from whoever submitted it to its ranks', () => {
    // Those that began with a call are another test's.
    const called = new Set(
      collector.spans.filter(({ name }) => name.startsWith('auspex.v1.')).map(({ traceId }) => traceId),
    );
    const spans = collector.spans.filter(({ traceId }) => !called.has(traceId));
    const root = spans.find(({ name }) => name === 'submit')!;
    assert.equal(root.parent, undefined);
    const byId = new Map(spans.map((span) => [span.spanId, span]));
    assert.deepEqual(new Set(spans.map(({ traceId }) => traceId)), new Set([root.traceId]));
    for (const { name, parent } of spans) assert.ok(name === 'submit' || byId.has(parent!), `${name} hangs in the air`);
    const pathOf = (name: string) => {
      const names: string[] = [];
      for (let span = spans.find((one) => one.name === name); span; span = byId.get(span.parent ?? '')) {
        names.unshift(`${span.service}: ${span.name}`);
      }
      return names.join(' > ');
    };
    const training = 'auspex-submit: submit > auspex-server: take in > auspex-server: attempt > auspex-train: training';
    assert.equal(
      pathOf('wait in queue'),
      'auspex-submit: submit > auspex-server: take in > auspex-server: wait in queue',
    );
    for (const name of ['start-up', 'first step', 'step', 'checkpoint']) {
      assert.equal(pathOf(name), `${training} > auspex-train: ${name}`);
    }
    const asking = `${training} > auspex-worker: rank process > auspex-worker: ask agree`;
    assert.equal(pathOf('answer agree'), `${asking} > auspex-coordinator: answer agree`);
    assert.equal(pathOf('coordinator'), `${training} > auspex-coordinator: coordinator`);

    const count = (wanted: string) => spans.filter(({ name }) => name === wanted).length;
    assert.deepEqual([count('first step'), count('step'), count('checkpoint'), count('rank process')], [1, 1, 2, 2]);
    const processes = new Map(spans.map(({ pid, service }) => [pid, service]));
    const services = ['coordinator', 'server', 'submit', 'train', 'worker', 'worker'].map((name) => `auspex-${name}`);
    assert.deepEqual([...processes.values()].sort(), services);
    assert.deepEqual(
      spans.filter(({ failed }) => failed),
      [],
    );
    const log = readFileSync(path.join(place.outRoot, 'seen', 'log.jsonl'), 'utf8')
      .trimEnd()
      .split('\n');
    const traceIds = new Set(log.map((line) => (JSON.parse(line) as { traceId?: string }).traceId));
    assert.deepEqual([...traceIds], [root.traceId]);
    // Asks are sampled: far fewer than steps.
    assert.ok(count('ask agree') >= 2 && count('ask agree') < 60, `${count('ask agree')} asks`);
  });
});
