/** Kafka as a message bus, by kafkajs, which only the files `kafka*.ts` import. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Admin, Kafka, type KafkaConfig, logLevel, type Producer, type SASLOptions } from 'kafkajs';
import { BusError, type BusErrorCode } from '../../data/topics/bus-error.ts';
import { batches } from './batches.ts';
import { busError, closedError } from './kafka-errors.ts';
import { KafkaReader } from './kafka-reader.ts';
import {
  type MessageBus,
  messageBytes,
  type OutgoingMessage,
  type PartitionRange,
  type ReaderOptions,
  type TopicOffset,
  type TopicOptions,
  type TopicReader,
} from './message-bus.ts';
import { checkPlace, Partitioner } from './places.ts';

export interface KafkaOptions {
  /** host:port of some brokers. */
  readonly brokers: readonly string[];
  readonly clientId?: string;
  /** TLS, as tls.connect takes it; true for the system's certificates. @default false */
  readonly tls?: KafkaConfig['ssl'];
  readonly sasl?: SASLOptions;
  /** The broker's message.max.bytes. @default 1,000,000 */
  readonly maximumMessageBytes?: number;
  /** After so long without a broker a call fails; readers wait on. @default 30 s */
  readonly timeoutSeconds?: number;
}

/**
 * A broker takes no batch of a partition that is larger than its largest message, 1 MiB unless it was told otherwise. The
 * requests of a call go one after the other: two at once may change places on their way.
 */
const BATCH_BYTES = 1_040_000;
/** A request has a batch for each partition. A broker takes 100 MiB. */
const REQUEST_BYTES = 16 * 2 ** 20;
const MAXIMUM_MESSAGE_BYTES = 1_000_000;
const READ_AHEAD_BYTES = 64 * 2 ** 20;
/** Between two looks whether a new topic is there. */
const READY_MILLISECONDS = 100;
/** What brokers say of a topic before they serve it. */
const NOT_YET = ['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE', 'NOT_LEADER_FOR_PARTITION'];

/** @throws BusError BUS_UNREACHABLE, BUS_NOT_ALLOWED */
export async function openKafkaBus(options: KafkaOptions): Promise<MessageBus> {
  const bus = new KafkaBus(options);
  await bus.connect();
  return bus;
}

class KafkaBus implements MessageBus {
  readonly name: string;
  readonly maximumMessageBytes: number;
  /** Of what a request has of one partition. */
  readonly #batchBytes: number;
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly #producer: Producer;
  readonly #readers = new Set<KafkaReader>();
  readonly #numPartitions = new Map<string, number>();
  readonly #timeoutSeconds: number;
  readonly #partitioner = new Partitioner();
  #closed = false;

  constructor({ brokers, clientId = 'auspex', tls, sasl, maximumMessageBytes, timeoutSeconds = 30 }: KafkaOptions) {
    this.name = `Kafka at ${brokers.join(', ')}`;
    this.#timeoutSeconds = timeoutSeconds;
    this.maximumMessageBytes = maximumMessageBytes ?? MAXIMUM_MESSAGE_BYTES;
    this.#batchBytes = Math.min(BATCH_BYTES, maximumMessageBytes ?? BATCH_BYTES);
    this.kafka = new Kafka({
      clientId,
      brokers: [...brokers],
      ...(tls !== undefined && { ssl: tls }),
      ...(sasl && { sasl }),
      connectionTimeout: 3000,
      requestTimeout: timeoutSeconds * 1000,
      // Waits 0.1, 0.2, ... 2, 2, ... seconds: as many times as fit into the timeout.
      retry: {
        initialRetryTime: 100,
        maxRetryTime: 2000,
        factor: 0,
        multiplier: 2,
        retries: 4 + Math.ceil(timeoutSeconds / 2),
      },
      // What goes wrong for good comes as an error, and what does not is tried again.
      logLevel: logLevel.NOTHING,
    });
    this.admin = this.kafka.admin();
    // A send that is tried again by itself may put the same messages into the topic twice: the caller decides.
    this.#producer = this.kafka.producer({ allowAutoTopicCreation: false, retry: { retries: 0 } });
  }

