/**
 * The message bus: topics of partitions, to which messages are appended and from which they are read at any offset, any
 * number of times. Two implementations, embedded.ts and kafka.ts, pass one contract test (test/bus/contract.ts). Who has read
 * how far is never kept here: it belongs to what was done with the messages, as in a training's checkpoint.
 */
import type { TopicOffset, TopicReading } from '../../data/topics/topic-reading.ts';

export type {
  Message,
  PartitionRange,
  ReaderOptions,
  TopicOffset,
  TopicReader,
  TopicReading,
} from '../../data/topics/topic-reading.ts';
export { messageBytes } from '../../data/topics/topic-reading.ts';

export interface TopicOptions {
  readonly partitions: number;
  /** The oldest messages are deleted beyond this; null for never. @default null */
  readonly retention?: { readonly hours?: number | null; readonly bytesPerPartition?: number | null };
  /** Copies on as many brokers; an embedded bus has one. @default 1 */
  readonly replicas?: number;
}

export interface OutgoingMessage {
  /** @default by the key's hash, or in turn where there is no key */
  readonly partition?: number;
  readonly key?: Uint8Array | null;
  readonly value: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface MessageBus extends TopicReading {
  /** For people: `embedded in /data/bus`, `Kafka at host:9092`. */
  readonly name: string;
  /** Bytes of the largest message that it takes, key and headers included. */
  readonly maximumMessageBytes: number;
  /** One that exists already is left as it is. @throws BusError TOPIC_DIFFERS, BUS_UNREACHABLE */
  createTopic(topic: string, options: TopicOptions): Promise<void>;
  topics(): Promise<readonly string[]>;
  /**
   * Appends messages, in as many batches as the broker needs; those of one partition keep their order. Calls that are under way
   * at once are in no order: whoever wants one awaits the first.
   * @returns where each has come to lie, once they are durable
   * @throws BusError TOPIC_NOT_FOUND, PARTITION_NOT_FOUND, MESSAGE_TOO_LARGE before anything was sent; PUBLISH_FAILED where some
   *   of them may be in the topic and some not
   */
  publish(topic: string, messages: readonly OutgoingMessage[]): Promise<readonly TopicOffset[]>;
  /** Deletes a partition's messages before an offset. @throws BusError */
  deleteBefore(topic: string, before: TopicOffset): Promise<void>;
  /** Ends what is under way; readers end with BUS_CLOSED. */
  close(): Promise<void>;
}
