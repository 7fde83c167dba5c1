/** What is published for jobs comes in the order in which it was put into the store, and an event after what it tells of. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openEmbeddedBus } from '../../services/bus/embedded.ts';
import type { MessageBus } from '../../services/bus/message-bus.ts';
import { keyOf } from '../../services/jobs/messages.ts';
import { Publisher } from '../../services/jobs/publisher.ts';
import { JobStore } from '../../services/jobs/store.ts';
import { TOPICS } from '../../services/jobs/topics.ts';
import { smallBus } from './local-server.ts';
import { readAll } from './serving.ts';

describe('publisher of jobs', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'auspex-publisher-'));
  after(() => rmSync(root, { recursive: true }));

  it('publishes results and dead letters before the events that tell of them, and each topic at once', async () => {
    const bus = openEmbeddedBus(path.join(root, 'bus'));
    const { events, results, deadLetters } = TOPICS;
    for (const topic of [events, results, deadLetters]) await bus.createTopic(topic, { partitions: 1 });
    const order: string[] = [];
    const listened: MessageBus = Object.assign(Object.create(bus) as MessageBus, {
      publish: async (topic: string, messages: Parameters<MessageBus['publish']>[1]) => {
        order.push(`${topic}: ${messages.map(({ value }) => Buffer.from(value)).join(', ')}`);
        return bus.publish(topic, messages);
      },
    });
    const store = JobStore.open(path.join(root, 'store'));
    store.change(() => {
      store.send(events, { value: Buffer.from('started') });
      store.send(results, { value: Buffer.from('accuracy') });
      store.send(events, { value: Buffer.from('succeeded') });
      store.send(deadLetters, { value: Buffer.from('letter') });
      store.send(events, { value: Buffer.from('rejected') });
    });
    const publisher = new Publisher(listened, store, assert.fail);
    const running = publisher.start();
    await publisher.end(10_000);
    await running;
    assert.deepEqual(order, [
      `${results}: accuracy`,
      `${deadLetters}: letter`,
      `${events}: started, succeeded, rejected`,
    ]);
    assert.equal(store.numToPublish, 0);
    await store.close();
    await bus.close();
  });

  it('gives up what is too large for the bus, says so, and publishes all else in order', async () => {
    const bus = openEmbeddedBus(path.join(root, 'small-bus'));
    await bus.createTopic('events', { partitions: 1 });
    const store = JobStore.open(path.join(root, 'small-store'));
    store.change(() => {
      for (const value of ['one', 'x'.repeat(1000), 'two']) {
        store.send('events', { key: keyOf(`job ${value.length}`), value: Buffer.from(value) });
      }
    });
    const warnings: string[] = [];
    const publisher = new Publisher(smallBus(bus, 1000), store, (warning) => warnings.push(warning));
    const running = publisher.start();
    await publisher.end(10_000);
    await running;
    const published = (await readAll(bus, 'events')).map(({ value }) => Buffer.from(value).toString());
    assert.deepEqual(published, ['one', 'two']);
    assert.equal(store.numToPublish, 0);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]!, /topic events .* of job 1000 is given up: A message has more than 1000 bytes/);
    await store.close();
    await bus.close();
  });
});
