/**
 * The server of jobs: reads what is asked for, keeps a queue, runs each job in a process of its own, and tells what happens.
 *
 *     jobs ───────────────┐                                         ┌──▶ job-events
 *     evaluation-requests ┴▶ intake ──▶ store ──▶ publisher ────────┼──▶ evaluation-results
 *                                       ▲   │                       └──▶ dead-letters
 *                            how it ended   ▼ whose turn it is
 *                                      processes: auspex train, embed, knn
 *
 * Every step is one change of the store (store.ts), and only then takes effect outside: a process is started once it is noted that it
 * runs, and a message counts as read together with what it led to. So a kill at any moment neither loses nor repeats a job.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { AuspexError, messageOf } from '../../errors.ts';
import type { ResolvedConfig } from '../../training/config.ts';
import type { Message, MessageBus, TopicOffset } from '../bus/message-bus.ts';
import { AskedEvaluations, type Cancelled, cancelChildren, childrenOf } from './asked-evaluations.ts';
import { ASK_SERVER, ASK_VARIABLE, type Ask } from './asks.ts';
import { hasRun, prepareAttempt } from './attempt.ts';
import { ChildJob } from './child-job.ts';
import type { ChildEvent } from './child-output.ts';
import { JobsError } from './errors.ts';
import { type EventDetail, encodeResult, type JobEvent } from './events.ts';
import { type IntakeContext, takeIn } from './intake.ts';
import { JobLog, jobLogFile } from './job-log.ts';
import { keyOf } from './messages.ts';
import type { JobObserver } from './observer.ts';
import { Publisher } from './publisher.ts';
import { type ActiveJob, afterAttempt, type Ending, type Limits, nextTurn, waitingLine } from './queue.ts';
import { recover } from './recover.ts';
import type { Roots } from './roots.ts';
import { JobStore } from './store.ts';
import { tell } from './tell.ts';
import { INCOMING, openTopic, TOPICS } from './topics.ts';

export interface ServeOptions {
  readonly bus: MessageBus;
  /** Where topics of images are that jobs train on. */
  readonly places: ResolvedConfig['bus'];
  /** Below which jobs may read: the folder of results is one of them. */
  readonly roots: Roots;
  /** Folder without links in which every job gets one of its own. */
  readonly outRoot: string;
  readonly state: string;
  readonly limits: Limits;
  /** Options of `auspex coordinator`: trainings that ask for ranks run on the workers that dial there. */
  readonly workers?: readonly string[];
  /** Where a state that is new begins to read. */
  readonly from: 'beginning' | 'end';
  /** Milliseconds that a job has to end once it is asked to. */
  readonly grace: number;
  /** Ends the server: jobs save what they have, and are queued again. */
  readonly signal: AbortSignal;
  /** Sees more than the events. */
  readonly observer?: JobObserver;
  onReady?(): void;
  /** How far a topic is read: the next message. */
  onRead?(topic: string, place: TopicOffset): void;
  onEvent?(event: JobEvent): void;
  /** @param about which job, where it is about one */
  onWarning?(message: string, about?: { readonly job: string; readonly attempt: number }): void;
}

/** Messages that are taken in by one change of the store. */
const INTAKE_BATCH = 100;
/** Messages that may wait to be published before no more are taken in, and before progress is no longer told. */
const MOST_TO_PUBLISH = 1000;
/** Milliseconds between two events of progress of a job. */
const PROGRESS_EVERY = 1000;
/** Milliseconds in which the last events are to be published. */
const LAST_WORDS = 5000;
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

/**
 * Serves until the signal. Topics and the folder of results have to be there.
 * @throws JobsError STATE_LOCKED, STATE_FAILED, STATE_OF_OTHER_TOPICS; BusError
 */
export async function serve(options: ServeOptions): Promise<void> {
  const store = JobStore.open(options.state);
  try {
    if (!store.isReady) await recover(options.bus, store, options.from, (message) => options.onWarning?.(message));
    await new JobServer(options, store).run();
  } finally {
    await store.close();
  }
}

class JobServer {
  readonly #options: ServeOptions;
  readonly #store: JobStore;
  readonly #intake: IntakeContext;
  readonly #publisher: Publisher;
  readonly #asked = new AskedEvaluations();
  readonly #attempts = new Map<string, Attempt>();
  readonly #work = new Set<Promise<void>>();
  readonly #stopReading = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #stopping = false;
  #fail: (error: unknown) => void = () => undefined;

  constructor(options: ServeOptions, store: JobStore) {
    const { bus, places, limits, observer, roots, outRoot } = options;
    this.#options = options;
    this.#store = store;
    this.#intake = { store, roots, outRoot, places, limits, maximumMessageBytes: bus.maximumMessageBytes, observer };
    this.#publisher = new Publisher(bus, store, (message) => options.onWarning?.(message));
  }

