/**
 * Jobs at work: whose turn it is, the processes that run them, what these tell, and how they end.
 *
 *     queued ──its turn──▶ running ──▶ succeeded, cancelled, failed
 *        ▲                    │
 *        └── interrupted, or to be tried again
 */
import { AuspexError, messageOf } from '../../errors.ts';
import { AskedEvaluations, type Cancelled, cancelChildren, childrenOf } from './asked-evaluations.ts';
import { ASK_SERVER, ASK_VARIABLE, type Ask } from './asks.ts';
import { hasRun, prepareAttempt } from './attempt.ts';
import { ChildJob } from './child-job.ts';
import type { ChildEvent } from './child-output.ts';
import type { EventDetail, JobEvent } from './events.ts';
import type { IntakeContext, Taken } from './intake-context.ts';
import { JobLog, jobLogFile } from './job-log.ts';
import type { JobObserver } from './observer.ts';
import { MOST_TO_PUBLISH, type Publisher } from './publisher.ts';
import { type ActiveJob, afterAttempt, type Ending, type Limits, nextTurn, waitingLine } from './queue.ts';
import type { JobStore } from './store.ts';
import { tell, tellEnd } from './tell.ts';

export interface WorkOptions {
  readonly limits: Limits;
  /** Options of `auspex coordinator`: trainings that ask for ranks run on the workers that dial there. */
  readonly workers?: readonly string[];
  /** Milliseconds that a job has to end once it is asked to. */
  readonly grace: number;
  /** Sees more than the events. */
  readonly observer?: JobObserver;
  onEvent?(event: JobEvent): void;
  /** @param about which job, where it is about one */
  onWarning?(message: string, about?: { readonly job: string; readonly attempt: number }): void;
}

/** Milliseconds between two events of progress of a job. */
const PROGRESS_EVERY = 1000;
const LONGEST_MESSAGE = 2000;

/** A job at work. */
interface Attempt {
  /** From 1. */
  readonly number: number;
  child?: ChildJob;
  /** It was asked to end, perhaps before its process began. */
  interrupted: boolean;
  /** It goes on when its parent does. */
  paused: boolean;
  /** When progress was told last. */
  told: number;
}

export class JobsAtWork {
  readonly #options: WorkOptions;
  readonly #intake: IntakeContext;
  readonly #store: JobStore;
  readonly #publisher: Publisher;
  readonly #fail: (error: unknown) => void;
  readonly #asked = new AskedEvaluations();
  readonly #attempts = new Map<string, Attempt>();
  readonly #work = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #stopping = false;

  /** @param fail told of what ends the server */
  constructor(options: WorkOptions, intake: IntakeContext, publisher: Publisher, fail: (error: unknown) => void) {
    this.#options = options;
    this.#intake = intake;
    this.#store = intake.store;
    this.#publisher = publisher;
    this.#fail = fail;
  }

  /** What ran when the server ended has its turn again, with what it has saved. */
  takeUpAgain(): void {
    const inOrder = this.#store.active().sort((one, other) => one.order - other.order);
    const events = this.#store.change(() =>
      inOrder.flatMap(({ id }) => {
        // It may have ended with its parent.
        const job = this.#store.job(id);
        if (job === undefined || job.state === 'queued') return [];
        if (job.cancelling) return this.#end(job, { kind: 'cancelled' }).events;
        return [this.#queueAgain(job)];
      }),
    );
    this.#tellAll(events);
  }

  /** What came of messages that were read. */
  take(taken: readonly Taken[]): void {
    this.#tellAll(taken.flatMap(({ events }) => events));
    for (const { interrupts = [] } of taken) for (const id of interrupts) this.#interrupt(id);
    this.startDue();
  }

