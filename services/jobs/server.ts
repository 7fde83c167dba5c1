/**
 * The server of jobs: reads what is asked for, keeps a queue, runs each job in a process of its own (jobs-at-work.ts), and tells what
 * happens.
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
import type { ResolvedConfig } from '../../training/config/config.ts';
import type { MessageBus, TopicOffset } from '../bus/message-bus.ts';
import { JobsError } from './errors.ts';
import { cancelsUnknown, type Incoming, readIncoming, takeIn } from './intake.ts';
import type { IntakeContext } from './intake-context.ts';
import { JobsAtWork, type WorkOptions } from './jobs-at-work.ts';
import { MOST_TO_PUBLISH, Publisher } from './publisher.ts';
import { recover } from './recover.ts';
import type { Roots } from './roots.ts';
import { JobStore } from './store.ts';
import { takenInSoFar } from './taken-in.ts';
import { INCOMING, openTopic, TOPICS } from './topics.ts';

export interface ServeOptions extends WorkOptions {
  readonly bus: MessageBus;
  /** Where topics of images are that jobs train on. */
  readonly places: ResolvedConfig['bus'];
  /** Below which jobs may read: the folder of results is one of them. */
  readonly roots: Roots;
  /** Folder without links in which every job gets one of its own. */
  readonly outRoot: string;
  readonly state: string;
  /** Where a state that is new begins to read. */
  readonly from: 'beginning' | 'end';
  /** Ends the server: jobs save what they have, and are queued again. */
  readonly signal: AbortSignal;
  onReady?(): void;
  /** How far a topic is read: the next message. */
  onRead?(topic: string, place: TopicOffset): void;
}

/** Messages that are taken in by one change of the store. */
const INTAKE_BATCH = 100;
/** Milliseconds in which the last events are to be published. */
const LAST_WORDS = 5000;

/**
 * Serves until the signal. Topics and the folder of results have to be there.
 * @throws JobsError STATE_LOCKED, STATE_FAILED, STATE_OF_OTHER_TOPICS; BusError
 */
export async function serve(options: ServeOptions): Promise<void> {
  const { bus, state, from, signal } = options;
  const store = JobStore.open(state);
  try {
    if (!store.isReady) await recover(bus, store, from, (message) => options.onWarning?.(message), signal);
    if (store.isReady) await new JobServer(options, store).run();
  } finally {
    await store.close();
  }
}

class JobServer {
  readonly #options: ServeOptions;
  readonly #store: JobStore;
  readonly #intake: IntakeContext;
  readonly #publisher: Publisher;
  readonly #work: JobsAtWork;
  readonly #stopReading = new AbortController();
  /** The first error that ends the server, also one that comes while it ends. */
  #failure: { readonly error: unknown } | undefined;
  #end: () => void = () => undefined;

  constructor(options: ServeOptions, store: JobStore) {
    const { bus, places, limits, observer, roots, outRoot } = options;
    this.#options = options;
    this.#store = store;
    this.#intake = { store, roots, outRoot, places, limits, maximumMessageBytes: bus.maximumMessageBytes, observer };
    this.#publisher = new Publisher(bus, store, (message) => options.onWarning?.(message));
    this.#work = new JobsAtWork(options, this.#intake, this.#publisher, (error) => this.#fail(error));
  }

  async run(): Promise<void> {
    const { signal } = this.#options;
    const ended = new Promise<void>((resolve) => {
      this.#end = resolve;
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    this.#publisher.start().catch((error: unknown) => this.#fail(error));
    const reading: Promise<void>[] = [];
    try {
      this.#options.observer?.serving?.(this.#store);
      this.#work.takeUpAgain();
      for (const topic of INCOMING) {
        const places = await this.#places(topic);
        for (const place of places) this.#options.onRead?.(topic, place);
        reading.push(this.#read(topic, places).catch((error: unknown) => this.#readingFailed(error)));
      }
      this.#work.startDue();
      this.#options.onReady?.();
      await ended;
    } catch (error) {
      this.#fail(error);
    }
    await this.#stop(reading);
    if (this.#failure) throw this.#failure.error;
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#end();
  }

  /** A server that ends reads no more. */
  #readingFailed(error: unknown): void {
    if (!this.#stopReading.signal.aborted) this.#fail(error);
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
          const batch = messages.slice(first, first + INTAKE_BATCH).map(readIncoming);
          await this.#publisher.waitForRoom(MOST_TO_PUBLISH);
          await this.#awaitCancelled(topic, batch);
          if (signal.aborted) return;
          this.#takeIn(topic, batch);
          await turn();
        }
      }
    } finally {
      await reader.close();
    }
  }

  /** An evaluation that is cancelled may lie in the other topic, and still be unread: it came before its cancellation. */
  async #awaitCancelled(topic: string, batch: readonly Incoming[]): Promise<void> {
    if (topic !== TOPICS.jobs || !batch.some((one) => cancelsUnknown(this.#store, one))) return;
    await takenInSoFar(this.#options.bus, this.#store, TOPICS.evaluationRequests, this.#stopReading.signal);
  }

  #takeIn(topic: string, batch: readonly Incoming[]): void {
    const taken = this.#store.change(() => batch.map((one) => takeIn(this.#intake, topic, one)));
    for (const { partition, offset } of batch.map(({ message }) => message))
      this.#options.onRead?.(topic, { partition, offset: offset + 1 });
    this.#work.take(taken);
  }

  async #stop(reading: readonly Promise<void>[]): Promise<void> {
    this.#stopReading.abort();
    await this.#work.stop();
    await this.#publisher.end(LAST_WORDS);
    await Promise.all(reading);
  }

  #warn(message: string): void {
    this.#options.onWarning?.(message);
  }
}
