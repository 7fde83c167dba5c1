/**
 * Kafka as a message bus, by kafkajs: the only file that imports it.
 *
 * Kafka's clients read as members of consumer groups, which give partitions away and remember offsets. Here partitions are
 * chosen and offsets are kept by whoever reads, so each reader is a group of its own with one member: it takes the partitions
 * that it was told to, commits nothing, and goes to its own offsets whenever the group is joined anew. Where Kafka resets an
 * offset silently, because retention has deleted it, that is noticed and an error.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Admin,
  AssignerProtocol,
  type Consumer,
  type EachBatchPayload,
  Kafka,
  type KafkaConfig,
  logLevel,
  type PartitionAssigner,
  type Producer,
  type SASLOptions,
} from 'kafkajs';
import { BusError, type BusErrorCode } from '../../data/topics/bus-error.ts';
import { messageOf } from '../../errors.ts';
import { batches } from './batches.ts';
import {
  type Message,
  type MessageBus,
  messageBytes,
  type OutgoingMessage,
  type PartitionRange,
  type ReaderOptions,
  type TopicOffset,
  type TopicOptions,
  type TopicReader,
} from './message-bus.ts';
import { partitionOfKey } from './partition-of-key.ts';
import { ReaderQueue } from './reader-queue.ts';

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
const { MemberAssignment, MemberMetadata } = AssignerProtocol;
const READ_AHEAD_BYTES = 64 * 2 ** 20;
/** Of one partition, in one answer. */
const FETCH_BYTES = 4 * 2 ** 20;
/** After what kafkajs does not try again itself. */
const RESTART_MILLISECONDS = 1000;
/** How long the broker may keep a reader that is at the end waiting: longer holds up its other calls. */
const FETCH_WAIT_MILLISECONDS = 200;
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
  #turn = 0;
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
    checkPlaces(topic, await this.ranges(topic), from);
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
    const { partition, key } = message;
    if (partition === undefined) return key ? partitionOfKey(key, numPartitions) : this.#turn++ % numPartitions;
    if (partition >= 0 && partition < numPartitions) return partition;
    throw new BusError('PARTITION_NOT_FOUND', `Topic ${topic} has no partition ${partition}, but ${numPartitions}.`);
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

