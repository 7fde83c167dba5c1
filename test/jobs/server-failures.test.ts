/** What fails beside the server of jobs, or while it ends, is what it fails with. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { BusError } from '../../data/topics/bus-error.ts';
import type { MessageBus } from '../../services/bus/message-bus.ts';
import { JobsError } from '../../services/jobs/errors.ts';
import { serve } from '../../services/jobs/server.ts';
import { TOPICS } from '../../services/jobs/topics.ts';
import { busLike, LocalPlace } from './local-server.ts';

describe('a server of jobs that fails', () => {
  let folder: string;
  let place: LocalPlace;
  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'auspex-failures-'));
    place = await LocalPlace.make(folder);
  });
  afterEach(async () => {
    await place.bus.close();
    rmSync(folder, { recursive: true });
  });

  it('says so where a topic cannot be read while another is looked at', async () => {
    await place.bus.publish(TOPICS.evaluationRequests, [place.evaluation('one')]);
    await place.serveUntil(({ kind }) => kind === 'queued');
    let fail: () => void = () => undefined;
    const failed = new Promise<void>((resolve) => {
      fail = resolve;
    });
    const bus: MessageBus = busLike(place.bus, {
      async openReader() {
        fail();
        throw new BusError('BUS_NOT_ALLOWED', 'Nobody may read this.');
      },
      async ranges(topic) {
        // Not before the process would have heard of an error that nobody handles.
        if (topic === TOPICS.evaluationRequests) await failed.then(() => turn()).then(() => turn());
        return place.bus.ranges(topic);
      },
    });
    const never = new AbortController().signal;
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', onUnhandled);
    await assert.rejects(serve({ ...place.options(never), bus }), { code: 'BUS_NOT_ALLOWED' });
    process.off('unhandledRejection', onUnhandled);
    assert.deepEqual(unhandled, []);
  });

  it('says so where it fails while it ends', async () => {
    await place.bus.publish(TOPICS.evaluationRequests, [place.evaluation('one')]);
    const stop = new AbortController();
    const { limits, ...options } = place.options(stop.signal);
    const served = serve({
      ...{ ...options, limits: { ...limits, maximumRunning: 1 } },
      onEvent({ kind }) {
        if (kind === 'started') stop.abort();
        else if (stop.signal.aborted) throw new JobsError('STATE_FAILED', 'There is no room.');
      },
    });
    await assert.rejects(served, { code: 'STATE_FAILED' });
  });
});
