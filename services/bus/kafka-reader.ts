/**
 * A reader of partitions of a Kafka topic.
 *
 * Kafka's clients read as members of consumer groups, which give partitions away and remember offsets. Here partitions are
 * chosen and offsets are kept by whoever reads, so each reader is a group of its own with one member: it takes the partitions
 * that it was told to, commits nothing, and goes to its own offsets whenever the group is joined anew. Where Kafka resets an
 * offset silently, because retention has deleted it, that is noticed and an error.
 */
import { randomUUID } from 'node:crypto';
import { AssignerProtocol, type Consumer, type EachBatchPayload, type Kafka, type PartitionAssigner } from 'kafkajs';
import type { BusError } from '../../data/topics/bus-error.ts';
import { busError, closedError } from './kafka-errors.ts';
import type { Message, PartitionRange, TopicOffset, TopicReader } from './message-bus.ts';
import { offsetDeleted, offsetUnknown } from './places.ts';
import { ReaderQueue } from './reader-queue.ts';

/** Of one partition, in one answer. */
const FETCH_BYTES = 4 * 2 ** 20;
/** How long the broker may keep a reader that is at the end waiting: longer holds up its other calls. */
const FETCH_WAIT_MILLISECONDS = 200;
/** Until the next start. */
const RESTART_MILLISECONDS = 1000;
const { MemberAssignment, MemberMetadata } = AssignerProtocol;

/** What a reader needs of its bus. */
interface ReadableKafka {
  readonly name: string;
  readonly kafka: Kafka;
  ranges(topic: string): Promise<readonly PartitionRange[]>;
}

