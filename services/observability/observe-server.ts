/** All that is seen of a server of jobs: its metrics, and its part of jobs' traces. */
import type { MessageBus } from '../bus/message-bus.ts';
import type { JobEvent } from '../jobs/events.ts';
import type { JobObserver } from '../jobs/observer.ts';
import { JobMetrics } from './job-metrics.ts';
import { JobSpans } from './job-spans.ts';
import { MetricRegistry } from './metric-registry.ts';
import type { Tracing } from './span.ts';
import { TrainingMetrics } from './training-metrics.ts';

export interface ServerObservation {
  readonly registry: MetricRegistry;
  readonly tracing: Tracing;
  readonly observer: JobObserver;
  event(event: JobEvent): void;
  /** Ends spans that are open; what traces them is for the caller to close. */
  close(): void;
}

/** @param stateFolder of the server */
export function observeServer(bus: MessageBus, stateFolder: string, tracing: Tracing): ServerObservation {
  const registry = new MetricRegistry();
  registry.addProcessMetrics();
  const jobs = new JobMetrics(registry);
  const trainings = new TrainingMetrics(registry);
  const spans = new JobSpans(tracing);
  return {
    registry,
    tracing,
    observer: {
      serving: (view) => jobs.watch(registry, view, bus, stateFolder),
      accepted: (id, headers) => spans.accepted(id, headers),
      starting: (job) => spans.starting(job),
      training: (job, line) => trainings.observe(job, line),
    },
    event(event) {
      jobs.event(event);
      spans.event(event);
      const isEnd = event.kind === 'failed' ? !event.willRetry : ['succeeded', 'cancelled'].includes(event.kind);
      if (isEnd) trainings.ended(event.job);
    },
    close: () => spans.close(),
  };
}
