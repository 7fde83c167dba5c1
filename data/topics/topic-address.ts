import { BusError } from './bus-error.ts';

export type BusKind = 'embedded' | 'kafka';

/** Which topic of which bus. */
export interface TopicAddress {
  readonly bus: BusKind;
  readonly topic: string;
}

/** `kafka:images` or `embedded:images`; undefined for anything that begins otherwise, such as a folder. */
export function topicAddressOf(text: string): TopicAddress | undefined {
  const match = /^(embedded|kafka):(.*)$/s.exec(text);
  if (!match) return undefined;
  const [, bus, topic] = match as unknown as [string, BusKind, string];
  return { bus, topic: checkedTopic(topic) };
}

/** As topicAddressOf; a name alone is a topic of the embedded bus. @throws BusError BUS_ADDRESS */
export function parseTopicAddress(text: string): TopicAddress {
  return topicAddressOf(text) ?? { bus: 'embedded', topic: checkedTopic(text) };
}

export function formatTopicAddress({ bus, topic }: TopicAddress): string {
  return `${bus}:${topic}`;
}

/** Kafka's rule, on both buses. @throws BusError BUS_ADDRESS */
function checkedTopic(topic: string): string {
  if (/^[\w.-]{1,249}$/.test(topic) && topic !== '.' && topic !== '..') return topic;
  const message = `'${topic}' is no name for a topic: letters, digits, '.', '_' and '-', at most 249 of them.`;
  throw new BusError('BUS_ADDRESS', message);
}
