/** What the server of jobs takes in, and in which order, over an embedded bus. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { listDeadLetters, retryDeadLetter } from '../../services/jobs/dead-letters.ts';
import { readJobStates } from '../../services/jobs/job-states.ts';
import { TOPICS } from '../../services/jobs/topics.ts';
import { cancellation, LocalPlace, smallBus } from './local-server.ts';

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
  it('makes a dead letter that the bus takes of whatever message, and goes on', async () => {
    const bus = smallBus(place.bus, 2000);
    const headers = { 'x-long': 'x'.repeat(900) };
    const body = { key: new Uint8Array(), value: Buffer.alloc(1800, 32) };
    await place.bus.publish(TOPICS.jobs, [
      body,
      { ...body, key: new Uint8Array(900).fill(97), headers, value: Buffer.from('no job') },
      { ...cancellation('nobody'), headers },
    ]);
    await place.bus.publish(TOPICS.evaluationRequests, [place.evaluation('next')]);
    await place.serveUntil(({ job, kind }) => job === 'nobody' && kind === 'rejected', { bus });
    const kept = (await listDeadLetters(bus)).map(({ id, key, code, bodyBytes }) => [id, key, code, bodyBytes]);
    assert.deepEqual(kept, [
      ['jobs:0:0', '', 'NOT_A_JOB', 0],
      ['jobs:0:1', null, 'NOT_A_JOB', 0],
      ['jobs:0:2', 'nobody', 'JOB_UNKNOWN', cancellation('nobody').value.byteLength],
    ]);
    await assert.rejects(retryDeadLetter(bus, 'jobs:0:1'), { code: 'DEAD_LETTER_WITHOUT_BODY' });
    assert.equal((await readJobStates(bus)).get('next')!.state, 'queued');
  });
});
