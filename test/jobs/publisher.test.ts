/** What is published for jobs comes in the order in which it was put into the store, across topics, too. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openEmbeddedBus } from '../../services/bus/embedded.ts';
import type { MessageBus } from '../../services/bus/message-bus.ts';
import { Publisher } from '../../services/jobs/publisher.ts';
import { JobStore } from '../../services/jobs/store.ts';

describe('publisher of jobs', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'auspex-publisher-'));
  after(() => rmSync(root, { recursive: true }));

  it('publishes a result before the event that follows it, though an event came before both', async () => {
    const bus = openEmbeddedBus(path.join(root, 'bus'));
    for (const topic of ['events', 'results']) await bus.createTopic(topic, { partitions: 1 });
    const order: string[] = [];
    const listened: MessageBus = Object.assign(Object.create(bus) as MessageBus, {
      publish: async (topic: string, messages: Parameters<MessageBus['publish']>[1]) => {
        order.push(...messages.map(({ value }) => `${topic} ${Buffer.from(value)}`));
        return bus.publish(topic, messages);
      },
    });
    const store = JobStore.open(path.join(root, 'store'));
    store.change(() => {
      store.send('events', { value: Buffer.from('started') });
      store.send('results', { value: Buffer.from('accuracy') });
      store.send('events', { value: Buffer.from('succeeded') });
    });
    const publisher = new Publisher(listened, store, assert.fail);
    const running = publisher.start();
    await publisher.end(10_000);
    await running;
    assert.deepEqual(order, ['events started', 'results accuracy', 'events succeeded']);
    assert.equal(store.numToPublish, 0);
    await store.close();
    await bus.close();
  });
});
