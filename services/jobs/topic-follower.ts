/** Reads a topic from its beginning and goes on as messages come, for what is kept of it in memory. */
import { BusError } from '../../data/topics/bus-error.ts';
import type { Message, MessageBus, PartitionRange } from '../bus/message-bus.ts';
import { openTopic } from './topics.ts';

export class TopicFollower {
  /** Rejects when the bus fails, and never resolves. */
  readonly failed: Promise<never>;
  readonly #bus: MessageBus;
  readonly #topic: string;
  readonly #stop = new AbortController();
  #following: Promise<void> = Promise.resolve();
  /** The offset of each partition that is told next. */
  readonly #next = new Map<number, number>();
  /** Those who wait for more to be told. */
  readonly #waiting = new Set<() => void>();
  /** Why no more is told. */
  #end: { readonly error: unknown } | undefined;

  /** Resolves when all messages were told that there were when it was called, or the signal was given. @throws BusError */
  static async open(
    bus: MessageBus,
    topic: string,
    onMessage: (message: Message) => void,
    signal?: AbortSignal,
  ): Promise<TopicFollower> {
    const follower = new TopicFollower(bus, topic, onMessage);
    try {
      await follower.caughtUp(signal);
    } catch (error) {
      if (signal?.aborted) return follower;
      await follower.close();
      throw error;
    }
    return follower;
  }

  private constructor(bus: MessageBus, topic: string, onMessage: (message: Message) => void) {
    this.#bus = bus;
    this.#topic = topic;
    this.failed = new Promise((_, reject) => {
      this.#following = this.#follow(onMessage).then(
        () => this.#endWith(new BusError('BUS_CLOSED', `Topic ${topic} is no longer followed.`)),
        (error: unknown) => {
          this.#endWith(error);
          reject(error);
        },
      );
    });
    // Whoever awaits it hears of it; nobody has to.
    this.failed.catch(() => undefined);
  }

  /** Resolves when all messages were told that there were when it was called. @throws BusError */
  async caughtUp(signal?: AbortSignal): Promise<void> {
    const ranges = await this.#bus.ranges(this.#topic);
    while (ranges.some((range) => this.#isBehind(range))) {
      signal?.throwIfAborted();
      if (this.#end) throw this.#end.error;
      await this.#news(signal);
    }
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#following;
  }

  async #follow(onMessage: (message: Message) => void): Promise<void> {
    const { signal } = this.#stop;
    const ranges = await this.#bus.ranges(this.#topic);
    const from = ranges.map(({ partition, begin }) => ({ partition, offset: begin }));
    const reader = await openTopic(this.#bus, this.#topic, from);
    try {
      for (const { partition, offset } of from) this.#next.set(partition, offset);
      while (!signal.aborted) {
        this.#wake();
        for (const message of await reader.read(signal)) {
          onMessage(message);
          this.#next.set(message.partition, message.offset + 1);
        }
      }
    } finally {
      await reader.close();
    }
  }

  #isBehind({ partition, begin, end }: PartitionRange): boolean {
    return begin < end && (this.#next.get(partition) ?? 0) < end;
  }

  #news(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }

  #endWith(error: unknown): void {
    this.#end = { error };
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }
}