  /** Asks all that runs to end, and waits for it; all of it is queued again. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    for (const id of this.#attempts.keys()) this.#interrupt(id);
    await Promise.all(this.#work);
  }

  /** Starts what has its turn. */
  startDue(): void {
    if (this.#stopping) return;
    clearTimeout(this.#timer);
    const now = Date.now();
    const { start, lookAgainAt } = nextTurn(this.#store.active(), now, this.#options.limits, (id) =>
      this.#asked.has(id),
    );
    for (const job of start) {
      const work = this.#attempt(job).catch((error: unknown) => this.#fail(error));
      this.#work.add(work);
      void work.finally(() => this.#work.delete(work));
    }
    if (lookAgainAt !== undefined)
      this.#timer = setTimeout(() => this.#lookAgain(), Math.min(lookAgainAt - now, 60_000));
  }

  /** A timer has nobody to throw at. */
  #lookAgain(): void {
    try {
      this.startDue();
    } catch (error) {
      this.#fail(error);
    }
  }

  async #attempt(queued: ActiveJob): Promise<void> {
    const job: ActiveJob = { ...queued, state: 'running', attempts: queued.attempts + 1 };
    const { id, attempts: attempt } = job;
    this.#change(job, [
      ...(attempt > 1 ? [{ kind: 'retrying', attempt } as const] : []),
      { kind: 'started', attempt, resumed: hasRun(this.#intake.outRoot, job) },
    ]);
    const current: Attempt = { number: attempt, interrupted: false, paused: false, told: 0 };
    this.#attempts.set(id, current);
    const ending = await this.#runProcess(job, current);
    this.#attempts.delete(id);
    this.#asked.forget(id);
    this.#ended(id, ending, current);
    this.#pauseChildren(id);
    this.startDue();
  }

  async #runProcess(job: ActiveJob, current: Attempt): Promise<Ending> {
    try {
      const args = await prepareAttempt(job, this.#intake.roots, this.#intake.outRoot, this.#options.workers);
      if (current.interrupted)
        return { kind: 'failed', code: 'CHILD_STOPPED', message: 'It was asked to end before it began.' };
      return await this.#runChild(job, current, args);
    } catch (error) {
      const code = error instanceof AuspexError ? error.code : 'INTERNAL';
      return { kind: 'failed', code, message: messageOf(error).slice(0, LONGEST_MESSAGE) };
    }
  }

  async #runChild(active: ActiveJob, current: Attempt, args: readonly string[]): Promise<Ending> {
    const { id, job, attempts: attempt } = active;
    const traceId = active.traceparent?.split('-')[1];
    const { observer } = this.#options;
    const onWarning = (message: string) => this.#warn(`job ${id}: ${message}`, { job: id, attempt });
    const log = new JobLog(jobLogFile(this.#intake.outRoot, id), { job: id, attempt, traceId, onWarning });
    try {
      current.child = new ChildJob(job, args, {
        log,
        environment: {
          ...observer?.starting?.(active),
          ...(job.kind === 'training' && { [ASK_VARIABLE]: ASK_SERVER }),
        },
        yields: active.parent !== undefined,
        onEvent: (event) => this.#childTold(id, current, event),
        onAsk: (ask) => this.#childAsked(id, current, ask),
        onTraining: (line) => observer?.training?.(id, line),
      });
      const ending = await current.child.ended;
      log.ended(ending);
      return ending;
    } finally {
      log.close();
    }
  }

  #childTold(id: string, current: Attempt, event: ChildEvent): void {
    if (event.kind === 'warning') {
      this.#warn(`job ${id}: ${event.message}`, { job: id, attempt: current.number });
      return;
    }
    if (event.kind === 'progress') {
      const now = performance.now();
      const isSoon = current.told > 0 && now - current.told < PROGRESS_EVERY;
      if (isSoon || this.#store.numToPublish >= MOST_TO_PUBLISH) return;
      current.told = now;
    }
    try {
      this.#tellAll([this.#store.change(() => tell(this.#store, id, event))]);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** A training wants one of its checkpoints evaluated, or no longer. */
  #childAsked(id: string, current: Attempt, ask: Ask): void {
    // What it asks for while the server ends, it asks for again afterwards.
    if (this.#stopping || this.#attempts.get(id) !== current) return;
    try {
      const { events, over } = this.#asked.take(this.#intake, id, ask, (answer) => current.child?.answer(answer));
      this.#tellAll(events);
      if (over !== undefined) this.#endAtOnce(over);
      this.startDue();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** What a training has asked for runs in its slot, which is no longer its own until it runs again. */
  #pauseChildren(parent: string): void {
    for (const { id } of childrenOf(this.#store, parent)) {
      const attempt = this.#attempts.get(id);
      if (!attempt) continue;
      attempt.paused = true;
      this.#endAtOnce(id);
    }
  }

  /** What has nothing to save. */
  #endAtOnce(id: string): void {
    const attempt = this.#attempts.get(id);
    if (!attempt) return;
    attempt.interrupted = true;
    attempt.child?.kill();
  }

  #interrupt(id: string): void {
    const attempt = this.#attempts.get(id);
    if (!attempt) return;
    attempt.interrupted = true;
    attempt.child?.interrupt(this.#options.grace);
  }

  #ended(id: string, ending: Ending, { paused }: Attempt): void {
    const job = this.#store.job(id);
    if (!job) return;
    const moment = { stopping: this.#stopping || paused, now: Date.now(), random: Math.random() };
    const next = afterAttempt(job, ending, moment, this.#options.limits);
    switch (next.kind) {
      case 'interrupted':
        this.#tellAll([this.#store.change(() => this.#queueAgain(job))]);
        break;
      case 'retry': {
        const { code, message, notBefore } = next;
        const retryAt = new Date(notBefore).toISOString();
        const queued: ActiveJob = { ...job, state: 'queued', failures: job.failures + 1, notBefore };
        this.#change(queued, [{ kind: 'failed', code, message, willRetry: true, retryAt }]);
        break;
      }
      case 'failed':
        this.#finish(job, { ...next, willRetry: false, retryAt: '' });
        break;
      case 'succeeded':
      case 'cancelled':
        this.#finish(job, next);
        break;
    }
  }

  /** Where it was in the queue. To be called within a change of the store. */
  #queueAgain(job: ActiveJob): JobEvent {
    this.#store.putJob({ ...job, state: 'queued' });
    const place = waitingLine(this.#store.active()).findIndex(({ id }) => id === job.id);
    // What a training has asked for stands in no line.
    return tell(this.#store, job.id, { kind: 'queued', position: Math.max(1, place + 1) });
  }

  #finish(job: ActiveJob, detail: EventDetail): void {
    const { events, interrupts } = this.#store.change(() => this.#end(job, detail));
    this.#tellAll(events);
    for (const id of interrupts) this.#interrupt(id);
  }

  /** The job's last event, after its result where it has one, and the end of what it has asked for. To be called within a change of the store. */
  #end(job: ActiveJob, detail: EventDetail): Cancelled {
    this.#store.removeJob(job.id);
    const event = tellEnd(this.#store, job, detail);
    const { events, interrupts } = cancelChildren(this.#store, job.id);
    return { events: [event, ...events], interrupts };
  }

  #change(job: ActiveJob, details: readonly EventDetail[]): void {
    const events = this.#store.change(() => {
      this.#store.putJob(job);
      return details.map((detail) => tell(this.#store, job.id, detail));
    });
    this.#tellAll(events);
  }

  #tellAll(events: readonly JobEvent[]): void {
    this.#publisher.wake();
    for (const event of events) {
      this.#options.onEvent?.(event);
      this.#asked.told(event, this.#intake.outRoot);
    }
  }

  #warn(message: string, about?: { readonly job: string; readonly attempt: number }): void {
    this.#options.onWarning?.(message, about);
  }
}
