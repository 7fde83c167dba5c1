/** JobService of a real server on an embedded bus, through the client of TypeScript. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { status } from '@grpc/grpc-js';
import { auspex } from '#protos/auspex.js';
import { type AuspexClient, type CallError, connect } from '../../services/client/index.ts';
import { kill, makePlace, type Place, startApiServer, trainingJob } from '../jobs/serving.ts';

const { JobState } = auspex.v1;

describe('JobService', function () {
  this.timeout(300_000);
  let folder: string;
  let place: Place;
  let server: ChildProcess;
  let client: AuspexClient;

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'auspex-api-'));
    place = await makePlace(folder, ['--bus-folder', path.join(folder, 'bus')]);
    const started = await startApiServer(place, '--maximum-queued', '3');
    server = started.server;
    client = connect(started.address);
  });
  after(async () => {
    client.close();
    await kill(server);
    rmSync(folder, { recursive: true });
  });

  /** A training as the protocol has it. */
  function training(id: string, iterations: number, more: Record<string, string> = {}) {
    const { config, data, set } = trainingJob(place, id, iterations, more);
    return { id, training: { config, data, set } };
  }

  async function eventsOf(id: string, afterSequence = 0): Promise<auspex.v1.JobEvent.$Properties[]> {
    const events: auspex.v1.JobEvent.$Properties[] = [];
    for await (const event of client.jobs.streamJobEvents({ id, afterSequence })) events.push(event);
    return events;
  }

  it('takes a training, tells its events to its end, and then its result', async () => {
    const submitted = await client.jobs.submitJob(training('first', 40));
    assert.equal(submitted.id, 'first');
    assert.equal(submitted.work, 'training');
    const events = await eventsOf('first');
    assert.equal(events[0]!.accepted?.work, 'training');
    assert.equal(events.at(-1)!.succeeded?.result?.training?.steps, 40);
    assert.deepEqual(
      events.map(({ sequence }) => sequence),
      events.map(({ sequence }) => sequence).toSorted((one, other) => one! - other!),
    );
    const { state, result, step, total } = await client.jobs.getJob({ id: 'first' });
    assert.equal(state, JobState.JOB_STATE_SUCCEEDED);
    assert.deepEqual([step, total, result?.training?.steps], [40, 40, 40]);
    const tail = await eventsOf('first', events.at(-2)!.sequence!);
    assert.deepEqual(
      tail.map(({ sequence }) => sequence),
      [events.at(-1)!.sequence],
    );
  });

  it('makes an id where there is none', async () => {
    const { id } = await client.jobs.submitJob({
      evaluation: { protocol: 'knn', checkpoint: place.root, data: place.root },
    });
    assert.match(id, /^[0-9a-f-]{36}$/);
  });

  it('takes the same job twice as one, and another of its id not at all', async () => {
    const [one, other] = await Promise.all([
      client.jobs.submitJob(training('twice', 5)),
      client.jobs.submitJob(training('twice', 5)),
    ]);
    assert.deepEqual([one.id, other.id], ['twice', 'twice']);
    const events = await eventsOf('twice');
    assert.equal(events.filter(({ accepted }) => accepted).length, 1);
    assert.equal((await client.jobs.submitJob(training('twice', 5))).state, JobState.JOB_STATE_SUCCEEDED);
    await assert.rejects(client.jobs.submitJob(training('twice', 6)), {
      code: 'ID_TAKEN',
      status: status.ALREADY_EXISTS,
    });
  });

  it('says with standard codes what is wrong with a job', async () => {
    const refusals: [auspex.v1.SubmitJobRequest.$Properties, string, number][] = [
      [{ id: 'x' }, 'UNKNOWN_KIND', status.INVALID_ARGUMENT],
      [{ id: 'a/b', training: {} }, 'INVALID_JOB', status.INVALID_ARGUMENT],
      [training('bad-key', 5, { 'training.nonsense': '1' }), 'CONFIG_UNKNOWN_KEY', status.INVALID_ARGUMENT],
      [{ id: 'nope', training: { preset: 'nope', data: place.root } }, 'UNKNOWN_PRESET', status.INVALID_ARGUMENT],
      [{ id: 'nowhere', training: { preset: 'tiny', data: 'kafka:a b' } }, 'BUS_ADDRESS', status.INVALID_ARGUMENT],
      [{ id: 'out', training: { preset: 'tiny', data: '/etc' } }, 'OUTSIDE_ROOTS', status.PERMISSION_DENIED],
      [
        { id: 'gone', training: { preset: 'tiny', data: path.join(place.root, 'gone') } },
        'PATH_NOT_FOUND',
        status.NOT_FOUND,
      ],
    ];
    for (const [request, code, expected] of refusals) {
      await assert.rejects(client.jobs.submitJob(request), (error: CallError) => {
        assert.deepEqual([error.code, error.status], [code, expected], error.message);
        return true;
      });
    }
    await assert.rejects(client.jobs.getJob({ id: 'nobody' }), { code: 'JOB_NOT_FOUND', status: status.NOT_FOUND });
    await assert.rejects(client.jobs.cancelJob({ id: 'nobody' }), { code: 'JOB_NOT_FOUND' });
    await assert.rejects(client.jobs.cancelJob({ id: 'first' }), {
      code: 'JOB_ENDED',
      status: status.FAILED_PRECONDITION,
    });
    await assert.rejects(eventsOf('nobody'), { code: 'JOB_NOT_FOUND' });
  });

  it('cancels what runs and what waits, and refuses more than may wait', async () => {
    await client.jobs.submitJob(training('long', 100_000));
    for (const id of ['wait-1', 'wait-2', 'wait-3']) await client.jobs.submitJob(training(id, 5));
    await assert.rejects(client.jobs.submitJob(training('wait-4', 5)), {
      code: 'QUEUE_FULL',
      status: status.RESOURCE_EXHAUSTED,
    });
    for (const id of ['wait-1', 'wait-2', 'wait-3']) {
      assert.equal((await client.jobs.cancelJob({ id })).state, JobState.JOB_STATE_CANCELLED);
    }
    const running = client.jobs.streamJobEvents({ id: 'long' });
    for await (const { started } of running) if (started) break;
    await client.jobs.cancelJob({ id: 'long' });
    assert.ok((await eventsOf('long')).at(-1)!.cancelled);
    assert.equal((await client.jobs.cancelJob({ id: 'long' })).state, JobState.JOB_STATE_CANCELLED);
  });

  it('lists jobs by pages, the newest first, and only those that are wanted', async () => {
    const all: string[] = [];
    let pageToken = '';
    do {
      const page = await client.jobs.listJobs({ pageSize: 2, pageToken });
      assert.ok(page.jobs.length <= 2);
      all.push(...page.jobs.map(({ id }) => id!));
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    assert.equal(new Set(all).size, all.length);
    assert.ok(all.indexOf('first') > all.indexOf('long'));
    const { jobs } = await client.jobs.listJobs({ states: [JobState.JOB_STATE_CANCELLED], idPrefix: 'wait' });
    assert.deepEqual(
      jobs.map(({ id }) => id),
      ['wait-3', 'wait-2', 'wait-1'],
    );
    await assert.rejects(client.jobs.listJobs({ pageToken: '%' }), { code: 'API_INVALID_REQUEST' });
  });

  it('ends a call at its deadline, and when its caller gives up', async () => {
    await client.jobs.submitJob(training('endless', 100_000));
    const follow = async (options: { timeout?: number; signal?: AbortSignal }) => {
      for await (const _ of client.jobs.streamJobEvents({ id: 'endless' }, options));
    };
    await assert.rejects(follow({ timeout: 300 }), { code: 'DEADLINE_EXCEEDED', status: status.DEADLINE_EXCEEDED });
    const given = new Error('given up');
    const controller = new AbortController();
    const following = follow({ signal: controller.signal });
    setTimeout(() => controller.abort(given), 200);
    await assert.rejects(following, given);
  });

  it('notes who submitted and cancelled what', () => {
    const lines = readFileSync(path.join(place.state, 'audit.jsonl'), 'utf8').trim().split('\n');
    const entries = lines.map((line) => JSON.parse(line));
    const first = entries.find(({ action, subject }) => action === 'SubmitJob' && subject === 'first');
    assert.equal(first.client, 'local');
    assert.match(first.digest, /^[0-9a-f]{64}$/);
    assert.ok(entries.some(({ action, subject }) => action === 'CancelJob' && subject === 'long'));
  });

  it('tells streams that the server ends', async () => {
    const following = eventsOf('endless');
    following.catch(() => undefined);
    await client.jobs.getJob({ id: 'endless' });
    server.kill('SIGTERM');
    await assert.rejects(following, { status: status.UNAVAILABLE });
    await kill(server);
  });
});
