/** A ledger that is brought up to a topic of the embedded bus. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { openEmbeddedBus } from '../../services/bus/embedded.ts';
import type { MessageBus } from '../../services/bus/message-bus.ts';
import { catchUp } from '../../services/feed/catch-up.ts';
import { Ledger } from '../../services/feed/ledger.ts';
import { heldBy } from '../signals.ts';
import { temporaryFolder } from '../training/tiny-training.ts';

const TOPIC = 'images';

describe('catching up with a topic', () => {
  const temporary = temporaryFolder();
  let bus: MessageBus;
  let ledger: Ledger;

  before(async () => {
    bus = openEmbeddedBus(path.join(temporary.path, 'bus'));
    ledger = Ledger.open(path.join(temporary.path, 'state'));
    await bus.createTopic(TOPIC, { partitions: 1 });
    for (let i = 0; i < 20; i++) {
      const value = new Uint8Array(2 ** 20).fill(i);
      await bus.publish(TOPIC, [{ key: createHash('sha256').update(value).digest(), value }]);
    }
  });
  after(async () => {
    await ledger.close();
    await bus.close();
    temporary.remove();
  });

  it('keeps nothing of its reads at the signal, and reads nothing once that was given', async () => {
    const stop = new AbortController();
    const done: number[] = [];
    const options = { signal: stop.signal, onProgress: (count: number) => done.push(count) };
    const result = await catchUp(bus, TOPIC, ledger, options);
    assert.equal(result?.read, 20);
    assert.ok(done.length > 1, `${done.length} reads`);
    assert.equal(heldBy(stop.signal), 0);
    stop.abort();
    await ledger.clear();
    assert.equal(await catchUp(bus, TOPIC, ledger, options), undefined);
    assert.equal(ledger.scanned(0).next, 0);
  });
});
