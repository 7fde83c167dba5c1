/** What a topic holds after a feed, checked message by message. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { decodeImage, type ImageMessage, isBadMessage } from '../../data/topics/image-message.ts';
import type { MessageBus } from '../../services/bus/message-bus.ts';
import { readSome } from '../bus/contract.ts';

export interface TopicContents {
  readonly images: readonly ImageMessage[];
  /** Number of messages of each partition. */
  readonly lengths: readonly number[];
  readonly names: readonly string[];
}

/** Reads all of a topic; every message has to be a good one of an image. */
export async function contentsOf(bus: MessageBus, topic: string): Promise<TopicContents> {
  const ranges = await bus.ranges(topic);
  const places = ranges.map(({ partition, begin }) => ({ partition, offset: begin }));
  const lengths = ranges.map(({ begin, end }) => end - begin);
  const reader = await bus.openReader(topic, places);
  try {
    const messages = await readSome(
      reader,
      lengths.reduce((sum, length) => sum + length, 0),
    );
    const images = messages.map(({ key, value, headers }) => {
      const image = decodeImage(value);
      if (isBadMessage(image)) throw new Error(image.message);
      const hash = createHash('sha256').update(bytesOf(image)).digest();
      assert.ok(hash.equals(image.sha256), `${image.name}: the message has another SHA-256`);
      assert.ok(key !== null && hash.equals(key), `${image.name}: the message has another key`);
      assert.deepEqual(headers, { 'auspex-schema': '1' });
      return image;
    });
    return { images, lengths, names: images.map(({ name }) => name).sort() };
  } finally {
    await reader.close();
  }
}

/** Every image once, and partitions of equal length. */
export function assertEachOnce({ images, lengths, names }: TopicContents, expected: readonly string[]): void {
  const hashes = new Set(images.map(({ sha256 }) => Buffer.from(sha256).toString('hex')));
  assert.equal(images.length - hashes.size, 0, 'images that are in the topic twice');
  assert.deepEqual(names, [...expected].sort());
  assert.ok(Math.max(...lengths) - Math.min(...lengths) <= 1, `lengths of partitions: ${lengths}`);
}

function bytesOf({ content }: ImageMessage): Uint8Array {
  if ('inline' in content) return content.inline;
  const { shard, offset, length } = content.reference;
  return readFileSync(shard).subarray(offset, offset + length);
}
