import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openEmbeddedBus } from '../../services/bus/embedded.ts';
import { contract, readSome } from './contract.ts';

describe('embedded bus', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'auspex-bus-'));
  after(() => rmSync(root, { recursive: true }));

  contract(async () => openEmbeddedBus(path.join(root, 'bus')));

  it('deletes the oldest messages beyond its retention, and never the newest', async () => {
    const bus = openEmbeddedBus(path.join(root, 'bus'));
    await bus.createTopic('short', { partitions: 1, retention: { bytesPerPartition: 10_000 } });
    const value = new Uint8Array(1000);
    for (let i = 0; i < 30; i++) await bus.publish('short', [{ value }]);
    const { begin, end } = (await bus.ranges('short'))[0]!;
    assert.equal(end, 30);
    assert.ok(begin >= 20 && begin <= 22, String(begin));
    await bus.publish('short', [{ value: new Uint8Array(100_000) }]);
    assert.deepEqual(await bus.ranges('short'), [{ partition: 0, begin: 30, end: 31 }]);
    const reader = await bus.openReader('short', [{ partition: 0, offset: 30 }]);
    assert.equal((await readSome(reader, 1))[0]!.value.byteLength, 100_000);
    await bus.close();
  });

  it('counts keys and headers among the bytes that it reads at once', async () => {
    const bus = openEmbeddedBus(path.join(root, 'bus'));
    await bus.createTopic('keys', { partitions: 1 });
    const message = { key: new Uint8Array(600), value: new Uint8Array(), headers: { text: 'x'.repeat(400) } };
    await bus.publish('keys', Array<typeof message>(1000).fill(message));
    const reader = await bus.openReader('keys', [{ partition: 0, offset: 0 }], { maximumBytes: 50_000 });
    const messages = await reader.read();
    assert.ok(messages.length <= 50, `${messages.length} messages`);
    await bus.close();
  });

  it('says where it cannot be', () => {
    const file = path.join(root, 'file');
    writeFileSync(file, '');
    assert.throws(() => openEmbeddedBus(path.join(file, 'bus')), { code: 'BUS_UNREACHABLE', message: /local disk/ });
    mkdirSync(path.join(root, 'damaged'));
    for (const content of ['x', 'no store at all '.repeat(1000)]) {
      writeFileSync(path.join(root, 'damaged', 'data.mdb'), content);
      assert.throws(() => openEmbeddedBus(path.join(root, 'damaged')), { code: 'BUS_UNREACHABLE', message: /damaged/ });
    }
  });
});
