/**
 * Reads a topic from where one left off, in an order that a fixed topic always gives: partition after partition, each up to
 * where it ended at the beginning. Then, if wanted, what comes in, from all partitions as it comes.
 *
 *     partition 0  ━━━━━━━━━━━━━━▶│           ┄┄┄▶
 *     partition 1                 ━━━━━━━━━━▶│ ┄┄▶    follow
 *     partition 2                            ━━━▶│▶
 *
 * All partitions are read ahead, within the reader's memory, whichever has its turn.
 */
import { BusError } from '../../data/topics/bus-error.ts';
import type {
  Message,
  PartitionRange,
  TopicOffset,
  TopicReader,
  TopicReading,
} from '../../data/topics/topic-reading.ts';

export type TopicPart =
  /** Possibly none: time has passed. */
  | { readonly kind: 'messages'; readonly messages: readonly Message[] }
  /** Retention deleted messages that were not read yet. */
  | { readonly kind: 'missed'; readonly partition: number; readonly from: number; readonly to: number }
  /** Everything that was there at the beginning is read. */
  | { readonly kind: 'caught-up' };

export interface ReadTopicOptions {
  /** Whether to go on with what comes in. */
  readonly follow: boolean;
  /** Ends the reading. */
  readonly signal: AbortSignal;
}

/** Milliseconds after which a reading without messages says so. */
const IDLE = 1000;

/**
 * @param ranges the topic's, as they are at the beginning
 * @param next where to go on, by partition; it is moved on, past what was given out. Partitions that it lacks begin at their
 *   first message
 * @throws BusError
 */
export async function* readTopic(
  bus: TopicReading,
  topic: string,
  ranges: readonly PartitionRange[],
  next: Map<number, number>,
  { follow, signal }: ReadTopicOptions,
): AsyncGenerator<TopicPart> {
  const ends = new Map(ranges.map(({ partition, end }) => [partition, end]));
  let now = ranges;
  while (!signal.aborted) {
    yield* skipDeleted(now, next);
    const from = placesOf(next);
    const reader = await bus.openReader(topic, from);
    try {
      yield* readInTurn(reader, from, ends, next, signal);
      if (!follow || signal.aborted) return;
      yield { kind: 'caught-up' };
      for (const { partition } of from) reader.resume(partition);
      while (!signal.aborted) yield advance(await readOr(reader, signal), next);
      return;
    } catch (error) {
      // Retention was faster. What it took is found out at the next turn.
      if (!(error instanceof BusError) || error.code !== 'OFFSET_DELETED') throw error;
      now = await bus.ranges(topic);
      if (now.every(({ partition, begin }) => begin <= next.get(partition)!)) throw error;
    } finally {
      await reader.close();
    }
  }
}

/** Where the first message of a partition lies beyond the next to be read, the messages between are missed. */
function* skipDeleted(ranges: readonly PartitionRange[], next: Map<number, number>): Generator<TopicPart> {
  for (const { partition, begin } of ranges) {
    const place = next.get(partition);
    if (place === undefined) next.set(partition, begin);
    else if (place < begin) {
      next.set(partition, begin);
      yield { kind: 'missed', partition, from: place, to: begin };
    }
  }
}

async function* readInTurn(
  reader: TopicReader,
  from: readonly TopicOffset[],
  ends: ReadonlyMap<number, number>,
  next: Map<number, number>,
  signal: AbortSignal,
): AsyncGenerator<TopicPart> {
  for (const { partition } of from) reader.pause(partition);
  for (const { partition } of from) {
    const end = ends.get(partition) ?? 0;
    if (next.get(partition)! >= end) continue;
    reader.resume(partition);
    while (!signal.aborted && next.get(partition)! < end) {
      const messages = await readOr(reader, signal);
      const within = messages.filter(({ offset }) => offset < end);
      yield advance(within, next);
      // What came in meanwhile has its turn later.
      if (within.length < messages.length) {
        next.set(partition, end);
        reader.seek({ partition, offset: end });
      }
    }
    reader.pause(partition);
  }
}

function advance(messages: readonly Message[], next: Map<number, number>): TopicPart {
  for (const { partition, offset } of messages) next.set(partition, offset + 1);
  return { kind: 'messages', messages };
}

/** The next messages, or none where the time has passed or the signal is given. */
async function readOr(reader: TopicReader, signal: AbortSignal): Promise<readonly Message[]> {
  const enough = new AbortController();
  const abort = () => enough.abort();
  const timer = setTimeout(abort, IDLE);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await reader.read(enough.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}

function placesOf(next: ReadonlyMap<number, number>): TopicOffset[] {
  return [...next].map(([partition, offset]) => ({ partition, offset })).sort((a, b) => a.partition - b.partition);
}
