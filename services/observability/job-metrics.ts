/** The metrics of the server of jobs: from the events that it tells, and from its state when somebody asks. */
import { statSync } from 'node:fs';
import path from 'node:path';
import type { MessageBus } from '../bus/message-bus.ts';
import type { JobEvent } from '../jobs/events.ts';
import type { ServerView } from '../jobs/observer.ts';
import { INCOMING } from '../jobs/topics.ts';
import { knownLabels } from './known-labels.ts';
import type { CounterMetric, GaugeMetric, HistogramMetric, MetricRegistry } from './metric-registry.ts';

/** Seconds, from half a second to a day. */
const QUEUE_BUCKETS = [0.5, 1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400];
const RUN_BUCKETS = [1, 5, 15, 60, 300, 900, 3600, 14_400, 43_200, 86_400, 604_800];
/** Milliseconds in which the bus has to say how far its topics go. */
const BUS_PATIENCE = 2000;
const STATES = ['queued', 'waiting', 'running'] as const;

interface Moments {
  readonly work: string;
  /** Milliseconds since 1970: since when it waits for a process, and since when it has one. */
  readonly queued?: number;
  readonly started?: number;
}

export class JobMetrics {
  readonly #events: CounterMetric<'kind'>;
  readonly #ended: CounterMetric<'outcome'>;
  readonly #attempts: CounterMetric<'work'>;
  readonly #failures: CounterMetric<'code' | 'retried'>;
  readonly #rejections: CounterMetric<'code'>;
  readonly #queueSeconds: HistogramMetric<'work'>;
  readonly #runSeconds: HistogramMetric<'work' | 'outcome'>;
  readonly #jobs: GaugeMetric<'state'>;
  readonly #unpublished: GaugeMetric<never>;
  readonly #lag: GaugeMetric<'topic'>;
  readonly #reachable: GaugeMetric<never>;
  readonly #storeBytes: GaugeMetric<never>;
  readonly #failureCode = knownLabels(200);
  readonly #rejectionCode = knownLabels(200);
  readonly #moments = new Map<string, Moments>();

  constructor(registry: MetricRegistry) {
    this.#jobs = registry.gauge(
      'auspex_jobs',
      'Jobs that have not ended, by state; waiting ones have failed and are tried again.',
      ['state'],
    );
    this.#events = registry.counter('auspex_job_events_total', 'Events of jobs, as the topic job-events has them.', [
      'kind',
    ]);
    this.#ended = registry.counter('auspex_jobs_ended_total', 'Jobs that have come to their end.', ['outcome']);
    this.#attempts = registry.counter('auspex_job_attempts_total', 'Processes that were started for jobs.', ['work']);
    this.#failures = registry.counter(
      'auspex_job_failures_total',
      'Attempts that failed, by error code, and whether the job is tried again.',
      ['code', 'retried'],
    );
    this.#rejections = registry.counter(
      'auspex_job_rejections_total',
      'Messages that were not accepted as jobs and name one, by reason.',
      ['code'],
    );
    this.#queueSeconds = registry.histogram(
      'auspex_job_queue_seconds',
      'How long jobs waited for a process when they could have had one.',
      QUEUE_BUCKETS,
      ['work'],
    );
    this.#runSeconds = registry.histogram(
      'auspex_job_run_seconds',
      'How long attempts took, by how they ended.',
      RUN_BUCKETS,
      ['work', 'outcome'],
    );
    this.#unpublished = registry.gauge('auspex_bus_unpublished_messages', 'Messages that wait to be published.');
    this.#lag = registry.gauge('auspex_bus_lag_messages', 'Messages of an incoming topic that were not read yet.', [
      'topic',
    ]);
    this.#reachable = registry.gauge('auspex_bus_reachable', 'Whether the bus said how far its topics go, 1 or 0.');
    this.#storeBytes = registry.gauge('auspex_store_size_bytes', 'What the state of the server takes on its disk.');
  }

  /** Looks into the server whenever somebody asks. */
  watch(registry: MetricRegistry, server: ServerView, bus: MessageBus, stateFolder: string): void {
    registry.beforeScrape(async () => {
      this.#countJobs(server);
      this.#unpublished.set({}, server.numToPublish);
      this.#storeBytes.set({}, statSync(path.join(stateFolder, 'data.mdb')).size);
      await this.#measureLag(server, bus);
    });
  }

  event(event: JobEvent): void {
    this.#events.add({ kind: event.kind });
    const at = Date.parse(event.time);
    const known = this.#moments.get(event.job);
    const work = known?.work ?? 'unknown';
    switch (event.kind) {
      case 'accepted':
        this.#moments.set(event.job, { work: event.work });
        return;
      case 'queued':
        if (known?.started !== undefined) this.#ranFor(known, at, 'interrupted');
        this.#moments.set(event.job, { work, queued: at });
        return;
      case 'started':
        this.#attempts.add({ work });
        if (known?.queued !== undefined) this.#queueSeconds.observe({ work }, Math.max(0, at - known.queued) / 1000);
        this.#moments.set(event.job, { work, started: at });
        return;
      case 'failed':
        this.#failures.add({ code: this.#failureCode(event.code), retried: String(event.willRetry) });
        this.#ranFor(known, at, 'failed');
        if (event.willRetry) this.#moments.set(event.job, { work, queued: Date.parse(event.retryAt) });
        else this.#end(event.job, 'failed');
        return;
      case 'succeeded':
      case 'cancelled':
        this.#ranFor(known, at, event.kind);
        this.#end(event.job, event.kind);
        return;
      case 'rejected':
        this.#rejections.add({ code: this.#rejectionCode(event.code) });
        return;
      default:
    }
  }

  #ranFor(known: Moments | undefined, end: number, outcome: string): void {
    if (known?.started === undefined) return;
    this.#runSeconds.observe({ work: known.work, outcome }, Math.max(0, end - known.started) / 1000);
  }

  #end(job: string, outcome: string): void {
    this.#ended.add({ outcome });
    this.#moments.delete(job);
  }

  #countJobs(server: ServerView): void {
    const now = Date.now();
    const states = server
      .active()
      .map((job) => (job.state === 'queued' && job.notBefore > now ? 'waiting' : job.state));
    for (const state of STATES) this.#jobs.set({ state }, states.filter((other) => other === state).length);
  }

  /** A bus that is away is a value of its own and no reason to answer nothing: what is known without it is still good. */
  async #measureLag(server: ServerView, bus: MessageBus): Promise<void> {
    const lags = Promise.all(INCOMING.map(async (topic) => ({ topic, lag: await lagOf(server, bus, topic) })));
    const known = await inTime(lags, BUS_PATIENCE).catch(() => undefined);
    this.#reachable.set({}, known ? 1 : 0);
    this.#lag.clear();
    for (const { topic, lag } of known ?? []) this.#lag.set({ topic }, lag);
  }
}

async function lagOf(server: ServerView, bus: MessageBus, topic: string): Promise<number> {
  const ranges = await bus.ranges(topic);
  return ranges.reduce(
    (sum, { partition, begin, end }) =>
      sum + Math.max(0, end - Math.max(begin, server.offset(topic, partition) ?? begin)),
    0,
  );
}

async function inTime<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds} ms`)), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
