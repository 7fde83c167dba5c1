import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CheckpointEntry } from '../../../checkpoints/open-checkpoint.ts';
import { BackgroundSave, type TimedCheckpoint } from '../../../training/checkpoints/background-save.ts';

const entry = (step: number): CheckpointEntry => ({ step, path: `step-${step}` });

describe('saving behind the steps', () => {
  it('waits for the copy alone, and for the checkpoint before it', async () => {
    const save = new BackgroundSave();
    const happened: string[] = [];
    const begin = (step: number, disk: Promise<void>) =>
      save.begin(
        () => happened.push(`copy ${step}`),
        async () => {
          await disk;
          happened.push(`written ${step}`);
          return entry(step);
        },
      );
    let letWrite = () => {};
    const slowDisk = new Promise<void>((resolve) => {
      letWrite = resolve;
    });
    assert.equal(await begin(1, slowDisk), undefined);
    assert.deepEqual(happened, ['copy 1']);
    assert.equal(await save.written(), undefined, 'not yet');
    const second = begin(2, Promise.resolve());
    await sleep(1);
    assert.deepEqual(happened, ['copy 1'], 'one at a time');
    const waited = save.secondsWaited;
    letWrite();
    assert.equal((await second)?.step, 1);
    assert.deepEqual(happened.slice(0, 3), ['copy 1', 'written 1', 'copy 2']);
    assert.ok(save.secondsWaited > waited);
    let last: TimedCheckpoint | undefined;
    while (!last) {
      await sleep(1);
      last = await save.written();
    }
    assert.equal(last.step, 2);
    assert.ok(last.seconds > 0);
    assert.equal(await save.finish(), undefined, 'told once');
  });

  it('tells of a failure whoever asks next, once', async () => {
    const save = new BackgroundSave();
    const fail = () => Promise.reject(new Error('the disk is full'));
    await save.begin(() => undefined, fail);
    await sleep(1);
    await assert.rejects(save.written(), /the disk is full/);
    await save.begin(() => undefined, fail);
    await save.settle();
    await assert.rejects(
      save.begin(() => assert.fail('no copy'), fail),
      /the disk is full/,
    );
    assert.equal(await save.finish(), undefined);
  });
});
