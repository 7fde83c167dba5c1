/** A server of jobs in the test's own process, over an embedded bus; it starts no job unless it is told to. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { BusError } from '../../data/topics/bus-error.ts';
import { openEmbeddedBus } from '../../services/bus/embedded.ts';
import { type MessageBus, messageBytes, type OutgoingMessage } from '../../services/bus/message-bus.ts';
import type { JobEvent } from '../../services/jobs/events.ts';
import { keyOf } from '../../services/jobs/messages.ts';
import { Roots } from '../../services/jobs/roots.ts';
import { type ServeOptions, serve } from '../../services/jobs/server.ts';
import { createMissingTopics } from '../../services/jobs/topics.ts';

/** Folders and the bus that servers are started with, one after another. */
export class LocalPlace {
  readonly #folder: string;

  private constructor(
    folder: string,
    readonly bus: MessageBus,
  ) {
    this.#folder = folder;
  }

  static async make(folder: string): Promise<LocalPlace> {
    for (const name of ['root', 'results']) mkdirSync(path.join(folder, name), { recursive: true });
    const bus = openEmbeddedBus(path.join(folder, 'bus'));
    await createMissingTopics(bus);
    return new LocalPlace(folder, bus);
  }

  get root(): string {
    return path.join(this.#folder, 'root');
  }

  /** @param state name of a folder */
  options(signal: AbortSignal, state = 'state'): ServeOptions {
    const outRoot = path.join(this.#folder, 'results');
    const retries = { maximumAttempts: 1, firstDelay: 1, longestDelay: 1 };
    return {
      bus: this.bus,
      places: { folder: null, brokers: null },
      roots: new Roots([this.root, outRoot]),
      outRoot,
      state: path.join(this.#folder, state),
      from: 'beginning',
      grace: 1000,
      limits: { maximumRunning: 0, maximumQueued: 100, sharedWorkers: false, ...retries },
      signal,
    };
  }

  /** Serves until an event is told. @returns what was told until then */
  async serveUntil(isLast: (event: JobEvent) => boolean, more: Partial<ServeOptions> = {}): Promise<JobEvent[]> {
    const stop = new AbortController();
    const told: JobEvent[] = [];
    const onEvent = (event: JobEvent) => {
      told.push(event);
      if (isLast(event)) stop.abort();
    };
    await serve({ ...this.options(stop.signal), onEvent, ...more });
    assert.ok(told.some(isLast), JSON.stringify(told));
    return told;
  }

  /** An evaluation that is accepted, and would fail if it ran. */
  evaluation(id: string): OutgoingMessage {
    const work = { kind: 'evaluation', checkpoint: this.root, data: this.root, protocol: 'features' };
    return message(id, { ...work, id });
  }
}

/** A bus that does some things otherwise. */
export function busLike(bus: MessageBus, more: Partial<MessageBus>): MessageBus {
  return {
    name: bus.name,
    maximumMessageBytes: bus.maximumMessageBytes,
    createTopic: (...args) => bus.createTopic(...args),
    topics: () => bus.topics(),
    ranges: (topic) => bus.ranges(topic),
    publish: (...args) => bus.publish(...args),
    openReader: (...args) => bus.openReader(...args),
    deleteBefore: (...args) => bus.deleteBefore(...args),
    close: () => bus.close(),
    ...more,
  };
}

/** A bus that takes no larger messages. */
export function smallBus(bus: MessageBus, maximumMessageBytes: number): MessageBus {
  return busLike(bus, {
    maximumMessageBytes,
    async publish(topic, messages) {
      const isTooLarge = messages.some((message) => messageBytes(message) > maximumMessageBytes);
      if (isTooLarge) throw new BusError('MESSAGE_TOO_LARGE', `A message has more than ${maximumMessageBytes} bytes.`);
      return bus.publish(topic, messages);
    },
  });
}

/** A bus on which nothing of a topic ever comes. @param onRead told when somebody waits for it */
export function silentBus(bus: MessageBus, silent: string, onRead: () => void): MessageBus {
  return busLike(bus, {
    async openReader(topic, ...rest) {
      const reader = await bus.openReader(topic, ...rest);
      if (topic !== silent) return reader;
      const read = async (signal?: AbortSignal) => {
        onRead();
        if (!signal?.aborted) await new Promise((resolve) => signal?.addEventListener('abort', resolve));
        return [];
      };
      const none = () => undefined;
      return { read, seek: none, pause: none, resume: none, close: () => reader.close() };
    },
  });
}

export function cancellation(id: string): OutgoingMessage {
  return message(id, { kind: 'cancellation', job: id });
}

function message(id: string, job: object): OutgoingMessage {
  return { key: keyOf(id), value: Buffer.from(JSON.stringify({ schema: 1, ...job })) };
}
