/**
 * Publishes what the store holds for it, each topic in order, and removes it there once the bus has it: everything at least once, also after a
 * kill in between. While the bus is away it tries again and again, and the store keeps what waits. Only what is too large for the bus is
 * given up, with a warning: it would hold up all that comes after it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { BusError } from '../../data/topics/bus-error.ts';
import { messageOf } from '../../errors.ts';
import type { MessageBus, OutgoingMessage } from '../bus/message-bus.ts';
import type { JobStore, ToPublish } from './store.ts';
import { TOPICS } from './topics.ts';

/** Messages of one topic that are published together. */
interface Run {
  readonly topic: string;
  readonly messages: readonly OutgoingMessage[];
}

const BATCH_MESSAGES = 500;
const BATCH_BYTES = 512 * 1024;
/** Milliseconds between two attempts to reach the bus. */
const PAUSE = { first: 200, longest: 5000 };

/** Messages that may wait to be published before no more are taken in, and before progress is no longer told. */
export const MOST_TO_PUBLISH = 1000;

export class Publisher {
  readonly #bus: MessageBus;
  readonly #store: JobStore;
  readonly #onWarning: (message: string) => void;
  #running: Promise<void> = Promise.resolve();
  #ending = false;
  #abandoned = false;
  #wake: () => void = () => undefined;
  #waiting: (() => void)[] = [];

  constructor(bus: MessageBus, store: JobStore, onWarning: (message: string) => void) {
    this.#bus = bus;
    this.#store = store;
    this.#onWarning = onWarning;
  }

  /** @returns rejects where the store fails; the bus may fail as long as it likes */
  start(): Promise<void> {
    this.#running = this.#run();
    return this.#running;
  }

  /** Something is to be published. */
  wake(): void {
    this.#wake();
  }

  /** Waits until fewer messages than that are to be published, or the publisher ends. */
  async waitForRoom(most: number): Promise<void> {
    while (this.#store.numToPublish >= most && !this.#ending) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Publishes what is left, for at most so many milliseconds; the store keeps the rest for the next time. */
  async end(milliseconds: number): Promise<void> {
    this.#ending = true;
    this.#wake();
    this.#release();
    const late = new AbortController();
    await Promise.race([
      this.#running.catch(() => undefined),
      sleep(milliseconds, undefined, { signal: late.signal }).catch(() => undefined),
    ]);
    late.abort();
    this.#abandoned = true;
  }

  async #run(): Promise<void> {
    while (!this.#abandoned) {
      const batch = this.#store.toPublish(BATCH_MESSAGES, BATCH_BYTES);
      if (batch.length > 0) {
        for (const { topic, messages } of runsOf(batch.map(({ entry }) => entry))) {
          if (!(await this.#publish(topic, messages))) return;
        }
        this.#store.published(batch.map(({ number }) => number));
        this.#release();
      } else {
        if (this.#ending) return;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  /** @returns false where it was told not to try any longer */
  async #publish(topic: string, messages: readonly OutgoingMessage[]): Promise<boolean> {
    let warned: string | undefined;
    for (let pause = PAUSE.first; !this.#abandoned; pause = Math.min(PAUSE.longest, pause * 2)) {
      try {
        await this.#bus.publish(topic, messages);
        return !this.#abandoned;
      } catch (error) {
        if (error instanceof BusError && error.code === 'MESSAGE_TOO_LARGE') {
          return this.#publishWhatFits(topic, messages, error);
        }
        const message = `What happened cannot be published yet, and is kept: ${messageOf(error)}`;
        if (message !== warned && !this.#abandoned) this.#onWarning(message);
        warned = message;
        await sleep(pause);
      }
    }
    return false;
  }

  /** One after the other, without what is too large. */
  async #publishWhatFits(topic: string, messages: readonly OutgoingMessage[], error: BusError): Promise<boolean> {
    if (messages.length > 1) {
      for (const message of messages) if (!(await this.#publish(topic, [message]))) return false;
      return true;
    }
    const key = Buffer.from(messages[0]?.key ?? []).toString();
    this.#onWarning(`What topic ${topic} was to be told of ${key} is given up: ${messageOf(error)}`);
    return true;
  }

  #release(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/**
 * In order within a topic, and events last: whoever reads that a job has succeeded finds its result, and of a rejected message its dead
 * letter. As few runs as there are topics, for each is a transaction of the bus.
 */
function runsOf(entries: readonly ToPublish[]): Run[] {
  const runs = new Map<string, OutgoingMessage[]>();
  for (const { topic, message } of entries) {
    const run = runs.get(topic);
    if (run) run.push(message);
    else runs.set(topic, [message]);
  }
  const isOfEvents = ({ topic }: Run) => topic === TOPICS.events;
  return [...runs]
    .map(([topic, messages]) => ({ topic, messages }))
    .sort((one, other) => Number(isOfEvents(one)) - Number(isOfEvents(other)));
}