class KafkaReader implements TopicReader {
  readonly #bus: KafkaBus;
  readonly #topic: string;
  readonly #queue: ReaderQueue;
  readonly #onClose: () => void;
  /** Partitions that are not fetched, because enough is read ahead of them. */
  readonly #held = new Set<number>();
  #consumer: Consumer | undefined;
  #restart: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(bus: KafkaBus, topic: string, from: readonly TopicOffset[], maximumBytes: number, onClose: () => void) {
    this.#bus = bus;
    this.#topic = topic;
    this.#onClose = onClose;
    this.#queue = new ReaderQueue(from, maximumBytes, (partition) => this.#release(partition));
  }

  async open(): Promise<void> {
    const consumer = this.#bus.kafka.consumer({
      groupId: `auspex-${randomUUID()}`,
      partitionAssigners: [onlyPartitions(this.#topic, this.#queue.partitions)],
      maxWaitTimeInMs: FETCH_WAIT_MILLISECONDS,
      maxBytesPerPartition: FETCH_BYTES,
      allowAutoTopicCreation: false,
      // A reader outlives a broker that is away, however long.
      retry: { initialRetryTime: 100, maxRetryTime: 2000, retries: 10, restartOnFailure: async () => !this.#closed },
    });
    this.#consumer = consumer;
    this.#held.clear();
    // Nothing is ever committed: a group that is joined, or joined anew, would begin at the topic's beginning.
    consumer.on(consumer.events.GROUP_JOIN, () => this.#joined(consumer));
    consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
      if (!restart) this.#crashed(consumer, error);
    });
    await consumer.connect();
    await consumer.subscribe({ topics: [this.#topic], fromBeginning: true });
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
    await this.#consumer?.disconnect().catch(() => undefined);
    // The group has served its purpose; without a member the broker forgets it in time anyway.
    this.#onClose();
  }

  /** kafkajs gives up what it takes for hopeless, which a broker that has just ended may look like. */
  #crashed(consumer: Consumer, error: Error): void {
    if (this.#closed || consumer !== this.#consumer) return;
    const what = `${this.#bus.name}: cannot read topic ${this.#topic}`;
    const known = busError(error, what);
    if (known.code !== 'BUS_UNREACHABLE') {
      this.#queue.fail(known);
      return;
    }
    this.#restart = setTimeout(() => {
      this.open().catch((reason: Error) => this.#crashed(this.#consumer!, reason));
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
    // What was under way when the reader was sent elsewhere.
    if (isStale() || !isRunning() || this.#closed || consumer !== this.#consumer) return;
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
      if (isStale()) return;
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
    const next = this.#queue.next(partition);
    const where = `Topic ${this.#topic}, partition ${partition}`;
    if (next > end) {
      return new BusError('OFFSET_UNKNOWN', `${where}: there was never an offset ${next}; the topic ends at ${end}.`);
    }
    if (found < next) return undefined;
    const range = (await this.#bus.ranges(this.#topic)).find((range) => range.partition === partition)!;
    if (range.begin <= next) return undefined;
    return new BusError(
      'OFFSET_DELETED',
      `${where}: offset ${next} was deleted; the oldest message is ${range.begin}.`,
    );
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

function checkPlaces(topic: string, ranges: readonly PartitionRange[], places: readonly TopicOffset[]): void {
  for (const { partition, offset } of places) {
    const range = ranges.find((range) => range.partition === partition);
    if (!range) {
      throw new BusError('PARTITION_NOT_FOUND', `Topic ${topic} has no partition ${partition}, but ${ranges.length}.`);
    }
    const where = `Topic ${topic}, partition ${partition}`;
    if (offset < range.begin) {
      throw new BusError(
        'OFFSET_DELETED',
        `${where}: offset ${offset} was deleted; the oldest message is ${range.begin}.`,
      );
    }
    if (offset > range.end) {
      const message = `${where}: there was never an offset ${offset}; the topic ends at ${range.end}.`;
      throw new BusError('OFFSET_UNKNOWN', message);
    }
  }
}

/** Kafka's names of errors, by what they mean here. */
const CODES: Readonly<Record<string, BusErrorCode>> = {
  UNKNOWN_TOPIC_OR_PARTITION: 'TOPIC_NOT_FOUND',
  INVALID_TOPIC_EXCEPTION: 'TOPIC_NOT_FOUND',
  MESSAGE_TOO_LARGE: 'MESSAGE_TOO_LARGE',
  RECORD_LIST_TOO_LARGE: 'MESSAGE_TOO_LARGE',
  TOPIC_AUTHORIZATION_FAILED: 'BUS_NOT_ALLOWED',
  GROUP_AUTHORIZATION_FAILED: 'BUS_NOT_ALLOWED',
  CLUSTER_AUTHORIZATION_FAILED: 'BUS_NOT_ALLOWED',
  SASL_AUTHENTICATION_FAILED: 'BUS_NOT_ALLOWED',
};

function busError(thrown: unknown, what: string, otherwise: BusErrorCode = 'BUS_UNREACHABLE'): BusError {
  if (thrown instanceof BusError) return thrown;
  const { name, type, cause } = thrown as { readonly name?: string; readonly type?: string; readonly cause?: unknown };
  const known = type === undefined ? undefined : CODES[type];
  if (known) return new BusError(known, `${what}: ${messageOf(thrown)}`, { cause: thrown });
  if (name === 'KafkaJSSASLAuthenticationError') {
    return new BusError('BUS_NOT_ALLOWED', `${what}: ${messageOf(thrown)}`, { cause: thrown });
  }
  // What was tried again and again has the reason inside.
  if (cause instanceof Error && name?.startsWith('KafkaJS')) return busError(cause, what, otherwise);
  return new BusError(otherwise, `${what}: ${messageOf(thrown)}`, { cause: thrown });
}

function closedError(name: string): BusError {
  return new BusError('BUS_CLOSED', `The bus that is ${name} was closed.`);
}
