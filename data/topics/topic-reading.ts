/**
 * What a training needs of a message bus: to know where a topic's partitions begin and end, and to read them from an offset
 * on. services/bus/ has the buses; here they are only read.
 */

export interface Message {
  readonly partition: number;
  readonly offset: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds since 1970, as whoever published it said. */
  readonly timestamp: number;
}

/** Of a message, what takes its room. */
type MessageContents = Pick<Message, 'value'> & Partial<Pick<Message, 'key' | 'headers'>>;

/** Overhead that a message may have on the wire besides key, value and headers. */
const ENVELOPE_BYTES = 128;

/** Bytes that a message takes. */
export function messageBytes({ key, value, headers = {} }: MessageContents): number {
  const text = Object.entries(headers).reduce((sum, [name, text]) => sum + Buffer.byteLength(name + text) + 8, 0);
  return ENVELOPE_BYTES + (key?.byteLength ?? 0) + value.byteLength + text;
}

/** A place in a topic. */
export interface TopicOffset {
  readonly partition: number;
  readonly offset: number;
}

/** The offsets that a partition has: from `begin` on, and up to `end`, which the next message will get. */
export interface PartitionRange {
  readonly partition: number;
  readonly begin: number;
  readonly end: number;
}

export interface ReaderOptions {
  /**
   * Bytes that are read ahead; a partition that has its part of them waits until some are taken. One message may exceed it.
   * @default 64 MiB
   */
  readonly maximumBytes?: number;
}

/** Reads some partitions of a topic, each in the order of its offsets. For one caller at a time. */
export interface TopicReader {
  /**
   * The next messages, of any of the partitions; waits where there is none.
   * @param signal ends the wait
   * @returns at least one message, unless the signal was given
   * @throws BusError OFFSET_DELETED, OFFSET_UNKNOWN, BUS_CLOSED, BUS_NOT_ALLOWED
   */
  read(signal?: AbortSignal): Promise<readonly Message[]>;
  /** Goes on elsewhere; what was read ahead of the partition is dropped. */
  seek(to: TopicOffset): void;
  /** Gives out no more of a partition. */
  pause(partition: number): void;
  resume(partition: number): void;
  close(): Promise<void>;
}

export interface TopicReading {
  /** The partitions in ascending order. @throws BusError TOPIC_NOT_FOUND, BUS_UNREACHABLE */
  ranges(topic: string): Promise<readonly PartitionRange[]>;
  /**
   * @param from partitions, and where to begin in each
   * @throws BusError TOPIC_NOT_FOUND, PARTITION_NOT_FOUND, OFFSET_DELETED, OFFSET_UNKNOWN, BUS_UNREACHABLE
   */
  openReader(topic: string, from: readonly TopicOffset[], options?: ReaderOptions): Promise<TopicReader>;
}
