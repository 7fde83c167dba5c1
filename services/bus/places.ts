/** Places in a topic, the same on every bus: where a message goes, and what is said of a place that cannot be read. */
import { BusError } from '../../data/topics/bus-error.ts';
import type { OutgoingMessage, TopicOffset } from './message-bus.ts';
import { partitionOfKey } from './partition-of-key.ts';

/** Gives messages their partitions: the one that they name, the one of their key, or else one after another. */
export class Partitioner {
  #turn = 0;

  /** @throws BusError PARTITION_NOT_FOUND */
  partitionOf(topic: string, numPartitions: number, { partition, key }: OutgoingMessage): number {
    if (partition === undefined) return key ? partitionOfKey(key, numPartitions) : this.#turn++ % numPartitions;
    if (partition >= 0 && partition < numPartitions) return partition;
    throw partitionMissing(topic, partition, numPartitions);
  }
}

/**
 * @param range of the partition, if there is one
 * @throws BusError PARTITION_NOT_FOUND, OFFSET_DELETED, OFFSET_UNKNOWN
 */
export function checkPlace(
  topic: string,
  numPartitions: number,
  range: { readonly begin: number; readonly end: number } | undefined,
  place: TopicOffset,
): void {
  if (!range) throw partitionMissing(topic, place.partition, numPartitions);
  if (place.offset < range.begin) throw offsetDeleted(topic, place, range.begin);
  if (place.offset > range.end) throw offsetUnknown(topic, place, range.end);
}

/** @param begin the partition's oldest offset */
export function offsetDeleted(topic: string, { partition, offset }: TopicOffset, begin: number): BusError {
  const message = `Topic ${topic}, partition ${partition}: offset ${offset} was deleted; the oldest message is ${begin}.`;
  return new BusError('OFFSET_DELETED', message);
}

/** @param end the offset of the partition's next message */
export function offsetUnknown(topic: string, { partition, offset }: TopicOffset, end: number): BusError {
  const message = `Topic ${topic}, partition ${partition}: there was never an offset ${offset}; the topic ends at ${end}.`;
  return new BusError('OFFSET_UNKNOWN', message);
}

function partitionMissing(topic: string, partition: number, numPartitions: number): BusError {
  return new BusError('PARTITION_NOT_FOUND', `Topic ${topic} has no partition ${partition}, but ${numPartitions}.`);
}