  async run(): Promise<void> {
    const { signal } = this.#options;
    const failed = new Promise<never>((_, reject) => {
      this.#fail = reject;
    });
    const stopped = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    const publishing = this.#publisher.start();
    publishing.catch((error: unknown) => this.#fail(error));
    const reading: Promise<void>[] = [];
    try {
      this.#options.observer?.serving?.(this.#store);
      this.#takeUpAgain();
      for (const topic of INCOMING) {
        const places = await this.#places(topic);
        for (const place of places) this.#options.onRead?.(topic, place);
        reading.push(this.#read(topic, places));
      }
      for (const loop of reading) loop.catch((error: unknown) => this.#fail(error));
      this.#startDue();
      this.#options.onReady?.();
      await Promise.race([stopped, failed]);
    } finally {
      await this.#stop(reading);
    }
  }

  /** What ran when the server ended has its turn again, with what it has saved. */
  #takeUpAgain(): void {
    const events = this.#store.change(() =>
      this.#store.active().flatMap(({ id }) => {
        // It may have ended with its parent.
        const job = this.#store.job(id);
        if (job === undefined || job.state === 'queued') return [];
        if (job.cancelling) return this.#end(job, { kind: 'cancelled' }).events;
        this.#store.putJob({ ...job, state: 'queued' });
        return [];
      }),
    );
    this.#tellAll(events);
  }

  /** Where to go on in a topic. */
  async #places(topic: string): Promise<TopicOffset[]> {
    const ranges = await this.#options.bus.ranges(topic);
    return ranges.map(({ partition, begin, end }) => {
      const next = this.#store.offset(topic, partition) ?? begin;
      if (next > end) {
        const message =
          `The state has read topic ${topic}, partition ${partition}, up to ${next}, but it ends at ${end}: it was made anew, or is on ` +
          'another bus. Give the right --bus, or a new --state.';
        throw new JobsError('STATE_OF_OTHER_TOPICS', message);
      }
      if (next < begin) {
        this.#warn(
          `Messages ${next} to ${begin - 1} of topic ${topic}, partition ${partition}, were deleted before they were read.`,
        );
      }
      return { partition, offset: Math.max(begin, next) };
    });
  }

  async #read(topic: string, places: readonly TopicOffset[]): Promise<void> {
    const { signal } = this.#stopReading;
    const reader = await openTopic(this.#options.bus, topic, places);
    try {
      while (!signal.aborted) {
        const messages = await reader.read(signal);
        for (let first = 0; first < messages.length; first += INTAKE_BATCH) {
          await this.#publisher.waitForRoom(MOST_TO_PUBLISH);
          if (signal.aborted) return;
          this.#takeIn(topic, messages.slice(first, first + INTAKE_BATCH));
          await turn();
        }
      }
    } finally {
      await reader.close();
    }
  }

  #takeIn(topic: string, messages: readonly Message[]): void {
    const taken = this.#store.change(() => messages.map((message) => takeIn(this.#intake, topic, message)));
    for (const { partition, offset } of messages) this.#options.onRead?.(topic, { partition, offset: offset + 1 });
    this.#tellAll(taken.flatMap(({ events }) => events));
    for (const { interrupts = [] } of taken) for (const id of interrupts) this.#interrupt(id);
    this.#startDue();
  }

  // ── jobs at work ─────────────────────────────────────────────────────────────────────────────────────────────────

  #startDue(): void {
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
      this.#startDue();
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
    this.#startDue();
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
      this.#startDue();
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
      case 'interrupted': {
        const queued: ActiveJob = { ...job, state: 'queued' };
        const line = waitingLine([...this.#store.active().filter((other) => other.id !== id), queued]);
        // What a training has asked for stands in no line.
        this.#change(queued, [{ kind: 'queued', position: Math.max(1, line.indexOf(queued) + 1) }]);
        break;
      }
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

  #finish(job: ActiveJob, detail: EventDetail): void {
    const { events, interrupts } = this.#store.change(() => this.#end(job, detail));
    this.#tellAll(events);
    for (const id of interrupts) this.#interrupt(id);
  }

  /** The job's last event, its result where it has one, and the end of what it has asked for. To be called within a change of the store. */
  #end({ id, job }: ActiveJob, detail: EventDetail): Cancelled {
    this.#store.removeJob(id);
    const event = tell(this.#store, id, detail);
    if (job.kind === 'evaluation' && event.kind === 'succeeded') {
      const { checkpoint, data } = job;
      const value = encodeResult({ job: id, checkpoint, data, time: event.time, result: event.result });
      this.#store.send(TOPICS.results, { key: keyOf(id), value });
    }
    const { events, interrupts } = cancelChildren(this.#store, id);
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

  async #stop(reading: readonly Promise<void>[]): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    this.#stopReading.abort();
    for (const id of this.#attempts.keys()) this.#interrupt(id);
    await Promise.all(this.#work);
    await this.#publisher.end(LAST_WORDS);
    await Promise.allSettled(reading);
  }
}
