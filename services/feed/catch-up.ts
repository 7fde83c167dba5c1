/**
 * Brings the ledger up to the topic: reads every partition from where the ledger ends to where the partition ends. It begins
 * one message earlier, which has to be the ledger's last: otherwise this is not the topic that the ledger is of.
 *
 *     partition   ... 6 7 8 │ 9 10 11         ledger: up to 8, whose key is known
 *                         └──────────▶ read
 */

import { decodeImage, isBadMessage } from '../../data/topics/image-message.ts';
import type { Message, TopicOffset, TopicReader } from '../../data/topics/topic-reading.ts';
import type { MessageBus, PartitionRange } from '../bus/message-bus.ts';
import { FeedError } from './feed-error.ts';
import type { Ledger } from './ledger.ts';

const READ_AHEAD_BYTES = 32 * 2 ** 20;
/** A reader of Kafka waits for a broker that is away; so long it may. */
const PATIENCE_MILLISECONDS = 60_000;

export interface CatchUp {
  /** As the topic was when it was asked; the ledger holds all of it. */
  readonly ranges: readonly PartitionRange[];
  /** Messages that the ledger did not know. */
  readonly read: number;
}

export interface CatchUpOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told how many messages have been read of how many. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * @returns undefined where the signal was given
 * @throws BusError, FeedError TOPIC_STALLED, FEED_STATE
 */
export async function catchUp(
  bus: MessageBus,
  topic: string,
  ledger: Ledger,
  options: CatchUpOptions = {},
): Promise<CatchUp | undefined> {
  for (;;) {
    const ranges = await bus.ranges(topic);
    const fits = ranges.every(({ partition, end }) => ledger.scanned(partition).next <= end);
    if (fits) {
      const read = await readTail(bus, topic, ledger, ranges, options);
      if (read === 'aborted') return undefined;
      if (read !== 'another topic') return { ranges, read };
    }
    await ledger.clear();
  }
}

async function readTail(
  bus: MessageBus,
  topic: string,
  ledger: Ledger,
  ranges: readonly PartitionRange[],
  { signal, onProgress }: CatchUpOptions,
): Promise<number | 'another topic' | 'aborted'> {
  const from = ranges.map(({ partition, begin, end }): TopicOffset & { readonly end: number } => {
    return { partition, end, offset: Math.max(begin, ledger.scanned(partition).next - 1) };
  });
  const left = new Map(from.filter(({ offset, end }) => offset < end).map(({ partition, end }) => [partition, end]));
  const total = ranges.reduce((sum, { partition, begin, end }) => {
    return sum + end - Math.max(begin, ledger.scanned(partition).next);
  }, 0);
  if (left.size === 0) return 0;
  const places = from.filter(({ partition }) => left.has(partition));
  const reader = await bus.openReader(topic, places, { maximumBytes: READ_AHEAD_BYTES });
  try {
    let done = 0;
    while (left.size > 0) {
      const messages = await readPatiently(reader, signal);
      if (signal?.aborted) return 'aborted';
      if (messages.length === 0) throw stalled(bus, topic, ledger, left);
      const { partition } = messages[0]!;
      const { next, last } = ledger.scanned(partition);
      const entries = messages.map((message) => ({ ...placeOf(message), sha256: imageOf(message) }));
      const known = entries.find(({ offset }) => offset === next - 1);
      if (known && hexOf(known.sha256) !== last) return 'another topic';
      const added = entries.filter(({ offset }) => offset >= next);
      if (added.length > 0) await ledger.add(added);
      done += added.length;
      onProgress?.(Math.min(done, total), total);
      if (messages.at(-1)!.offset + 1 >= (left.get(partition) ?? 0)) {
        left.delete(partition);
        reader.pause(partition);
      }
    }
    return done;
  } finally {
    await reader.close();
  }
}

/** What comes next; nothing where the signal was given, or nothing came for too long. */
async function readPatiently(reader: TopicReader, signal: AbortSignal | undefined): Promise<readonly Message[]> {
  const stop = new AbortController();
  const abort = () => stop.abort();
  const patience = setTimeout(abort, PATIENCE_MILLISECONDS);
  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted) abort();
  try {
    return await reader.read(stop.signal);
  } finally {
    clearTimeout(patience);
    signal?.removeEventListener('abort', abort);
  }
}

function placeOf({ partition, offset }: Message): TopicOffset {
  return { partition, offset };
}

/** SHA-256 of the image that a message holds; null where it holds none. */
function imageOf({ key, value }: Message): Uint8Array | null {
  if (key?.byteLength === 32) return key;
  const image = decodeImage(value);
  return isBadMessage(image) ? null : image.sha256;
}

function hexOf(sha256: Uint8Array | null): string | null {
  return sha256 && Buffer.from(sha256).toString('hex');
}

function stalled(bus: MessageBus, topic: string, ledger: Ledger, left: ReadonlyMap<number, number>): FeedError {
  const [partition, end] = [...left][0]!;
  const { next } = ledger.scanned(partition);
  const message = `Topic ${topic} on the bus that is ${bus.name} says that partition ${partition} ends at ${end}, but gave nothing from ${next} on for ${PATIENCE_MILLISECONDS / 1000} s. Look after the broker; the same command goes on.`;
  return new FeedError('TOPIC_STALLED', message);
}
