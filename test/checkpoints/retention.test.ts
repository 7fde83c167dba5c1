/** What is kept and why, and two stores in one folder. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { retained } from '../../checkpoints/retention.ts';
import { CheckpointStore } from '../../checkpoints/store.ts';
import { contentsOf } from './contents.ts';
import { shardingOf, stateOf, writeAll } from './sharded-contents.ts';

describe('retention', () => {
  it('keeps the latest, the last and every nth, and leaves alone what a resume has abandoned', () => {
    assert.deepEqual(
      Object.fromEntries(retained([300, 50, 100, 150, 200, 250], 200, { keepLast: 2, keepEvery: 100 })),
      {
        50: [],
        100: ['every'],
        150: ['last'],
        200: ['latest', 'last', 'every'],
        250: ['abandoned'],
        300: ['abandoned'],
      },
    );
  });

  it('keeps the latest under any policy', () => {
    for (let latest = 1; latest <= 5; latest++) {
      const reasons = retained([1, 2, 3, 4, 5], latest, { keepLast: 1 });
      assert.ok(reasons.get(latest)!.includes('latest'));
      assert.equal([...reasons.values()].filter((because) => because.length === 0).length, latest - 1);
    }
  });
});

describe('a run that goes on from before a damaged checkpoint', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'auspex-abandoned-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('keeps the good one that it goes on from, and not the damaged one in its place', async () => {
    const policy = { keepLast: 2 };
    const before = new CheckpointStore(root, policy);
    await before.save(1000, contentsOf(10));
    await before.save(1234, contentsOf(12));
    appendFileSync(path.join(root, 'step-00001234', 'state.json'), ' ');
    const store = new CheckpointStore(root, policy);
    assert.equal((await store.loadNewestGood()).step, 1000);
    await store.save(2000, contentsOf(20));
    assert.deepEqual(readdirSync(root).sort(), ['latest', 'step-00001000', 'step-00002000']);
    await store.save(3000, contentsOf(30));
    assert.deepEqual(readdirSync(root).sort(), ['latest', 'step-00002000', 'step-00003000']);
  });
});

describe('a run that comes to a step again', () => {
  it('keeps what it has saved of it anew', async () => {
    const root = mkdtempSync(path.join(tmpdir(), 'auspex-again-'));
    try {
      const before = new CheckpointStore(root, { keepLast: 2 });
      for (const step of [10, 20, 30]) await before.save(step, contentsOf(step));
      const store = new CheckpointStore(root, { keepLast: 2 });
      await store.load(20);
      for (const step of [30, 40]) await store.save(step, contentsOf(step));
      assert.deepEqual(readdirSync(root).sort(), ['latest', 'step-00000030', 'step-00000040']);
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});

describe('two runs that save into one folder', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'auspex-two-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('take each other nothing but the save that is under way: that one is told, and what was saved is whole', async () => {
    const [one, other] = [new CheckpointStore(root), new CheckpointStore(root)];
    await one.save(10, contentsOf(10));
    const folder = await one.begin(20);
    await other.save(15, contentsOf(15));
    const late = async () => {
      const files = await writeAll(folder, 20, 2);
      return one.publish(20, { files, state: stateOf(20), sharding: shardingOf(2) });
    };
    await assert.rejects(late(), { code: 'CHECKPOINT_WRITE_FAILED' });
    await one.discard(20);
    assert.equal((await one.load()).step, 15);
    assert.deepEqual(readdirSync(root).sort(), ['latest', 'step-00000010', 'step-00000015']);
  });

  it('publish a save whole or not at all, while the other clears it away', async () => {
    for (let round = 1; round <= 40; round++) {
      const [one, other] = [new CheckpointStore(root), new CheckpointStore(root)];
      const folder = await one.begin(round);
      const files = await writeAll(folder, round, 4);
      const publishing = one.publish(round, { files, state: stateOf(round), sharding: shardingOf(4) });
      // The first steps of a publication take a while: the other begins at another moment in each round.
      await sleep(round % 20);
      const [published] = await Promise.allSettled([publishing, other.begin(1000 + round)]);
      if (published.status === 'rejected') assert.equal(published.reason.code, 'CHECKPOINT_WRITE_FAILED');
      else assert.equal((await one.load(round)).step, round);
      await other.discard(1000 + round);
    }
  });

  it('at the same time leave complete checkpoints only, and a latest that is one of them', async () => {
    const stores = [new CheckpointStore(root, { keepLast: 3 }), new CheckpointStore(root, { keepLast: 3 })];
    const outcomes = await Promise.allSettled(
      Array.from({ length: 12 }, (_, i) => stores[i % 2]!.save(i + 1, contentsOf(i + 1))),
    );
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected')
        assert.equal(outcome.reason.code, 'CHECKPOINT_WRITE_FAILED', String(outcome.reason));
    }
    const [store] = stores;
    for (const { step } of await store!.list())
      assert.deepEqual((await store!.load(step)).state, contentsOf(step).state);
    if (outcomes.some(({ status }) => status === 'fulfilled')) assert.ok((await store!.load()).step > 0);
  });
});
