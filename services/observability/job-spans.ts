/**
 * The server's part of a job's trace, which whoever submitted the job may have begun:
 *
 *     submit ──▶ take in ─┬─▶ wait in queue
 *                         ├─▶ attempt 1 ──▶ the process that works on the job
 *                         └─▶ attempt 2 ...
 *
 * What hangs below `take in` was kept with the job, so a server that is started again goes on with the trace.
 */
import type { JobEvent } from '../jobs/events.ts';
import type { JobObserver } from '../jobs/observer.ts';
import type { ActiveJob } from '../jobs/queue.ts';
import { environmentOf } from './process-trace.ts';
import type { Span, Tracing } from './span.ts';

interface JobTrace {
  readonly parent: string | undefined;
  waiting?: Span;
  attempt?: Span;
}

export class JobSpans implements Pick<JobObserver, 'accepted' | 'starting'> {
  readonly #tracing: Tracing;
  readonly #jobs = new Map<string, JobTrace>();

  constructor(tracing: Tracing) {
    this.#tracing = tracing;
  }

  accepted(id: string, headers: Readonly<Record<string, string>>): string | undefined {
    const attributes = { 'auspex.job': id };
    const span = this.#tracing.start('take in', { parent: headers['traceparent'], kind: 'consumer', attributes });
    span.end();
    this.#jobs.set(id, { parent: span.traceparent });
    return span.traceparent;
  }

  starting({ id, attempts, traceparent }: ActiveJob): Readonly<Record<string, string>> {
    const job = this.#jobs.get(id) ?? { parent: traceparent };
    this.#jobs.set(id, job);
    job.attempt = this.#start('attempt', id, job, { 'auspex.attempt': attempts });
    return environmentOf(job.attempt);
  }

  event(event: JobEvent): void {
    const job = this.#jobs.get(event.job);
    if (!job) return;
    switch (event.kind) {
      case 'queued':
        job.attempt?.end('the server ended');
        job.waiting = this.#start('wait in queue', event.job, job);
        return;
      case 'started':
        job.waiting?.end();
        return;
      case 'failed':
        job.attempt?.end(`${event.code}: ${event.message}`);
        if (event.willRetry) job.waiting = this.#start('wait to try again', event.job, job);
        else this.#jobs.delete(event.job);
        return;
      case 'succeeded':
      case 'cancelled':
        job.waiting?.end();
        job.attempt?.end();
        this.#jobs.delete(event.job);
        return;
      default:
    }
  }

  /** Ends what is open. */
  close(): void {
    for (const { waiting, attempt } of this.#jobs.values()) {
      waiting?.end();
      attempt?.end('the server ended');
    }
    this.#jobs.clear();
  }

  #start(name: string, id: string, { parent }: JobTrace, attributes = {}): Span {
    return this.#tracing.start(name, { parent, attributes: { 'auspex.job': id, ...attributes } });
  }
}
