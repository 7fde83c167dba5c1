/** The topics of jobs, and reading one from its beginning. */
import type { Message, MessageBus, TopicOffset, TopicReader } from '../bus/message-bus.ts';

export const TOPICS = {
  jobs: 'jobs',
  evaluationRequests: 'evaluation-requests',
  events: 'job-events',
  results: 'evaluation-results',
  deadLetters: 'dead-letters',
} as const;

/** Where jobs come from. */
export const INCOMING = [TOPICS.jobs, TOPICS.evaluationRequests];

/** Bytes that a reader may read ahead. */
const READ_AHEAD = 4 * 2 ** 20;

/**
 * Makes those that are missing, with one partition each, so that a job's cancellation in its topic never comes before the job; topics that
 * exist stay as they are. @throws BusError
 */
export async function createMissingTopics(bus: MessageBus): Promise<void> {
  const found = await bus.topics();
  for (const topic of Object.values(TOPICS)) {
    if (!found.includes(topic)) await bus.createTopic(topic, { partitions: 1 });
  }
}

/** A message's place, for people and as a key: topic:partition:offset. */
export function formatSource(topic: string, { partition, offset }: TopicOffset): string {
  return `${topic}:${partition}:${offset}`;
}

export function openTopic(bus: MessageBus, topic: string, from: readonly TopicOffset[]): Promise<TopicReader> {
  return bus.openReader(topic, from, { maximumBytes: READ_AHEAD });
}

export interface ReplayOptions {
  /** Only this partition. */
  readonly partition?: number;
  /** Where to begin. @default the oldest messages that there are */
  readonly from?: readonly TopicOffset[];
  /** Wait for more at the end. @default false */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

/** Messages from the oldest on, up to the end that the topic has now. @throws BusError */
export async function* replay(bus: MessageBus, topic: string, options: ReplayOptions = {}): AsyncGenerator<Message> {
  const { partition: only, follow = false, signal } = options;
  const ranges = (await bus.ranges(topic)).filter(({ partition }) => only === undefined || partition === only);
  const places = ranges.map(({ partition, begin }) => {
    const from = options.from?.find((place) => place.partition === partition)?.offset ?? begin;
    return { partition, offset: Math.max(begin, from) };
  });
  const left = new Map(
    ranges.flatMap(({ partition, end }, i) => (places[i]!.offset < end ? [[partition, end] as const] : [])),
  );
  const wanted = follow ? places : places.filter(({ partition }) => left.has(partition));
  if (wanted.length === 0) return;
  const reader = await openTopic(bus, topic, wanted);
  try {
    while ((follow || left.size > 0) && !signal?.aborted) {
      for (const message of await reader.read(signal)) {
        const end = left.get(message.partition);
        if (!follow && (end === undefined || message.offset >= end)) continue;
        if (end !== undefined && message.offset + 1 >= end) left.delete(message.partition);
        yield message;
      }
    }
  } finally {
    await reader.close();
  }
}
