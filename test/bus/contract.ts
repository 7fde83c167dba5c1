/** What every message bus has to do: test/bus/embedded.test.ts and kafka.test.ts run it on theirs. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Message, MessageBus, TopicOffset, TopicReader } from '../../services/bus/message-bus.ts';
import { uniform } from '../random.ts';

const text = (value: Uint8Array) => Buffer.from(value).toString();
const bytes = (value: string) => new Uint8Array(Buffer.from(value));

/** Reads so many messages, however they come. */
export async function readSome(reader: TopicReader, count: number): Promise<Message[]> {
  const messages: Message[] = [];
  while (messages.length < count) messages.push(...(await reader.read(AbortSignal.timeout(20_000))));
  return messages;
}

/** @param open another connection to the same bus. */
export function contract(open: () => Promise<MessageBus>): void {
  let bus: MessageBus;
  let topic: string;
  const readers: TopicReader[] = [];
  const reader = async (from: readonly TopicOffset[], maximumBytes?: number, name = topic) => {
    const opened = await bus.openReader(name, from, { maximumBytes });
    readers.push(opened);
    return opened;
  };

  before(async () => {
    bus = await open();
  });
  after(() => bus.close());
  beforeEach(async () => {
    topic = `topic-${randomUUID()}`;
    await bus.createTopic(topic, { partitions: 3 });
  });
  afterEach(async () => {
    await Promise.all(readers.splice(0).map((opened) => opened.close()));
  });

  it('gives back what was published: keys, values, headers, offsets, in the order of each partition', async () => {
    const sent = Array.from({ length: 60 }, (_, i) => ({
      partition: i % 3,
      key: i % 2 === 0 ? bytes(`key ${i}`) : null,
      value: i === 7 ? new Uint8Array() : bytes(`value ${i} Ω`),
      headers: i % 5 === 0 ? { kind: 'test', number: String(i), empty: '' } : undefined,
    }));
    const before = Date.now();
    const places = await bus.publish(topic, sent);
    assert.deepEqual(
      places,
      sent.map(({ partition }, i) => ({ partition, offset: Math.floor(i / 3) })),
    );
    const all = await reader([0, 1, 2].map((partition) => ({ partition, offset: 0 })));
    const received = await readSome(all, 60);
    for (const partition of [0, 1, 2]) {
      const own = received.filter((message) => message.partition === partition);
      assert.deepEqual(
        own.map(({ offset, key, value, headers }) => [offset, key && text(key), text(value), headers]),
        sent
          .filter((message) => message.partition === partition)
          .map(({ key, value, headers }, offset) => [offset, key && text(key), text(value), headers ?? {}]),
      );
      for (const { timestamp } of own) assert.ok(timestamp >= before - 5000 && timestamp <= Date.now() + 5000);
    }
    assert.deepEqual(
      await bus.ranges(topic),
      [0, 1, 2].map((partition) => ({ partition, begin: 0, end: 20 })),
    );
  });

  it('puts equal keys into one partition, the same on every bus, and messages without one in turn', async () => {
    const keys = Array.from({ length: 30 }, (_, i) => bytes(`key ${i}`));
    const once = await bus.publish(
      topic,
      keys.map((key) => ({ key, value: key })),
    );
    const again = await bus.publish(
      topic,
      keys.map((key) => ({ key, value: key })),
    );
    const partitions = (places: readonly TopicOffset[]) => places.map(({ partition }) => partition);
    assert.deepEqual(partitions(once), partitions(again));
    assert.equal(new Set(partitions(once)).size, 3);
    assert.deepEqual(partitions(once).slice(0, 6), [0, 0, 1, 1, 1, 2]);
    const none = await bus.publish(
      topic,
      keys.map((value) => ({ value })),
    );
    const counts = [0, 1, 2].map((partition) => none.filter((place) => place.partition === partition).length);
    assert.deepEqual(counts, [10, 10, 10]);
  });

  it('is seen by another connection, also while that one waits for more', async () => {
    const other = await open();
    try {
      const waiting = await reader([{ partition: 1, offset: 0 }]);
      const read = waiting.read();
      await other.publish(topic, [{ partition: 1, value: bytes('late') }]);
      assert.deepEqual(
        (await read).map(({ value }) => text(value)),
        ['late'],
      );
      assert.ok((await other.topics()).includes(topic));
      await other.createTopic(topic, { partitions: 3 });
      assert.equal((await other.ranges(topic))[1]!.end, 1);
    } finally {
      await other.close();
    }
  });

  it('begins at any offset, and goes elsewhere when told to', async () => {
    await bus.publish(
      topic,
      Array.from({ length: 500 }, (_, i) => ({ partition: 2, value: bytes(String(i)) })),
    );
    const one = await reader([{ partition: 2, offset: 490 }]);
    assert.deepEqual(
      (await readSome(one, 10)).map(({ offset }) => offset),
      [490, 491, 492, 493, 494, 495, 496, 497, 498, 499],
    );
    const random = uniform(5);
    for (let i = 0; i < 8; i++) {
      const offset = Math.floor(random() * 499);
      one.seek({ partition: 2, offset });
      const [first, second] = await readSome(one, Math.min(2, 500 - offset));
      assert.equal(first!.offset, offset, 'seed 5');
      assert.equal(text(first!.value), String(offset));
      assert.equal(second!.offset, offset + 1);
    }
  });

  it('gives nothing of a partition that is paused, until it is resumed', async () => {
    const both = await reader([
      { partition: 0, offset: 0 },
      { partition: 1, offset: 0 },
    ]);
    both.pause(1);
    await bus.publish(
      topic,
      [0, 1, 0, 1, 0].map((partition) => ({ partition, value: bytes(String(partition)) })),
    );
    assert.deepEqual(
      (await readSome(both, 3)).map(({ partition }) => partition),
      [0, 0, 0],
    );
    assert.deepEqual(await both.read(AbortSignal.timeout(700)), []);
    both.resume(1);
    assert.deepEqual(
      (await readSome(both, 2)).map(({ partition, offset }) => [partition, offset]),
      [
        [1, 0],
        [1, 1],
      ],
    );
  });

  it('reads ahead no more bytes than it may, and loses nothing by that', async () => {
    const value = new Uint8Array(100_000);
    const count = 120;
    const sent = Array.from({ length: count }, (_, i) => ({ partition: i % 3, key: bytes(String(i)), value }));
    await bus.publish(topic, sent);
    const slow = await reader(
      [0, 1, 2].map((partition) => ({ partition, offset: 0 })),
      1_000_000,
    );
    const next = [0, 0, 0];
    let received = 0;
    while (received < count) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      for (const { partition, offset, value } of await slow.read(AbortSignal.timeout(20_000))) {
        assert.equal(offset, next[partition]!++);
        assert.equal(value.byteLength, 100_000);
        received++;
      }
    }
    assert.deepEqual(next, [40, 40, 40]);
  });

  it('keeps the order of a partition when several publish at once', async () => {
    const calls = Array.from({ length: 20 }, (_, call) =>
      bus.publish(
        topic,
        Array.from({ length: 10 }, (_, i) => ({ partition: 0, value: bytes(`${call} ${i}`) })),
      ),
    );
    const places = await Promise.all(calls);
    const all = await readSome(await reader([{ partition: 0, offset: 0 }]), 200);
    for (const [call, own] of places.entries()) {
      own.forEach(({ offset }, i) => {
        assert.equal(text(all[offset]!.value), `${call} ${i}`);
        if (i > 0) assert.ok(offset > own[i - 1]!.offset);
      });
    }
  });

  it('says that an offset was deleted, at the beginning and on the way', async () => {
    await bus.publish(
      topic,
      Array.from({ length: 50 }, (_, i) => ({ partition: 0, value: bytes(String(i)) })),
    );
    await bus.deleteBefore(topic, { partition: 0, offset: 30 });
    assert.deepEqual((await bus.ranges(topic))[0], { partition: 0, begin: 30, end: 50 });
    const deleted = { code: 'OFFSET_DELETED', message: /partition 0: offset 10 was deleted; the oldest message is 30/ };
    await assert.rejects(reader([{ partition: 0, offset: 10 }]), deleted);
    const good = await reader([{ partition: 0, offset: 30 }]);
    assert.equal((await readSome(good, 20))[0]!.offset, 30);
    await assert.rejects(async () => {
      good.seek({ partition: 0, offset: 10 });
      await good.read(AbortSignal.timeout(20_000));
    }, deleted);
  });

  it('says that an offset, a partition or a topic does not exist', async () => {
    await bus.publish(topic, [{ partition: 0, value: bytes('only') }]);
    await assert.rejects(reader([{ partition: 0, offset: 5 }]), { code: 'OFFSET_UNKNOWN', message: /ends at 1/ });
    await assert.rejects(reader([{ partition: 3, offset: 0 }]), { code: 'PARTITION_NOT_FOUND' });
    await assert.rejects(bus.publish(topic, [{ partition: 7, value: bytes('') }]), { code: 'PARTITION_NOT_FOUND' });
    const none = { code: 'TOPIC_NOT_FOUND', message: /no-such-topic/ };
    await assert.rejects(bus.ranges('no-such-topic'), none);
    await assert.rejects(bus.publish('no-such-topic', [{ value: bytes('') }]), none);
    await assert.rejects(reader([{ partition: 0, offset: 0 }], undefined, 'no-such-topic'), none);
    await assert.rejects(bus.createTopic(topic, { partitions: 4 }), {
      code: 'TOPIC_DIFFERS',
      message: /has 3 partitions/,
    });
  });

  it('refuses a message that is too large before it sends any', async () => {
    const value = new Uint8Array(bus.maximumMessageBytes + 1);
    const large = { code: 'MESSAGE_TOO_LARGE', message: new RegExp(String(bus.maximumMessageBytes)) };
    await assert.rejects(bus.publish(topic, [{ value: bytes('small') }, { value }]), large);
    assert.ok((await bus.ranges(topic)).every(({ end }) => end === 0));
    const largest = new Uint8Array(bus.maximumMessageBytes - 1000).fill(3);
    await bus.publish(topic, [{ partition: 0, value: largest }]);
    const [message] = await readSome(await reader([{ partition: 0, offset: 0 }]), 1);
    assert.equal(Buffer.compare(message!.value, largest), 0);
  });

  it('ends waiting readers and later calls when it is closed', async () => {
    const own = await open();
    const waiting = await own.openReader(topic, [{ partition: 0, offset: 0 }]);
    const read = waiting.read();
    const closed = { code: 'BUS_CLOSED' };
    const rejected = assert.rejects(read, closed);
    await own.close();
    await rejected;
    await assert.rejects(own.ranges(topic), closed);
    await assert.rejects(own.publish(topic, [{ value: bytes('') }]), closed);
    await own.close();
  });
}
