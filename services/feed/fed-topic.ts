/**
 * The topic that a feed publishes to, and what is known of it: every image that is published is in the topic once, whatever
 * fails in between.
 *
 *     images ──▶ not held? ──▶ publish ──▶ ledger
 *                   ▲             │ failed: some may be in the topic, some not
 *                   └── read the topic's tail, until it no longer moves ◀── wait
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { BusError } from '../../data/topics/bus-error.ts';
import type { TopicOffset } from '../../data/topics/topic-reading.ts';
import { AuspexError, messageOf } from '../../errors.ts';
import type { MessageBus } from '../bus/message-bus.ts';
import { type CatchUp, type CatchUpOptions, catchUp } from './catch-up.ts';
import { FeedError } from './feed-error.ts';
import type { Ledger } from './ledger.ts';
import { LedgerWriter } from './ledger-writer.ts';
import type { PreparedImage } from './prepare.ts';
import { Turns } from './turns.ts';

const FIRST_WAIT_SECONDS = 0.5;
const LONGEST_WAIT_SECONDS = 5;
/** What a broker got before its connection broke may still come to lie in the topic: the tail has to be still for so long. */
const STILL_MILLISECONDS = 1000;

/** What a person should know of a bus that fails. */
export type TopicEvent =
  | { readonly kind: 'waiting'; readonly seconds: number; readonly reason: string }
  /** `found` of the messages that failed were in the topic after all. */
  | { readonly kind: 'back'; readonly found: number };

export interface FedTopicOptions {
  /** How long to wait for a bus that fails. */
  readonly patienceSeconds: number;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent: (event: TopicEvent) => void;
}