  async connect(): Promise<void> {
    await this.#call('connect', async () => {
      await this.admin.connect();
      await this.#producer.connect();
    }).catch(async (error: unknown) => {
      await this.close();
      throw error;
    });
  }

  async createTopic(topic: string, { partitions, retention = {}, replicas = 1 }: TopicOptions): Promise<void> {
    const { hours = null, bytesPerPartition = null } = retention;
    const configEntries = [
      { name: 'retention.ms', value: hours === null ? '-1' : String(Math.round(hours * 3_600_000)) },
      { name: 'retention.bytes', value: bytesPerPartition === null ? '-1' : String(bytesPerPartition) },
    ];
    await this.#call(`create topic ${topic}`, async () => {
      const isNew = await this.admin.createTopics({
        waitForLeaders: false,
        topics: [{ topic, numPartitions: partitions, replicationFactor: replicas, configEntries }],
      });
      await this.#untilReady(topic);
      if (isNew) {
        this.#numPartitions.set(topic, partitions);
        return;
      }
      const found = await this.#partitionsOf(topic);
      if (found === partitions) return;
      const message = `Topic ${topic} has ${found} partitions, not ${partitions}: give the number that it has, or another name.`;
      throw new BusError('TOPIC_DIFFERS', message);
    });
  }

  async topics(): Promise<readonly string[]> {
    const names = await this.#call('list topics', () => this.admin.listTopics());
    return names.filter((name) => !name.startsWith('__')).sort();
  }

  ranges(topic: string): Promise<readonly PartitionRange[]> {
    return this.#call(`read the offsets of topic ${topic}`, async () => {
      await this.#partitionsOf(topic);
      const offsets = await this.admin.fetchTopicOffsets(topic);
      return offsets
        .map(({ partition, low, high }) => ({ partition, begin: Number(low), end: Number(high) }))
        .sort((one, other) => one.partition - other.partition);
    });
  }

  async publish(topic: string, messages: readonly OutgoingMessage[]): Promise<readonly TopicOffset[]> {
    const numPartitions = await this.#call(`publish to topic ${topic}`, () => this.#partitionsOf(topic));
    const partitions = messages.map((message) => this.#partitionOf(topic, numPartitions, message));
    return this.#sendAll(topic, messages, partitions);
  }

  async openReader(topic: string, from: readonly TopicOffset[], options: ReaderOptions = {}): Promise<TopicReader> {
    const ranges = await this.ranges(topic);
    for (const place of from) {
      const range = ranges.find(({ partition }) => partition === place.partition);
      checkPlace(topic, ranges.length, range, place);
    }
    const reader = new KafkaReader(this, topic, from, options.maximumBytes ?? READ_AHEAD_BYTES, () =>
      this.#readers.delete(reader),
    );
    this.#readers.add(reader);
    await this.#call(`read topic ${topic}`, () => reader.open()).catch(async (error: unknown) => {
      await reader.close();
      throw error;
    });
    return reader;
  }

  async deleteBefore(topic: string, { partition, offset }: TopicOffset): Promise<void> {
    await this.#call(`delete from topic ${topic}`, () =>
      this.admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(offset) }] }),
    );
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.all([...this.#readers].map((reader) => reader.close()));
    // A connection that is lost already needs no goodbye.
    await Promise.allSettled([this.#producer.disconnect(), this.admin.disconnect()]);
  }

  async #sendAll(
    topic: string,
    messages: readonly OutgoingMessage[],
    partitions: readonly number[],
  ): Promise<readonly TopicOffset[]> {
    const places: TopicOffset[] = [];
    const limits = { bytes: REQUEST_BYTES, bytesPerPartition: this.#batchBytes };
    for (const { first, end } of batches(messages, partitions, limits)) {
      const batch = messages.slice(first, end).map(({ key, value, headers }, i) => ({
        partition: partitions[first + i]!,
        key: key ? Buffer.from(key.buffer, key.byteOffset, key.byteLength) : null,
        value: Buffer.from(value.buffer, value.byteOffset, value.byteLength),
        ...(headers && { headers: { ...headers } }),
      }));
      const sent = await this.#call(
        `publish to topic ${topic}`,
        () => this.#producer.send({ topic, acks: -1, messages: batch }),
        'PUBLISH_FAILED',
      );
      const next = new Map(sent.map(({ partition, baseOffset }) => [partition, Number(baseOffset)]));
      for (const { partition } of batch) {
        const offset = next.get(partition)!;
        places.push({ partition, offset });
        next.set(partition, offset + 1);
      }
    }
    return places;
  }

  #partitionOf(topic: string, numPartitions: number, message: OutgoingMessage): number {
    const bytes = messageBytes(message);
    if (bytes > this.maximumMessageBytes) {
      const text = `A message for topic ${topic} has ${bytes} bytes; the broker takes ${this.maximumMessageBytes}.`;
      throw new BusError('MESSAGE_TOO_LARGE', text);
    }
    return this.#partitioner.partitionOf(topic, numPartitions, message);
  }

  /** For a while after a topic was made, brokers may not know it, or not lead its partitions yet. */
  async #untilReady(topic: string): Promise<void> {
    const deadline = performance.now() + this.#timeoutSeconds * 1000;
    while (!(await this.#isReady(topic))) {
      if (performance.now() > deadline) {
        const message = `Topic ${topic} was made, but no broker serves it after ${this.#timeoutSeconds} seconds; the broker's log says why.`;
        throw new BusError('BUS_UNREACHABLE', message);
      }
      await sleep(READY_MILLISECONDS);
    }
  }

  async #isReady(topic: string): Promise<boolean> {
    if (!(await this.admin.listTopics()).includes(topic)) return false;
    try {
      await this.admin.fetchTopicOffsets(topic);
      return true;
    } catch (error) {
      if (NOT_YET.includes((error as { readonly type?: string }).type ?? '')) return false;
      throw error;
    }
  }

  /** Asked once: the number of a topic's partitions is taken as fixed. */
  async #partitionsOf(topic: string): Promise<number> {
    const known = this.#numPartitions.get(topic);
    if (known !== undefined) return known;
    // Whoever asks for a topic that is not there is told so only after many tries.
    if (!(await this.admin.listTopics()).includes(topic)) {
      throw new BusError('TOPIC_NOT_FOUND', `There is no topic ${topic} on the bus that is ${this.name}.`);
    }
    const { topics } = await this.admin.fetchTopicMetadata({ topics: [topic] });
    const found = topics[0]!.partitions.length;
    this.#numPartitions.set(topic, found);
    return found;
  }

  async #call<T>(what: string, work: () => Promise<T>, otherwise: BusErrorCode = 'BUS_UNREACHABLE'): Promise<T> {
    if (this.#closed) throw closedError(this.name);
    try {
      return await work();
    } catch (error) {
      throw busError(error, `${this.name}: cannot ${what}`, otherwise);
    }
  }
}
