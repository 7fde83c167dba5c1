/** Images in a topic, for tests. */
import { createHash } from 'node:crypto';
import { encodeImage, type ImageMessage } from '../../data/topics/image-message.ts';
import type { MessageBus, OutgoingMessage } from '../../services/bus/message-bus.ts';
import { jpeg } from '../data/pictures.ts';

export const sha256Of = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(bytes).digest());

/** A message of an image; what it holds may be changed. */
export function imageMessage(bytes: Uint8Array, changes: Partial<ImageMessage> = {}): OutgoingMessage {
  const sha256 = sha256Of(bytes);
  const value = encodeImage({ name: 'photo', sha256, content: { inline: bytes }, labels: {}, ...changes });
  return { key: sha256, value };
}

/** Publishes `count` different JPEGs, by turns in the partitions of a topic; the topic is made where it is missing. */
export async function publishPhotos(
  bus: MessageBus,
  topic: string,
  { count, partitions, first = 0 }: { readonly count: number; readonly partitions: number; readonly first?: number },
): Promise<void> {
  await bus.createTopic(topic, { partitions });
  const messages: OutgoingMessage[] = [];
  for (let i = first; i < first + count; i++) {
    messages.push({ ...imageMessage(await jpeg(40 + (i % 50), 50, i)), partition: i % partitions });
  }
  await bus.publish(topic, messages);
}
