/** A server that is told to end while it still reads what there was before it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DEFAULT_LIMITS } from '../../services/api/limits.ts';
import type { MessageBus } from '../../services/bus/message-bus.ts';
import { serve } from '../../services/jobs/server.ts';
import { JobStore } from '../../services/jobs/store.ts';
import { TOPICS } from '../../services/jobs/topics.ts';
import { runServer } from '../../services/server/run-server.ts';
import { LocalPlace, silentBus } from './local-server.ts';

describe('a server of jobs that is told to end before it is ready', () => {
  let folder: string;
  let place: LocalPlace;
  let stop: AbortController;
  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'auspex-ending-'));
    place = await LocalPlace.make(folder);
    stop = new AbortController();
    for (const topic of [TOPICS.events, TOPICS.results, TOPICS.deadLetters]) {
      await place.bus.publish(topic, [{ key: null, value: new Uint8Array([1]) }]);
    }
  });
  afterEach(async () => {
    await place.bus.close();
    rmSync(folder, { recursive: true });
  });
  const silent = (topic: string): MessageBus => silentBus(place.bus, topic, () => stop.abort());

  for (const topic of [TOPICS.events, TOPICS.deadLetters]) {
    it(`ends while it reads ${topic}, and reads all of it again another time`, async () => {
      await serve({ ...place.options(stop.signal), bus: silent(topic) });
      const store = JobStore.open(place.options(stop.signal).state);
      assert.equal(store.isReady, false);
      await store.close();
    });
  }

  for (const topic of [TOPICS.events, TOPICS.results]) {
    it(`ends while its API waits for ${topic}, and offers nothing`, async () => {
      const bus = { ...silent(topic), close: async () => undefined };
      await runServer({
        ...place.options(stop.signal),
        roots: [place.root],
        openBus: async () => bus,
        api: { host: '127.0.0.1', port: 0 },
        apiLimits: DEFAULT_LIMITS,
        onListening: (what) => assert.fail(what),
        onReady: () => assert.fail('it is ready'),
        onWarning: () => undefined,
      });
    });
  }
});
