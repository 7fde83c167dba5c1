import { messageBytes, type OutgoingMessage } from './message-bus.ts';

export interface BatchLimits {
  readonly bytes: number;
  /** Of what a batch has of each partition. */
  readonly bytesPerPartition?: number;
}

/**
 * Cuts messages into batches within limits; a message that is larger is a batch alone. Yields positions.
 * @param partitions of the messages
 */
export function* batches(
  messages: readonly OutgoingMessage[],
  partitions: readonly number[],
  { bytes: most, bytesPerPartition: mostOfOne = most }: BatchLimits,
): Generator<{ readonly first: number; readonly end: number }> {
  let first = 0;
  let total = 0;
  const ofPartition = new Map<number, number>();
  for (const [position, message] of messages.entries()) {
    const partition = partitions[position]!;
    const size = messageBytes(message);
    const ofOne = ofPartition.get(partition) ?? 0;
    if ((total > 0 && total + size > most) || (ofOne > 0 && ofOne + size > mostOfOne)) {
      yield { first, end: position };
      first = position;
      total = 0;
      ofPartition.clear();
    }
    total += size;
    ofPartition.set(partition, (ofPartition.get(partition) ?? 0) + size);
  }
  if (first < messages.length) yield { first, end: messages.length };
}
