/**
 * The embedded bus: topics in an LMDB store in a folder. No server: any number of processes of one machine publish and read
 * at once, and what was published is on the disk.
 *
 *     topics      name                        ──▶ number, partitions, retention
 *     ends        [number, partition]         ──▶ begin, end, bytes
 *     batches     [number, partition, last]   ──▶ messages that were published together, up to the offset `last`
 *
 * The batch of an offset is the first whose last offset is not smaller.
 */
import type { Database, RootDatabase } from 'lmdb';
import { pack, unpack } from 'msgpackr';
import { BusError } from '../../data/topics/bus-error.ts';
import type {
  Message,
  PartitionRange,
  ReaderOptions,
  TopicOffset,
  TopicReader,
} from '../../data/topics/topic-reading.ts';
import { messageOf } from '../../errors.ts';
import { batches } from './batches.ts';
import { type MessageBus, messageBytes, type OutgoingMessage, type TopicOptions } from './message-bus.ts';
import { openStore } from './open-store.ts';
import { checkPlace, Partitioner } from './places.ts';
import { ReaderQueue } from './reader-queue.ts';

/** Of the largest message, as a broker has a limit too: no one should rely on what the other bus refuses. */
const MAXIMUM_MESSAGE_BYTES = 64 * 2 ** 20;
/** Written in one transaction. */
const BATCH_BYTES = 8 * 2 ** 20;
/** Of one partition, stored as one. A batch is read whole, and what is in a processor's cache is copied fastest. */
const STORED_BYTES = 2 ** 17;
/** Read from the store in one go. */
const CHUNK_BYTES = 2 ** 20;
/** How often a reader at the end looks for more. */
const POLL_MILLISECONDS = 20;

/** Each transaction is on the disk when it is done, and begins at once: there is nothing else to wait for. */
const STORE = { maxDbs: 4, overlappingSync: false, eventTurnBatching: false, commitDelay: 0 } as const;

interface Topic {
  readonly number: number;
  readonly partitions: number;
  readonly retention: { readonly hours: number | null; readonly bytes: number | null };
}

interface Ends {
  readonly begin: number;
  readonly end: number;
  readonly bytes: number;
}

/** Stored as msgpack. */
interface Batch {
  readonly timestamp: number;
  readonly bytes: number;
  readonly messages: readonly StoredMessage[];
}

type StoredMessage = readonly [
  key: Uint8Array | null,
  value: Uint8Array,
  headers: Readonly<Record<string, string>> | null,
];

/** @throws BusError BUS_UNREACHABLE */
export function openEmbeddedBus(folder: string): MessageBus {
  try {
    return new EmbeddedBus(folder, openStore(folder, STORE));
  } catch (cause) {
    const message = `The embedded bus in ${folder} cannot be opened: ${messageOf(cause)}. Give a folder on a local disk that can be written.`;
    throw new BusError('BUS_UNREACHABLE', message, { cause });
  }
}

class EmbeddedBus implements MessageBus {
  readonly name: string;
  readonly maximumMessageBytes = MAXIMUM_MESSAGE_BYTES;
  readonly #root: RootDatabase;
  readonly #topics: Database<Topic, string>;
  readonly #ends: Database<Ends, [number, number]>;
  readonly #batches: Database<Buffer, Uint8Array>;
  readonly #readers = new Set<EmbeddedReader>();
  readonly #partitioner = new Partitioner();
  #closed = false;

  constructor(folder: string, root: RootDatabase) {
    this.name = `embedded in ${folder}`;
    this.#root = root;
    this.#topics = root.openDB({ name: 'topics', encoding: 'json' });
    this.#ends = root.openDB({ name: 'ends', encoding: 'json' });
    this.#batches = root.openDB({ name: 'batches', encoding: 'binary', keyEncoding: 'binary' });
  }

