/** What is known of all jobs while events come, on the embedded bus. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { followEvents } from '../../services/api/jobs/job-events.ts';
import type { MessageBus } from '../../services/bus/message-bus.ts';
import { openBus } from '../../services/bus/open-bus.ts';
import { type EventDetail, encodeEvent, type JobEvent } from '../../services/jobs/events.ts';
import { JobBoard } from '../../services/jobs/job-board.ts';
import { keyOf } from '../../services/jobs/messages.ts';
import { createMissingTopics, TOPICS } from '../../services/jobs/topics.ts';

const ACCEPTED: EventDetail = { kind: 'accepted', work: 'training', digest: 'd1', source: 'jobs:0:0' };

describe('job board', () => {
  let folder: string;
  let bus: MessageBus;
  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'auspex-board-'));
    bus = await openBus('embedded', { folder, brokers: null });
    await createMissingTopics(bus);
  });
  afterEach(async () => {
    await bus.close();
    rmSync(folder, { recursive: true });
  });

  async function publish(job: string, sequence: number, detail: EventDetail): Promise<void> {
    const event: JobEvent = { ...detail, job, sequence, time: '2026-01-01T00:00:00.000Z' };
    await bus.publish(TOPICS.events, [{ key: keyOf(job), value: encodeEvent(event) }]);
  }

  it('knows at once what was there before', async () => {
    await publish('one', 1, ACCEPTED);
    await publish('one', 2, { kind: 'started', attempt: 1, resumed: false });
    await publish('one', 3, { kind: 'progress', step: 4, total: 9, loss: 2.5, imagesPerSecond: 30 });
    const board = await JobBoard.open(bus);
    const { state, step, total, loss, imagesPerSecond, digest } = board.get('one')!;
    assert.deepEqual(
      { state, step, total, loss, imagesPerSecond, digest },
      { state: 'running', step: 4, total: 9, loss: 2.5, imagesPerSecond: 30, digest: 'd1' },
    );
    assert.equal(board.get('other'), undefined);
    await board.close();
  });

  it('tells what comes, each event once, and of old progress only the latest', async () => {
    const board = await JobBoard.open(bus);
    const told: JobEvent[] = [];
    const ended = new Promise<void>((resolve) => {
      board.subscribe((event, state) => {
        told.push(event);
        if (state.state === 'failed') resolve();
      });
    });
    await publish('one', 1, ACCEPTED);
    for (const step of [1, 2, 3]) await publish('one', 1 + step, { kind: 'progress', step, total: 3 });
    await publish('one', 4, { kind: 'progress', step: 3, total: 3 });
    await publish('one', 5, { kind: 'failed', code: 'CHILD_KILLED', message: 'x', willRetry: false, retryAt: '' });
    await ended;
    assert.deepEqual(
      told.map(({ sequence }) => sequence),
      [1, 2, 3, 4, 5],
    );
    assert.deepEqual(
      board.eventsOf('one').map(({ sequence }) => sequence),
      [1, 4, 5],
    );
    await board.close();
  });

  it('passes over what it does not understand', async () => {
    await bus.publish(TOPICS.events, [{ key: keyOf('one'), value: new Uint8Array([255, 255, 255]) }]);
    const board = await JobBoard.open(bus);
    assert.deepEqual(board.states(), []);
    await board.close();
  });

  it('says that it is no longer true when the bus ends, also to those who come afterwards', async () => {
    await publish('one', 1, ACCEPTED);
    const board = await JobBoard.open(bus);
    const { signal } = new AbortController();
    const before = followEvents(board, 'one', 1, signal).next();
    before.catch(() => undefined);
    await bus.close();
    await assert.rejects(board.failed, { code: 'BUS_CLOSED' });
    await assert.rejects(before, { code: 'BUS_CLOSED' });
    await assert.rejects(followEvents(board, 'one', 1, signal).next(), { code: 'BUS_CLOSED' });
    await board.close();
  });
});
