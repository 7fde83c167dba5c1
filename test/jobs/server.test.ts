/** What the server of jobs takes in, and in which order, over an embedded bus. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { auspex } from '#protos/auspex.js';
import { listDeadLetters, retryDeadLetter } from '../../services/jobs/dead-letters.ts';
import type { JobEvent } from '../../services/jobs/events.ts';
import { readJobStates } from '../../services/jobs/job-states.ts';
import { keyOf } from '../../services/jobs/messages.ts';
import { recover } from '../../services/jobs/recover.ts';
import { serve } from '../../services/jobs/server.ts';
import { JobStore } from '../../services/jobs/store.ts';
import { tell } from '../../services/jobs/tell.ts';
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
  it('takes in what lies where something was rejected before its topic was made anew, and nothing that was rejected', async () => {
    const [sourceTopic, sourcePartition, sourceOffset] = [TOPICS.evaluationRequests, 0, 0];
    const letter = { schema: 1, sourceTopic, sourcePartition, sourceOffset, code: 'QUEUE_FULL', reason: 'full' };
    const value = auspex.v1.DeadLetter.encode({ ...letter, time: '2020-01-01T00:00:00.000Z' }).finish();
    await place.bus.publish(TOPICS.deadLetters, [{ key: keyOf('evaluation-requests:0:0'), value }]);
    await place.bus.publish(TOPICS.deadLetters, [{ key: keyOf('jobs:0:0'), value: new Uint8Array([255]) }]);
    await place.bus.publish(TOPICS.evaluationRequests, [place.evaluation('one'), cancellation('nobody')]);
    const isQueued = (id: string) => (event: JobEvent) => event.job === id && event.kind === 'queued';
    const first = await place.serveUntil(({ kind }) => kind === 'rejected');
    assert.deepEqual(
      first.map(({ job, kind }) => `${job} ${kind}`),
      ['one accepted', 'one queued', 'nobody rejected'],
    );
    await place.bus.publish(TOPICS.evaluationRequests, [place.evaluation('two')]);
    const state = path.join(folder, 'new-state');
    const warnings: string[] = [];
    const again = await place.serveUntil(isQueued('two'), { state, onWarning: (warning) => warnings.push(warning) });
    assert.deepEqual(
      again.map(({ job, kind }) => `${job} ${kind}`),
      ['one accepted', 'one queued', 'two accepted', 'two queued'],
    );
    assert.match(warnings.join(), /^dead-letters:0:1 is passed over/);
  });
  it('tells the end of jobs that a new state does not know, which begins at the end, and takes them on again', async () => {
    const isQueued = ({ kind }: JobEvent) => kind === 'queued';
    await place.bus.publish(TOPICS.evaluationRequests, [place.evaluation('one')]);
    await place.serveUntil(isQueued);
    const before = (await readJobStates(place.bus)).get('one')!;

    const state = path.join(folder, 'new-state');
    const stop = new AbortController();
    await serve({ ...place.options(stop.signal), state, from: 'end', onReady: () => stop.abort() });
    const forgotten = (await readJobStates(place.bus)).get('one')!;
    assert.deepEqual([forgotten.state, forgotten.code, forgotten.digest], ['failed', 'JOB_FORGOTTEN', null]);

    const store = JobStore.open(path.join(folder, 'another-state'));
    await recover(place.bus, store, 'beginning', assert.fail, new AbortController().signal);
    assert.deepEqual(store.history('one'), { sequence: forgotten.sequence, digest: null, ended: 'failed' });
    await store.close();

    await place.bus.publish(TOPICS.jobs, [cancellation('one')]);
    const refused = await place.serveUntil(({ kind }) => kind === 'rejected', { state });
    assert.deepEqual(
      refused.map((event) => event.kind === 'rejected' && event.code),
      ['JOB_ENDED'],
    );
    await place.bus.publish(TOPICS.evaluationRequests, [place.evaluation('one')]);
    await place.serveUntil(isQueued, { state });
    const again = (await readJobStates(place.bus)).get('one')!;
    assert.deepEqual([again.state, again.digest], ['queued', before.digest]);
  });
  it('tells that jobs wait again whose processes were killed together with the server', async () => {
    await place.bus.publish(TOPICS.evaluationRequests, [place.evaluation('b'), place.evaluation('a')]);
    await place.serveUntil(({ job, kind }) => job === 'a' && kind === 'queued');
    const store = JobStore.open(place.options(new AbortController().signal).state);
    store.change(() => {
      for (const job of store.active()) {
        store.putJob({ ...job, state: 'running', attempts: 1 });
        tell(store, job.id, { kind: 'started', attempt: 1, resumed: false });
      }
    });
    await store.close();
    const told = await place.serveUntil(({ job }) => job === 'a');
    assert.deepEqual(
      told.map((event) => [event.job, event.kind === 'queued' && event.position]),
      [
        ['b', 1],
        ['a', 2],
      ],
    );
    const states = [...(await readJobStates(place.bus)).values()].map(({ state }) => state);
    assert.deepEqual(states, ['queued', 'queued']);
  });
});
