/** Messages that are asked for in another order than they come in, within little memory. */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TopicStream, type TopicStreamOptions, type TopicWait } from '../../../data/topics/topic-stream.ts';
import { openEmbeddedBus } from '../../../services/bus/embedded.ts';
import type { MessageBus } from '../../../services/bus/message-bus.ts';
import { uniform } from '../../random.ts';

const SIZE = 10_000;

describe('data: a topic that is read ahead', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'auspex-stream-'));
  let bus: MessageBus;
  const streams: TopicStream[] = [];
  let topics = 0;
  before(() => {
    bus = openEmbeddedBus(root);
  });
  after(async () => {
    await bus.close();
    rmSync(root, { recursive: true });
  });
  afterEach(() => Promise.all(streams.splice(0).map((stream) => stream.close())));

  const publish = (topic: string, partition: number, first: number, count: number) =>
    bus.publish(
      topic,
      Array.from({ length: count }, (_, i) => {
        const value = new Uint8Array(SIZE);
        new DataView(value.buffer).setUint32(0, first + i);
        return { partition, value };
      }),
    );
  const newTopic = async (...counts: number[]) => {
    const topic = `stream-${++topics}`;
    await bus.createTopic(topic, { partitions: counts.length });
    for (const [partition, count] of counts.entries()) await publish(topic, partition, 0, count);
    return topic;
  };
  const open = async (topic: string, changes: Partial<TopicStreamOptions> = {}, isLive = false) => {
    const ranges = await bus.ranges(topic);
    const stream = new TopicStream({
      ...{ bus, topic, maximumBytes: 10 * SIZE, onDeleted: 'stop' },
      spans: ranges.map((range) => (isLive ? { ...range, end: null } : range)),
      from: ranges.map(({ partition, begin }) => ({ partition, offset: begin })),
      ...changes,
    });
    streams.push(stream);
    return stream;
  };
  const number = (message: Awaited<ReturnType<TopicStream['take']>>) =>
    message === 'missing' ? message : Buffer.from(message.value).readUInt32BE();

  /** The bus, seen: how many messages of a partition were read, and when reading one pauses. */
  const observe = () => {
    const counts = new Map<number, number>();
    const pauses = new EventEmitter();
    const openReader: MessageBus['openReader'] = async (...args) => {
      const reader = await bus.openReader(...args);
      return Object.assign(Object.create(reader) as typeof reader, {
        read: async (signal?: AbortSignal) => {
          const messages = await reader.read(signal);
          for (const { partition } of messages) counts.set(partition, (counts.get(partition) ?? 0) + 1);
          return messages;
        },
        seek: reader.seek.bind(reader),
        pause: (partition: number) => {
          reader.pause(partition);
          pauses.emit(String(partition));
        },
        resume: reader.resume.bind(reader),
        close: reader.close.bind(reader),
      });
    };
    return {
      bus: { ranges: bus.ranges.bind(bus), openReader },
      read: (partition: number) => counts.get(partition) ?? 0,
      paused: (partition: number) => once(pauses, String(partition)),
    };
  };

  it('gives each message that is asked for, near or far, several times over, though few fit into its memory', async () => {
    const topic = await newTopic(200, 130);
    const stream = await open(topic);
    const random = uniform(3);
    for (let round = 0; round < 40; round++) {
      const wanted = Array.from({ length: 12 }, (_, i) => {
        const partition = i % 2;
        return { partition, offset: Math.floor(random() * (partition === 0 ? 200 : 130)) };
      });
      const places = new Map(wanted.map((place) => [`${place.partition}/${place.offset}`, place]));
      await Promise.all(
        [...places.values()].map(async (place) =>
          assert.equal(number(await stream.take(place)), place.offset, 'seed 3'),
        ),
      );
    }
  });

  it('gives a message to all who wait for it', async () => {
    const stream = await open(await newTopic(30));
    const wanted = [20, 7, 20, 7, 20].map((offset) => stream.take({ partition: 0, offset }));
    assert.deepEqual((await Promise.all(wanted)).map(number), [20, 7, 20, 7, 20]);
  });

  it('reads windows that are mixed, in order, without reading a message twice where they fit', async () => {
    const topic = await newTopic(300);
    const counting = observe();
    const stream = await open(topic, { bus: counting.bus, maximumBytes: 100 * SIZE });
    for (let window = 0; window < 300; window += 20) {
      for (let i = 19; i >= 0; i--) {
        assert.equal(number(await stream.take({ partition: 0, offset: window + i })), window + i);
      }
    }
    assert.equal(counting.read(0), 300);
  });

  it('reads no further ahead than it may where messages have nothing but keys', async () => {
    const topic = await newTopic(0);
    await bus.publish(
      topic,
      Array.from({ length: 2000 }, () => ({ key: new Uint8Array(SIZE / 100), value: new Uint8Array() })),
    );
    const observed = observe();
    const paused = observed.paused(0);
    await open(topic, { bus: observed.bus });
    await paused;
    // What is kept, and one more read.
    const most = (10 * SIZE + (10 * SIZE) / 4) / (SIZE / 100) + 2;
    assert.ok(observed.read(0) <= most, `${observed.read(0)} messages were read`);
  });

  it('keeps messages in memory of their own, not as parts of what the bus has read', async () => {
    const stream = await open(await newTopic(20));
    await stream.take({ partition: 0, offset: 19 });
    const message = await stream.take({ partition: 0, offset: 3 });
    assert.ok(message !== 'missing');
    assert.equal(message.value.buffer.byteLength, SIZE);
  });

  it('waits for a message that is not written yet, says so once, and says when it has come', async () => {
    const topic = await newTopic(3);
    const waits: TopicWait[] = [];
    const stream = await open(topic, { onWait: (wait) => waits.push(wait) }, true);
    const taken = [3, 4, 5].map((offset) => stream.take({ partition: 0, offset }));
    await sleep(3500);
    assert.deepEqual(waits, [{ kind: 'waiting', partition: 0, offset: 3 }]);
    await publish(topic, 0, 3, 3);
    assert.deepEqual((await Promise.all(taken)).map(number), [3, 4, 5]);
    assert.deepEqual(
      waits.map(({ kind }) => kind),
      ['waiting', 'arrived'],
    );
  });

  it('ends with an error that says what to do where a message was deleted, or goes on without it', async () => {
    const topic = await newTopic(50, 400);
    await bus.deleteBefore(topic, { partition: 0, offset: 20 });
    const spans = [0, 1].map((partition) => ({ partition, begin: 0, end: partition === 0 ? 50 : 400 }));
    const from = spans.map(({ partition }) => ({ partition, offset: 0 }));
    const strict = await open(topic, { spans, from });
    const deleted = { code: 'OFFSET_DELETED', message: /offset 0 was deleted.*data\.onDeleted=skip/ };
    await assert.rejects(strict.take({ partition: 1, offset: 0 }), deleted);
    await assert.rejects(strict.take({ partition: 0, offset: 30 }), deleted);

    const lenient = await open(topic, { spans, from, onDeleted: 'skip' });
    const wanted = [5, 25, 19, 20].map((offset) => lenient.take({ partition: 0, offset }));
    assert.deepEqual((await Promise.all(wanted)).map(number), ['missing', 25, 'missing', 20]);
    assert.equal(number(await lenient.take({ partition: 1, offset: 7 })), 7);
    // And also what is deleted while it is read.
    await bus.deleteBefore(topic, { partition: 1, offset: 395 });
    assert.equal(number(await lenient.take({ partition: 1, offset: 394 })), 'missing');
    assert.equal(number(await lenient.take({ partition: 1, offset: 396 })), 396);
  });

  it('gives what it has read ahead though it was deleted since, and reads nothing again for that', async () => {
    const topic = await newTopic(300, 300);
    const observed = observe();
    const paused = Promise.all([0, 1].map(observed.paused));
    const stream = await open(topic, { bus: observed.bus, maximumBytes: 200 * SIZE, onDeleted: 'skip' });
    await paused;
    await bus.deleteBefore(topic, { partition: 0, offset: 50 });
    await bus.deleteBefore(topic, { partition: 1, offset: 200 });
    assert.equal(number(await stream.take({ partition: 1, offset: 199 })), 'missing');
    for (let window = 0; window < 300; window += 20) {
      for (let i = 19; i >= 0; i--) {
        assert.equal(number(await stream.take({ partition: 0, offset: window + i })), window + i);
      }
    }
    assert.equal(observed.read(0), 300);
  });

  it('ends those who wait when it is closed', async () => {
    const topic = await newTopic(1);
    const stream = await open(topic, {}, true);
    const waiting = assert.rejects(stream.take({ partition: 0, offset: 9 }), { code: 'BUS_CLOSED' });
    await stream.close();
    await waiting;
    await assert.rejects(stream.take({ partition: 0, offset: 0 }), { code: 'BUS_CLOSED' });
  });
});
