/** Reads a topic from its beginning and goes on as messages come, for what is kept of it in memory. */
import { BusError } from '../../data/topics/bus-error.ts';
import type { Message, MessageBus, PartitionRange } from '../bus/message-bus.ts';
import { replay } from './topics.ts';

export class TopicFollower {
  /** Rejects when the bus fails, and never resolves. */
  readonly failed: Promise<never>;
  readonly #stop = new AbortController();
  #following: Promise<void> = Promise.resolve();

  /** Resolves when all messages were told that there were when it was called, or the signal was given. @throws BusError */
  static async open(
    bus: MessageBus,
    topic: string,
    onMessage: (message: Message) => void,
    signal?: AbortSignal,
  ): Promise<TopicFollower> {
    const ranges = await bus.ranges(topic);
    let caughtUp: () => void = () => undefined;
    const ready = new Promise<void>((resolve) => {
      caughtUp = resolve;
    });
    signal?.addEventListener('abort', caughtUp, { once: true });
    if (signal?.aborted) caughtUp();
    const follower = new TopicFollower((signal) => follow(bus, topic, ranges, onMessage, caughtUp, signal));
    try {
      await Promise.race([ready, follower.failed]);
    } catch (error) {
      await follower.close();
      throw error;
    }
    return follower;
  }

  private constructor(follow: (signal: AbortSignal) => Promise<void>) {
    this.failed = new Promise((_, reject) => {
      this.#following = follow(this.#stop.signal).catch(reject);
    });
    // Whoever awaits it hears of it; nobody has to.
    this.failed.catch(() => undefined);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#following;
  }
}

async function follow(
  bus: MessageBus,
  topic: string,
  ranges: readonly PartitionRange[],
  onMessage: (message: Message) => void,
  onCaughtUp: () => void,
  signal: AbortSignal,
): Promise<void> {
  const left = new Map(ranges.flatMap(({ partition, begin, end }) => (begin < end ? [[partition, end]] : [])));
  if (left.size === 0) onCaughtUp();
  for await (const message of replay(bus, topic, { follow: true, signal })) {
    onMessage(message);
    const { partition, offset } = message;
    if (offset + 1 < (left.get(partition) ?? 0) || !left.delete(partition)) continue;
    if (left.size === 0) onCaughtUp();
  }
  if (!signal.aborted) throw new BusError('BUS_CLOSED', `The bus ended while topic ${topic} was followed.`);
}