  async createTopic(topic: string, { partitions, retention = {} }: TopicOptions): Promise<void> {
    this.#checkOpen();
    const { hours = null, bytesPerPartition: bytes = null } = retention;
    const found = await this.#write(() => {
      const known = this.#topics.get(topic);
      if (known) return known;
      const number = this.#topics.getKeysCount();
      const created: Topic = { number, partitions, retention: { hours, bytes } };
      this.#topics.put(topic, created);
      for (let p = 0; p < partitions; p++) this.#ends.put([number, p], { begin: 0, end: 0, bytes: 0 });
      return created;
    });
    if (found.partitions !== partitions) {
      const message = `Topic ${topic} has ${found.partitions} partitions, not ${partitions}: give the number that it has, or another name.`;
      throw new BusError('TOPIC_DIFFERS', message);
    }
  }

  async topics(): Promise<readonly string[]> {
    this.#checkOpen();
    return [...this.#topics.getKeys()];
  }

  async ranges(topic: string): Promise<readonly PartitionRange[]> {
    const { number, partitions } = this.topic(topic);
    return Array.from({ length: partitions }, (_, partition) => {
      const { begin, end } = this.ends(number, partition);
      return { partition, begin, end };
    });
  }

  async publish(topic: string, messages: readonly OutgoingMessage[]): Promise<readonly TopicOffset[]> {
    const found = this.topic(topic);
    const partitions = messages.map((message) => this.#partitionOf(topic, found, message));
    const places: TopicOffset[] = [];
    for (const { first, end } of batches(messages, partitions, { bytes: BATCH_BYTES })) {
      await this.#write(() => {
        const timestamp = Date.now();
        const groups = new Map<number, OutgoingMessage[]>();
        const ends = new Map<number, Ends>();
        for (let i = first; i < end; i++) {
          const partition = partitions[i]!;
          const group = groups.get(partition) ?? [];
          if (group.length === 0) {
            groups.set(partition, group);
            ends.set(partition, this.ends(found.number, partition));
          }
          places.push({ partition, offset: ends.get(partition)!.end + group.length });
          group.push(messages[i]!);
        }
        for (const [partition, group] of groups) {
          const after = this.#append(found, partition, ends.get(partition)!, group, timestamp);
          this.#ends.put([found.number, partition], this.#retained(found, partition, after, timestamp));
        }
      });
    }
    return places;
  }

  async openReader(topic: string, from: readonly TopicOffset[], options: ReaderOptions = {}): Promise<TopicReader> {
    const found = this.topic(topic);
    for (const place of from) this.checkPlace(topic, found, place);
    const reader = new EmbeddedReader(this, topic, found, from, options.maximumBytes ?? CHUNK_BYTES, () =>
      this.#readers.delete(reader),
    );
    this.#readers.add(reader);
    return reader;
  }

  async deleteBefore(topic: string, { partition, offset }: TopicOffset): Promise<void> {
    const found = this.topic(topic);
    this.checkPlace(topic, found, { partition, offset: Math.max(offset, this.ends(found.number, partition).begin) });
    await this.#write(() => {
      const ends = this.ends(found.number, partition);
      this.#ends.put([found.number, partition], {
        ...this.#drop(found, partition, ends, (last) => last < offset),
        begin: Math.max(ends.begin, offset),
      });
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.all([...this.#readers].map((reader) => reader.close()));
    await this.#root.close();
  }

  /** @throws BusError TOPIC_NOT_FOUND */
  topic(name: string): Topic {
    this.#checkOpen();
    const found = this.#topics.get(name);
    if (found) return found;
    throw new BusError('TOPIC_NOT_FOUND', `There is no topic ${name} on the bus that is ${this.name}.`);
  }

  ends(topic: number, partition: number): Ends {
    return this.#ends.get([topic, partition])!;
  }

  /** @throws BusError */
  checkPlace(topic: string, { number, partitions }: Topic, place: TopicOffset): void {
    checkPlace(topic, partitions, this.#ends.get([number, place.partition]), place);
  }

  /** Messages from an offset on, at least one where there is one, copied out of the store. */
  messages(topic: Topic, partition: number, from: number, maximumBytes: number): Message[] {
    const found: Message[] = [];
    let bytes = 0;
    // Where there is none, it was deleted a moment ago; whoever comes back is told.
    for (const { key, value: packed } of this.#batches.getRange(batchesFrom(topic.number, partition, from))) {
      // Its keys and values are slices of what was copied out of the store.
      const batch: Batch = unpack(packed);
      const first = lastOffset(key) - batch.messages.length + 1;
      for (const [i, [key, value, headers]] of batch.messages.entries()) {
        const offset = first + i;
        if (offset < from) continue;
        if (bytes >= maximumBytes) return found;
        const message = { partition, offset, key, value, headers: headers ?? {}, timestamp: batch.timestamp };
        found.push(message);
        bytes += messageBytes(message);
      }
    }
    return found;
  }

  #append(topic: Topic, partition: number, ends: Ends, messages: readonly OutgoingMessage[], timestamp: number): Ends {
    let { end, bytes } = ends;
    const partitions = messages.map(() => partition);
    for (const batch of batches(messages, partitions, { bytes: STORED_BYTES })) {
      const group = messages.slice(batch.first, batch.end);
      const stored: Batch = {
        timestamp,
        bytes: group.reduce((sum, message) => sum + messageBytes(message), 0),
        messages: group.map(({ key = null, value, headers = null }) => [key, value, headers]),
      };
      end += group.length;
      bytes += stored.bytes;
      this.#batches.put(placeOf(topic.number, partition, end - 1), pack(stored));
    }
    return { begin: ends.begin, end, bytes };
  }

  /** Deletes what the topic's retention no longer keeps, as whole batches. The newest stays. */
  #retained(topic: Topic, partition: number, ends: Ends, now: number): Ends {
    const { hours, bytes } = topic.retention;
    if (hours === null && bytes === null) return ends;
    const oldest = hours === null ? Number.NEGATIVE_INFINITY : now - hours * 3_600_000;
    return this.#drop(topic, partition, ends, (last, left, { timestamp }) => {
      if (last === ends.end - 1) return false;
      return timestamp < oldest || (bytes !== null && left > bytes);
    });
  }

  /** Deletes the oldest batches, as long as the condition holds. */
  #drop(
    topic: Topic,
    partition: number,
    { begin, end, bytes }: Ends,
    condition: (last: number, bytes: number, batch: Batch) => boolean,
  ): Ends {
    let [first, left] = [begin, bytes];
    while (first < end) {
      const [oldest] = this.#batches.getRange({ ...batchesFrom(topic.number, partition, first), limit: 1 });
      const last = lastOffset(oldest!.key);
      const batch: Batch = unpack(oldest!.value);
      if (!condition(last, left, batch)) break;
      this.#batches.remove(oldest!.key);
      left -= batch.bytes;
      first = last + 1;
    }
    return { begin: first, end, bytes: left };
  }

  #partitionOf(name: string, { partitions }: Topic, message: OutgoingMessage): number {
    const bytes = messageBytes(message);
    if (bytes > MAXIMUM_MESSAGE_BYTES) {
      throw new BusError(
        'MESSAGE_TOO_LARGE',
        `A message for topic ${name} has ${bytes} bytes; ${MAXIMUM_MESSAGE_BYTES} are possible.`,
      );
    }
    return this.#partitioner.partitionOf(name, partitions, message);
  }

  async #write<T>(work: () => T): Promise<T> {
    try {
      return await this.#root.transaction(work);
    } catch (cause) {
      if (cause instanceof BusError) throw cause;
      throw new BusError('PUBLISH_FAILED', `The bus that is ${this.name} cannot be written: ${messageOf(cause)}.`, {
        cause,
      });
    }
  }

  #checkOpen(): void {
    if (this.#closed) throw closedError(this.name);
  }
}

