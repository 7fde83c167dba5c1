/** The topic of a feed: made where there is none, taken as it is where there is one. */
import { BusError } from '../../data/topics/bus-error.ts';
import type { MessageBus, TopicOptions } from '../bus/message-bus.ts';

const PARTITIONS = 8;

/** What was asked for; what is missing is as it comes. */
export interface WantedTopic {
  /** @default 8, or what the topic has */
  readonly partitions?: number;
  /** @default 1 */
  readonly replicas?: number;
  /** @default for ever */
  readonly retentionHours?: number;
}

export interface PreparedTopic {
  readonly partitions: number;
  readonly isNew: boolean;
  /** Options that an existing topic does not heed. */
  readonly ignored: readonly string[];
}

/** @throws BusError TOPIC_DIFFERS, BUS_UNREACHABLE, BUS_NOT_ALLOWED */
export async function prepareTopic(bus: MessageBus, topic: string, wanted: WantedTopic): Promise<PreparedTopic> {
  const found = await partitionsOf(bus, topic);
  const { partitions = found ?? PARTITIONS, replicas, retentionHours } = wanted;
  const options: TopicOptions = {
    partitions,
    ...(replicas !== undefined && { replicas }),
    ...(retentionHours !== undefined && { retention: { hours: retentionHours } }),
  };
  // Says so where the topic has another number of partitions.
  await bus.createTopic(topic, options);
  const ignored = [
    ...(replicas === undefined ? [] : ['--replicas']),
    ...(retentionHours === undefined ? [] : ['--retention-hours']),
  ];
  return { partitions, isNew: found === undefined, ignored: found === undefined ? [] : ignored };
}

async function partitionsOf(bus: MessageBus, topic: string): Promise<number | undefined> {
  try {
    return (await bus.ranges(topic)).length;
  } catch (error) {
    if (error instanceof BusError && error.code === 'TOPIC_NOT_FOUND') return undefined;
    throw error;
  }
}
