/** Metrics from events, without a server. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EventDetail, JobEvent } from '../../services/jobs/events.ts';
import { ObservabilityError } from '../../services/observability/errors.ts';
import { JobMetrics } from '../../services/observability/job-metrics.ts';
import { knownLabels } from '../../services/observability/known-labels.ts';
import { MetricRegistry } from '../../services/observability/metric-registry.ts';
import { metricsRoute, serveMetrics } from '../../services/observability/metrics-endpoint.ts';
import { rpcMetrics } from '../../services/observability/rpc-metrics.ts';
import { TrainingMetrics } from '../../services/observability/training-metrics.ts';
import { parseExposition } from './exposition.ts';

async function read(registry: MetricRegistry) {
  return parseExposition((await registry.exposition()).text);
}

const START = Date.parse('2026-01-01T00:00:00Z');
/** Events of a job, each with the second in which it happened. */
function events(...details: readonly (readonly [number, EventDetail])[]): JobEvent[] {
  return details.map(([second, detail], i) => {
    const time = new Date(START + 1000 * second).toISOString();
    return { ...detail, job: 'a', sequence: i + 1, time };
  });
}

describe('metrics of jobs', () => {
  it('time the queue and every attempt, and count failures by code', async () => {
    const registry = new MetricRegistry();
    const metrics = new JobMetrics(registry);
    const retryAt = new Date(START + 60_000).toISOString();
    const failure = { kind: 'failed', code: 'CHILD_KILLED', message: '', willRetry: true, retryAt } as const;
    for (const event of events(
      [0, { kind: 'accepted', work: 'training', digest: '', source: '' }],
      [0, { kind: 'queued', position: 1 }],
      [3, { kind: 'started', attempt: 1, resumed: false }],
      [50, failure],
      [62, { kind: 'retrying', attempt: 2 }],
      [62, { kind: 'started', attempt: 2, resumed: true }],
      [162, { ...failure, willRetry: false, retryAt: '' }],
    )) {
      metrics.event(event);
    }
    const { value } = await read(registry);
    const code = 'CHILD_KILLED';
    assert.equal(value('auspex_job_failures_total', { code, retried: 'true' }), 1);
    assert.equal(value('auspex_job_failures_total', { code, retried: 'false' }), 1);
    assert.equal(value('auspex_job_attempts_total', { work: 'training' }), 2);
    // 3 seconds, and 2 more than it had to wait before it might be tried again.
    assert.equal(value('auspex_job_queue_seconds_sum', { work: 'training' }), 5);
    assert.equal(value('auspex_job_run_seconds_sum', { work: 'training', outcome: 'failed' }), 147);
    assert.equal(value('auspex_jobs_ended_total', { outcome: 'failed' }), 1);
  });

  it('have few values of each label, whatever comes', () => {
    const label = knownLabels(2);
    const values = ['NO_IMAGES', 'x y', 'INTERNAL', 'ONE_MORE', 'NO_IMAGES', ''].map(label);
    assert.deepEqual(values, ['NO_IMAGES', 'OTHER', 'INTERNAL', 'OTHER', 'NO_IMAGES', 'OTHER']);
  });
});