class EmbeddedReader implements TopicReader {
  readonly #bus: EmbeddedBus;
  readonly #name: string;
  readonly #topic: Topic;
  readonly #queue: ReaderQueue;
  readonly #onClose: () => void;
  #timer: NodeJS.Timeout | undefined;
  /** Of what is read in one go. */
  readonly #maximumBytes: number;
  #turn = 0;
  #closed = false;

  constructor(
    bus: EmbeddedBus,
    name: string,
    topic: Topic,
    from: readonly TopicOffset[],
    maximumBytes: number,
    onClose: () => void,
  ) {
    this.#bus = bus;
    this.#name = name;
    this.#topic = topic;
    this.#maximumBytes = Math.min(maximumBytes, CHUNK_BYTES);
    this.#queue = new ReaderQueue(from, maximumBytes);
    this.#onClose = onClose;
  }

  /** The store is at hand, so nothing is read ahead: what comes is still in the processor's cache when it is used. */
  read(signal?: AbortSignal): Promise<readonly Message[]> {
    if (!this.#queue.hasMessages) this.#fill();
    return this.#queue.take(signal).finally(() => clearTimeout(this.#timer));
  }

  seek(to: TopicOffset): void {
    this.#queue.seek(to);
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
    clearTimeout(this.#timer);
    this.#queue.fail(closedError(this.#bus.name));
    this.#onClose();
  }

  /** Reads on in the next partition that has something; where none has, looks again a little later. */
  #fill(): void {
    if (this.#closed) return;
    const partitions = this.#queue.partitions;
    try {
      for (let i = 0; i < partitions.length; i++) {
        const partition = partitions[this.#turn++ % partitions.length]!;
        if (this.#queue.isPaused(partition)) continue;
        const next = this.#queue.next(partition);
        this.#bus.checkPlace(this.#name, this.#topic, { partition, offset: next });
        const messages = this.#bus.messages(this.#topic, partition, next, this.#maximumBytes);
        if (messages.length === 0) continue;
        this.#queue.add(partition, messages);
        return;
      }
    } catch (error) {
      this.#queue.fail(error as Error);
    }
    this.#timer = setTimeout(() => this.#fill(), POLL_MILLISECONDS);
  }
}

/** Keys sort as numbers do: 4 bytes each for topic and partition, 8 for the offset, the highest first. */
function placeOf(topic: number, partition: number, offset: number): Buffer {
  const key = Buffer.allocUnsafe(16);
  key.writeUInt32BE(topic);
  key.writeUInt32BE(partition, 4);
  key.writeBigUInt64BE(BigInt(offset), 8);
  return key;
}

function lastOffset(place: Uint8Array): number {
  return Number(Buffer.from(place.buffer, place.byteOffset, place.byteLength).readBigUInt64BE(8));
}

/** The batch of an offset and those after it. */
function batchesFrom(
  topic: number,
  partition: number,
  offset: number,
): { readonly start: Buffer; readonly end: Buffer } {
  return { start: placeOf(topic, partition, offset), end: placeOf(topic, partition + 1, 0) };
}

function closedError(name: string): BusError {
  return new BusError('BUS_CLOSED', `The bus that is ${name} was closed.`);
}
