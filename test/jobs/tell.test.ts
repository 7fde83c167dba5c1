/** What is told of a job's end, in the order in which it is published. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decodeEvent, decodeResult, type EventDetail } from '../../services/jobs/events.ts';
import { isBadJob, parseJob } from '../../services/jobs/messages.ts';
import type { ActiveJob } from '../../services/jobs/queue.ts';
import { JobStore } from '../../services/jobs/store.ts';
import { tell, tellEnd } from '../../services/jobs/tell.ts';
import { TOPICS } from '../../services/jobs/topics.ts';

const result = { kind: 'knn', accuracy: 0.5, low: 0.3, high: 0.7, images: 20, classes: 2, k: 3, skipped: 0 } as const;

describe('the end of a job', () => {
  let folder: string;
  let store: JobStore;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'auspex-tell-'));
    store = JobStore.open(folder);
  });
  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  /** What is to be published once an evaluation has run and ended so. */
  function published(end: EventDetail): string[] {
    const parsed = parseJob(
      { schema: 1, kind: 'evaluation', id: 'knn', checkpoint: '/run', data: '/photos', protocol: 'knn' },
      undefined,
    );
    assert.ok(!isBadJob(parsed), JSON.stringify(parsed));
    const job = { id: 'knn', job: parsed } as ActiveJob;
    store.change(() => {
      tell(store, 'knn', { kind: 'started', attempt: 1, resumed: false });
      tellEnd(store, job, end);
    });
    return store.toPublish(10, 1e6).map(({ entry: { topic, message } }) => {
      if (topic === TOPICS.results) return `result of ${decodeResult(message.value).job}`;
      const event = decodeEvent(message.value);
      assert.ok(!('problem' in event), JSON.stringify(event));
      return `${event.sequence} ${event.kind}`;
    });
  }

  it('is told after the result that it promises', () => {
    assert.deepEqual(published({ kind: 'succeeded', result }), ['1 started', 'result of knn', '2 succeeded']);
  });

  it('comes alone where nothing was measured', () => {
    assert.deepEqual(published({ kind: 'cancelled' }), ['1 started', '2 cancelled']);
  });
});