export class FedTopic {
  readonly #bus: MessageBus;
  readonly #topic: string;
  readonly #ledger: Ledger;
  readonly #writer: LedgerWriter;
  readonly #options: FedTopicOptions;
  #begins: readonly number[] = [];
  #turns = new Turns([]);
  /** Where the next message of each partition will lie, unless someone else publishes. */
  #next: number[] = [];
  /** When the bus began to fail, if it does; all calls together. */
  #failsSince: number | undefined;
  /** Sends that go side by side. */
  readonly #sending = new Set<Promise<unknown>>();
  /** Of those who catch up. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(bus: MessageBus, topic: string, ledger: Ledger, options: FedTopicOptions) {
    this.#bus = bus;
    this.#topic = topic;
    this.#ledger = ledger;
    this.#writer = new LedgerWriter(ledger);
    this.#options = options;
  }

  /** Whether the topic has an image, which retention has not deleted since. */
  holds(sha256: Uint8Array): boolean {
    if (this.#writer.has(sha256)) return true;
    const place = this.#ledger.find(sha256);
    return place !== undefined && place.offset >= (this.#begins[place.partition] ?? 0);
  }

  /** Reads what the ledger does not know. @returns undefined where the signal was given @throws BusError, FeedError */
  async catchUp(onProgress?: CatchUpOptions['onProgress']): Promise<CatchUp | undefined> {
    const { signal } = this.#options;
    await this.#writer.flush();
    const done = await catchUp(this.#bus, this.#topic, this.#ledger, { signal, ...(onProgress && { onProgress }) });
    if (!done) return undefined;
    this.#begins = done.ranges.map(({ begin }) => begin);
    this.#turns = new Turns(done.ranges);
    this.#next = done.ranges.map(({ partition }) => this.#ledger.scanned(partition).next);
    return done;
  }

  /** Beside other sends, but not while someone catches up. */
  async #beside<T>(send: () => Promise<T>): Promise<T> {
    for (let awaited: unknown; awaited !== this.#last; ) {
      awaited = this.#last;
      await awaited;
    }
    const sent = send();
    this.#sending.add(sent);
    try {
      return await sent;
    } finally {
      this.#sending.delete(sent);
    }
  }

  /** While nothing else is on its way: who catches up and missed a message would fill its partition once more. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(() => Promise.allSettled(this.#sending)).then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Catches up for the first time, and waits while the bus fails. @returns as catchUp @throws BusError, FeedError */
  begin(onProgress: CatchUpOptions['onProgress']): Promise<CatchUp | undefined> {
    return this.#patiently(() => this.catchUp(onProgress));
  }

  /**
   * Publishes images that the topic does not hold, and waits while the bus fails. Some calls may be under way at once, of
   * different images.
   * @returns false where the signal was given before all of them were in the topic
   * @throws BusError, FeedError
   */
  async publish(images: readonly PreparedImage[]): Promise<boolean> {
    const done = await this.#patiently(async (isFirst) => {
      if (!isFirst) return this.#alone(() => this.#sendAgain(images));
      // Where someone else published in between, what they published has to be read.
      if (!(await this.#beside(() => this.#send(images)))) await this.#alone(() => this.catchUp());
      return true;
    });
    return done ?? false;
  }

  /** @returns false where the signal was given */
  async #sendAgain(images: readonly PreparedImage[]): Promise<boolean> {
    if (!(await this.#settle())) return false;
    const left = images.filter(({ sha256 }) => !this.holds(sha256));
    this.#options.onEvent({ kind: 'back', found: images.length - left.length });
    if (left.length > 0 && !(await this.#send(left))) await this.catchUp();
    return true;
  }

  /** Resolves when the ledger knows all that was published. @throws FeedError FEED_STATE */
  written(): Promise<void> {
    return this.#writer.flush();
  }

  /** @returns whether the topic is known up to these images */
  async #send(images: readonly PreparedImage[]): Promise<boolean> {
    const messages = images.map(({ message }) => ({ ...message, partition: this.#turns.next() }));
    const places = await this.#bus.publish(this.#topic, messages);
    if (!this.#isNext(places)) return false;
    await this.#writer.add(places.map((place, i) => ({ ...place, sha256: images[i]!.sha256 })));
    return true;
  }

  /** Whether the places follow what is known. */
  #isNext(places: readonly TopicOffset[]): boolean {
    return places.every(({ partition, offset }) => offset === this.#next[partition]!++);
  }

  /** Tries again and again while waiting may help. @returns undefined where the signal was given before it was done */
  async #patiently<T>(action: (isFirst: boolean) => Promise<T>): Promise<T | undefined> {
    const { signal, patienceSeconds, onEvent } = this.#options;
    for (let attempt = 0; attempt === 0 || !signal?.aborted; attempt++) {
      try {
        const result = await action(attempt === 0);
        this.#failsSince = undefined;
        return result;
      } catch (error) {
        if (!mayPass(error)) throw error;
        this.#failsSince ??= performance.now();
        const seconds = Math.min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** attempt);
        if ((performance.now() - this.#failsSince) / 1000 + seconds > patienceSeconds) {
          throw gaveUp(error, patienceSeconds);
        }
        onEvent({ kind: 'waiting', seconds, reason: messageOf(error) });
        await sleep(seconds * 1000, undefined, { signal }).catch(() => undefined);
      }
    }
    return undefined;
  }

  /** Catches up until nothing comes any more. @returns false where the signal was given */
  async #settle(): Promise<boolean> {
    for (let first = true; ; first = false) {
      const done = await this.catchUp();
      if (!done) return false;
      if (!first && done.read === 0) return true;
      await sleep(STILL_MILLISECONDS);
    }
  }
}

/** Whether waiting may help. */
function mayPass(error: unknown): boolean {
  if (error instanceof FeedError) return error.code === 'TOPIC_STALLED';
  return error instanceof BusError && (error.code === 'PUBLISH_FAILED' || error.code === 'BUS_UNREACHABLE');
}

function gaveUp(cause: unknown, patienceSeconds: number): FeedError {
  const code = cause instanceof AuspexError ? `${cause.code}: ` : '';
  const message = `The bus failed for ${patienceSeconds} s: ${code}${messageOf(cause)} Look after it; the same command goes on with what is not in the topic.`;
  return new FeedError('FEED_GAVE_UP', message, { cause });
}