describe('metrics of trainings', () => {
  const step = { event: 'step', step: 1, loss: 2, imagesPerSecond: 10 } as const;

  it('go some time after the job has ended, unless it goes on, and leave those of other jobs', async () => {
    const registry = new MetricRegistry();
    const metrics = new TrainingMetrics(registry, { keptFor: 1 });
    const seriesOf = async (job: string) =>
      (await read(registry)).samples.filter(({ labels }) => labels['job_id'] === job);
    for (const job of ['a', 'b']) {
      metrics.observe(job, { event: 'start', step: 0, total: 9, batchSize: 8 });
      metrics.observe(job, step);
      metrics.observe(job, { event: 'skipped', code: 'TRUNCATED' });
      const actors = [{ path: 'gpu-worker/data-loader-3', mailboxDepth: 2, restarts: 0 }];
      metrics.observe(job, { event: 'processes', processes: [{ rank: 0, residentBytes: 5, actors }] });
    }
    const before = (await seriesOf('b')).length;
    assert.ok(before > 20, `${before} series`);
    metrics.ended('a');
    metrics.ended('b');
    metrics.observe('b', step);
    while ((await seriesOf('a')).length > 0) await sleep(5);
    assert.equal((await seriesOf('b')).length, before);
  });

  it('time steps, name actors without the number of their world, and have NaN for a loss that is not finite', async () => {
    const registry = new MetricRegistry();
    const metrics = new TrainingMetrics(registry);
    metrics.observe('a', { event: 'start', step: 0, total: 9, batchSize: 8 });
    metrics.observe('a', { ...step, loss: null });
    for (const world of [3, 4]) {
      const actors = [{ path: `gpu-worker/data-loader-${world}`, mailboxDepth: world, restarts: 0 }];
      metrics.observe('a', { event: 'processes', processes: [{ rank: 1, residentBytes: 5, actors }] });
    }
    const { value, samples } = await read(registry);
    assert.equal(value('auspex_training_step_seconds_sum', { job_id: 'a' }), 0.8);
    assert.ok(Number.isNaN(value('auspex_training_loss', { job_id: 'a' })));
    const mailboxes = samples.filter(({ name }) => name === 'auspex_actor_mailbox_messages');
    assert.deepEqual(
      mailboxes.map(({ labels, value }) => [labels['actor'], value]),
      [['gpu-worker/data-loader', 4]],
    );
  });
});

describe('metrics of calls', () => {
  it('count calls by code, and streams while they are open', async () => {
    const registry = new MetricRegistry();
    const metrics = rpcMetrics(registry);
    const rpc = { service: 'auspex.v1.JobService', method: 'Follow' };
    metrics.streamOpened(rpc);
    metrics.streamOpened(rpc);
    metrics.message(rpc, 'sent');
    metrics.streamClosed(rpc);
    metrics.ended(rpc, 'NOT_FOUND', 0.02);
    const { value } = await read(registry);
    assert.equal(value('auspex_rpc_streams', rpc), 1);
    assert.equal(value('auspex_rpc_requests_total', { ...rpc, code: 'NOT_FOUND' }), 1);
    assert.equal(value('auspex_rpc_stream_messages_total', { ...rpc, direction: 'sent' }), 1);
    assert.equal(value('auspex_rpc_seconds_bucket', { ...rpc, le: '0.025' }), 1);
    assert.equal(value('auspex_rpc_seconds_bucket', { ...rpc, le: '0.01' }), 0);
  });
});

describe('the place where metrics are read', () => {
  it('answers at /metrics and nowhere else, with what another server may answer too', async () => {
    const registry = new MetricRegistry();
    registry.gauge('auspex_test', 'A test.').set({}, 3);
    const server = await serveMetrics(registry, { host: '127.0.0.1', port: 0 });
    try {
      const answer = await fetch(server.url);
      const route = await metricsRoute(registry)();
      assert.equal(answer.headers.get('content-type'), route.contentType);
      assert.equal(await answer.text(), route.text);
      assert.equal(parseExposition(route.text).value('auspex_test'), 3);
      assert.equal((await fetch(server.url.replace('metrics', ''))).status, 404);
      assert.equal((await fetch(server.url, { method: 'POST' })).status, 405);
    } finally {
      await server.close();
    }
  });

  it('says why there are none', async () => {
    const registry = new MetricRegistry();
    registry.beforeScrape(() => {
      throw new Error('a test');
    });
    const server = await serveMetrics(registry, { host: '127.0.0.1', port: 0 });
    const answer = await fetch(server.url);
    assert.equal(answer.status, 500);
    assert.match(await answer.text(), /a test/);
    await server.close();
  });

  it('is an error where somebody else listens', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    await assert.rejects(
      serveMetrics(new MetricRegistry(), { host: '127.0.0.1', port }),
      (error) => error instanceof ObservabilityError && error.code === 'METRICS_LISTEN_FAILED',
    );
    other.close();
  });
});
