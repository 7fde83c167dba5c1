/** What ends a whole server, in this process and on an embedded bus. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { DEFAULT_LIMITS } from '../../../services/api/limits.ts';
import { openEmbeddedBus } from '../../../services/bus/embedded.ts';
import type { MessageBus } from '../../../services/bus/message-bus.ts';
import { TOPICS } from '../../../services/jobs/topics.ts';
import { runServer } from '../../../services/server/run-server.ts';
import { temporaryFolder } from '../../training/tiny-training.ts';

describe('a server', () => {
  const temporary = temporaryFolder();
  let stop: AbortController;
  beforeEach(() => {
    stop = new AbortController();
  });
  afterEach(() => stop.abort());
  after(() => temporary.remove());

  /** A server with an API. @returns its bus once it serves, and its end */
  async function start(name: string): Promise<{ readonly bus: MessageBus; readonly end: Promise<void> }> {
    const at = (folder: string) => path.join(temporary.path, name, folder);
    let end!: Promise<void>;
    const bus = await new Promise<MessageBus>((resolve, reject) => {
      end = runServer({
        openBus: async () => openEmbeddedBus(at('bus')),
        places: { folder: at('bus'), brokers: null },
        roots: [temporary.path],
        outRoot: at('results'),
        state: at('state'),
        from: 'beginning',
        limits: {
          ...{ maximumRunning: 1, maximumQueued: 1, maximumAttempts: 1, sharedWorkers: false },
          ...{ firstDelay: 1000, longestDelay: 1000 },
        },
        grace: 1000,
        api: { host: '127.0.0.1', port: 0 },
        apiLimits: DEFAULT_LIMITS,
        signal: stop.signal,
        onListening: () => undefined,
        onReady: resolve,
        onWarning: () => undefined,
      });
      end.catch(reject);
    });
    return { bus, end };
  }

  it('ends well when it is told to', async () => {
    const { end } = await start('well');
    stop.abort();
    await end;
  });

  for (const topic of [TOPICS.events, TOPICS.results]) {
    it(`ends with an error where what it tells of ${topic} is no longer true`, async () => {
      const { bus, end } = await start(topic);
      let ended = false;
      const failed = assert.rejects(end, { code: 'OFFSET_DELETED' }).finally(() => {
        ended = true;
      });
      // Until one is deleted before the server has read it.
      while (!ended && !stop.signal.aborted) {
        const [place] = await bus.publish(topic, [{ value: new Uint8Array(1) }]).catch(() => []);
        if (place) await bus.deleteBefore(topic, { ...place, offset: place.offset + 1 }).catch(() => undefined);
        else break;
      }
      await failed;
    });
  }
});
