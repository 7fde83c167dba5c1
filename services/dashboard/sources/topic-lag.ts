/** Lag: the messages of a topic that whoever reads it has not read yet. */
import { messageOf } from '../../../errors.ts';
import type { MessageBus, TopicOffset } from '../../bus/message-bus.ts';
import { INCOMING } from '../../jobs/topics.ts';

export interface PartitionLag {
  readonly partition: number;
  /** The next message to read; null where that is not known yet. */
  readonly next: number | null;
  /** One behind the newest. */
  readonly end: number;
}

export interface Lag {
  readonly topic: string;
  readonly partitions: readonly PartitionLag[];
  /** Messages over all partitions; null where it is not known. */
  readonly lag: number | null;
  /** Why the topic cannot be looked at. */
  readonly problem?: string;
}

export class TopicLag {
  readonly #bus: MessageBus;
  /** How far the server has read what comes in. */
  readonly #read = new Map<string, Map<number, number>>();

  constructor(bus: MessageBus) {
    this.#bus = bus;
  }

  noteRead(topic: string, { partition, offset }: TopicOffset): void {
    const places = this.#read.get(topic) ?? new Map<number, number>();
    this.#read.set(topic, places.set(partition, offset));
  }

  /** Of the topics that jobs come in by. */
  incoming(): Promise<Lag[]> {
    return Promise.all(INCOMING.map((topic) => this.of(topic, this.#read.get(topic) ?? new Map())));
  }

  /** @param places the next message to read, by partition */
  async of(topic: string, places: ReadonlyMap<number, number>): Promise<Lag> {
    try {
      const ranges = await this.#bus.ranges(topic);
      const partitions = ranges.map(({ partition, end }) => ({ partition, next: places.get(partition) ?? null, end }));
      const isKnown = partitions.every(({ next }) => next !== null);
      const lag = partitions.reduce((sum, { next, end }) => sum + Math.max(0, end - (next ?? end)), 0);
      return { topic, partitions, lag: isKnown ? lag : null };
    } catch (error) {
      return { topic, partitions: [], lag: null, problem: messageOf(error) };
    }
  }
}