export class KafkaReader implements TopicReader {
  readonly #bus: ReadableKafka;
  readonly #topic: string;
  readonly #queue: ReaderQueue;
  readonly #onClose: () => void;
  /** Partitions that are not fetched, because enough is read ahead of them. */
  readonly #held = new Set<number>();
  #consumer: Consumer | undefined;
  /** Joins a group. */
  #opening: Promise<void> = Promise.resolve();
  #restart: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(
    bus: ReadableKafka,
    topic: string,
    from: readonly TopicOffset[],
    maximumBytes: number,
    onClose: () => void,
  ) {
    this.#bus = bus;
    this.#topic = topic;
    this.#onClose = onClose;
    this.#queue = new ReaderQueue(from, maximumBytes, (partition) => this.#release(partition));
  }

  open(): Promise<void> {
    this.#opening = this.#join();
    return this.#opening;
  }

  /** Ends early where the reader is closed meanwhile: whoever closes it leaves the group. */
  async #join(): Promise<void> {
    let isPassing = false;
    const consumer = this.#bus.kafka.consumer({
      groupId: `auspex-${randomUUID()}`,
      partitionAssigners: [onlyPartitions(this.#topic, this.#queue.partitions)],
      maxWaitTimeInMs: FETCH_WAIT_MILLISECONDS,
      maxBytesPerPartition: FETCH_BYTES,
      allowAutoTopicCreation: false,
      retry: {
        initialRetryTime: 100,
        maxRetryTime: 2000,
        retries: 10,
        // Asked where another start may help. A start of kafkajs' own cannot be ended.
        restartOnFailure: async () => {
          isPassing = true;
          return false;
        },
      },
    });
    this.#consumer = consumer;
    // Nothing is ever committed: a group that is joined, or joined anew, would begin at the topic's beginning.
    consumer.on(consumer.events.GROUP_JOIN, () => this.#joined(consumer));
    consumer.on(consumer.events.CRASH, ({ payload: { error } }) => this.#crashed(consumer, error, isPassing));
    await consumer.connect();
    if (this.#closed) return;
    await consumer.subscribe({ topics: [this.#topic], fromBeginning: true });
    if (this.#closed) return;
    await consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: this.#queue.partitions.length,
      eachBatch: (payload) => this.#eachBatch(consumer, payload),
    });
  }

  read(signal?: AbortSignal): Promise<readonly Message[]> {
    return this.#queue.take(signal);
  }

  seek(to: TopicOffset): void {
    this.#queue.seek(to);
    this.#seekTo(this.#consumer, to.partition);
    this.#release(to.partition);
  }

  pause(partition: number): void {
    this.#queue.pause(partition);
  }

  resume(partition: number): void {
    this.#queue.resume(partition);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#restart);
    this.#queue.fail(closedError(this.#bus.name));
    // kafkajs can leave a group only once it has joined it.
    await this.#opening.catch(() => undefined);
    await this.#consumer?.disconnect().catch(() => undefined);
    // The group has served its purpose; without a member the broker forgets it in time anyway.
    this.#onClose();
  }

  /**
   * A reader outlives a broker that is away, however long.
   * @param isPassing whether kafkajs itself would start again
   */
  #crashed(consumer: Consumer, error: Error, isPassing: boolean): void {
    if (this.#closed || consumer !== this.#consumer) return;
    const known = busError(error, `${this.#bus.name}: cannot read topic ${this.#topic}`);
    // kafkajs takes for hopeless what a broker that has just ended may look like.
    if (!isPassing && known.code !== 'BUS_UNREACHABLE') {
      this.#queue.fail(known);
      return;
    }
    this.#restart = setTimeout(() => {
      this.open().catch(async (reason: Error) => {
        const failed = this.#consumer!;
        await failed.disconnect().catch(() => undefined);
        this.#crashed(failed, reason, false);
      });
    }, RESTART_MILLISECONDS);
  }

  /** A group may know nothing of what was said to the one before. */
  #joined(consumer: Consumer): void {
    const topic = this.#topic;
    for (const partition of this.#queue.partitions) this.#seekTo(consumer, partition);
    for (const partition of this.#held) inGroup(() => consumer.pause([{ topic, partitions: [partition] }]));
  }

  #seekTo(consumer: Consumer | undefined, partition: number): void {
    const offset = String(this.#queue.next(partition));
    inGroup(() => consumer?.seek({ topic: this.#topic, partition, offset }));
  }

  async #eachBatch(consumer: Consumer, { batch, isStale, isRunning }: EachBatchPayload): Promise<void> {
    const { partition } = batch;
    // What was under way when the reader was sent elsewhere, was closed, or began anew.
    const isOver = () => isStale() || !isRunning() || this.#closed || consumer !== this.#consumer;
    if (isOver()) return;
    const messages = batch.messages.map(
      ({ offset, key, value, headers = {}, timestamp }): Message => ({
        partition,
        offset: Number(offset),
        key,
        value: value ?? new Uint8Array(),
        headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, String(text)])),
        timestamp: Number(timestamp),
      }),
    );
    const first = messages[0]?.offset;
    if (first !== undefined && first !== this.#queue.next(partition)) {
      const wrong = await this.#explainGap(partition, first, Number(batch.highWatermark));
      if (isOver()) return;
      if (wrong) {
        this.#queue.fail(wrong);
        return;
      }
    }
    this.#queue.add(partition, messages);
    if (!this.#queue.hasRoom(partition) && !this.#held.has(partition)) {
      this.#held.add(partition);
      inGroup(() => consumer.pause([{ topic: this.#topic, partitions: [partition] }]));
    }
  }

  /** Compaction leaves gaps, which are as they should be; retention deletes from the beginning. */
  async #explainGap(partition: number, found: number, end: number): Promise<BusError | undefined> {
    const place = { partition, offset: this.#queue.next(partition) };
    if (place.offset > end) return offsetUnknown(this.#topic, place, end);
    if (found < place.offset) return undefined;
    const range = (await this.#bus.ranges(this.#topic)).find((range) => range.partition === partition)!;
    return range.begin <= place.offset ? undefined : offsetDeleted(this.#topic, place, range.begin);
  }

  #release(partition: number): void {
    if (!this.#held.delete(partition) || this.#closed) return;
    inGroup(() => this.#consumer?.resume([{ topic: this.#topic, partitions: [partition] }]));
  }
}

/** Between two groups there is nobody to be told; the next one is when it is joined. */
function inGroup(tell: () => void): void {
  try {
    tell();
  } catch (error) {
    if ((error as Error).name !== 'KafkaJSNonRetriableError') throw error;
  }
}

/** Gives a group's only member the partitions that it was made for. */
function onlyPartitions(topic: string, partitions: readonly number[]): PartitionAssigner {
  const version = 0;
  const name = 'AuspexStatic';
  // kafkajs' own encodings of the group protocol, so that brokers and tools can read them.
  return () => ({
    name,
    version,
    async assign({ members }) {
      return members.map(({ memberId }) => ({
        memberId,
        memberAssignment: MemberAssignment.encode({
          version,
          assignment: { [topic]: [...partitions] },
          userData: Buffer.alloc(0),
        }),
      }));
    },
    protocol({ topics }) {
      return { name, metadata: MemberMetadata.encode({ version, topics, userData: Buffer.alloc(0) }) };
    },
  });
}
