/** What the server of jobs takes in, and in which order, over an embedded bus. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { listDeadLetters } from '../../services/jobs/dead-letters.ts';
import { TOPICS } from '../../services/jobs/topics.ts';
import { cancellation, LocalPlace } from './local-server.ts';

describe('server of jobs', () => {
  let folder: string;
  let place: LocalPlace;
  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'auspex-server-'));
    place = await LocalPlace.make(folder);
  });
  afterEach(async () => {
    await place.bus.close();
    rmSync(folder, { recursive: true });
  });

  it('gives up an evaluation that lies in the other topic, and was not read before its cancellation', async () => {
    await place.bus.publish(TOPICS.evaluationRequests, [place.evaluation('one')]);
    await place.bus.publish(TOPICS.jobs, [cancellation('one'), cancellation('nobody')]);
    const told = await place.serveUntil(({ job, kind }) => job === 'nobody' && kind === 'rejected');
    assert.deepEqual(
      told.map(({ job, kind }) => `${job} ${kind}`),
      ['one accepted', 'one queued', 'one cancelled', 'nobody rejected'],
    );
    assert.deepEqual(
      (await listDeadLetters(place.bus)).map(({ key, code }) => [key, code]),
      [['nobody', 'JOB_UNKNOWN']],
    );
  });
});
