/** The deployment as a whole, in a real container engine: jobs come to their ends, whichever container is killed meanwhile. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../errors.ts';
import { openKafkaBus } from '../../services/bus/kafka.ts';
import type { MessageBus } from '../../services/bus/message-bus.ts';
import { connect } from '../../services/client/index.ts';
import type { JobEvent } from '../../services/jobs/events.ts';
import { keyOf } from '../../services/jobs/messages.ts';
import { TOPICS } from '../../services/jobs/topics.ts';
import { eventsOf, isEnd, waitFor } from '../jobs/serving.ts';
import { makeStandIns, whyNoStandIns } from './base-images.ts';
import { Deployment } from './deployment.ts';
import { Engine, whyNoEngine } from './engine.ts';

/** Minutes, the first time: base images, packages and the native addon. */
const wanted = process.env['AUSPEX_DEPLOY'] === '1';
const whyNot = wanted ? (whyNoEngine() ?? whyNoStandIns()) : 'npm run test:deploy runs it';

describe(`docker-compose.yml${whyNot === undefined ? '' : ` (skipped: ${whyNot})`}`, function () {
  this.timeout(900_000);
  let engine: Engine;
  let deployment: Deployment | undefined;
  let bus: MessageBus;

  before(async function () {
    if (whyNot !== undefined) return this.skip();
    try {
      engine = await Engine.start();
      await makeStandIns(engine);
    } catch (error) {
      // What a machine cannot do says nothing of the deployment.
      console.log(`    no container runs here: ${messageOf(error)}`);
      return this.skip();
    }
    deployment = await Deployment.prepare(engine);
    await deployment.up();
    bus = await openKafkaBus({ brokers: [deployment.broker] });
  });
  after(async () => {
    await bus?.close();
    await deployment?.down();
    await engine?.stop();
  });

  /** Steps of a job that one process is still busy with when it is hit. */
  const LONG = 1500;
  const set = { 'checkpoint.everyIterations': '20', 'ranks.heartbeatTimeout': '4' };
  function training(iterations: number) {
    return {
      config: '/data/tiny.json',
      data: '/data/photos',
      set: { ...set, 'training.iterations': String(iterations) },
    };
  }
  async function submit(id: string, iterations: number, more: object = {}): Promise<void> {
    const job = { schema: 1, kind: 'training', id, ...training(iterations), ...more };
    await bus.publish(TOPICS.jobs, [{ key: keyOf(id), value: Buffer.from(JSON.stringify(job)) }]);
  }
  /** No event is missing, the job has ended well, and every image was trained on exactly once per epoch. */
  async function assertSucceeded(id: string): Promise<readonly JobEvent[]> {
    const end = await waitFor(bus, id, isEnd, 180);
    assert.equal(end.kind, 'succeeded', JSON.stringify(end));
    const events = await eventsOf(bus, id);
    assert.deepEqual(
      events.map(({ sequence }) => sequence),
      events.map((_, i) => i + 1),
    );
    const audit = JSON.parse((await deployment!.exec('auspex', 'audit', `/results/${id}`, '--json')).trim());
    assert.equal(audit.verdict, 'proven');
    return events;
  }
  const statusOfPage = async (headers: Record<string, string>) =>
    (await fetch(`${deployment!.dashboard}/`, { headers, signal: AbortSignal.timeout(30_000) })).status;
  const atWork = (id: string) => waitFor(bus, id, (event) => event.kind === 'progress' && event.step > 20, 120);

  it('finishes a job that came by the topic of jobs, and one that came over gRPC', async () => {
    await submit('by-topic', 30);
    await assertSucceeded('by-topic');
    const client = connect(deployment!.api, { token: deployment!.token });
    const stranger = connect(deployment!.api);
    const kinds: string[] = [];
    try {
      await client.jobs.submitJob({ id: 'by-grpc', training: training(30) }, { timeout: 60_000 });
      const events = client.jobs.streamJobEvents({ id: 'by-grpc' }, { timeout: 120_000 });
      for await (const event of events) kinds.push(event.event!);
      assert.equal(kinds.at(-1), 'succeeded');
      await assert.rejects(stranger.jobs.listJobs({}, { timeout: 60_000 }), { code: 'API_UNAUTHENTICATED' });
    } catch (error) {
      assert.fail(
        `${messageOf(error)}, after ${kinds}:\n${await deployment!.compose('logs', '--tail', '50', 'server')}`,
      );
    } finally {
      client.close();
      stranger.close();
    }
    const authorization = `Bearer ${deployment!.token}`;
    assert.equal(await statusOfPage({ authorization }), 200);
    assert.equal(await statusOfPage({}), 401);
  });

  it('keeps copies of checkpoints in its object store', async () => {
    await deployment!.exec('auspex', 'checkpoint', 'push', '/results/by-topic', 's3://auspex/by-topic');
    await deployment!.exec('auspex', 'checkpoint', 'pull', 's3://auspex/by-topic', '--out', '/tmp/pulled');
    await deployment!.exec('auspex', 'checkpoint', 'verify', '/tmp/pulled');
  });

  it('lets nothing write outside of its volumes, or be root', async () => {
    for (const service of ['kafka', 'server', 'worker', 's3']) {
      const [container] = await deployment!.containers(service);
      const inside = (command: string) => engine.docker('exec', container!, 'sh', '-c', command);
      assert.notEqual((await inside('id -u')).trim(), '0', service);
      await assert.rejects(inside('touch /usr/mine'), /Read-only file system/, service);
      assert.match(await inside('cat /proc/1/status'), /CapEff:\s+0{16}\n.*NoNewPrivs:\s+1/s, service);
    }
    const inspected = await engine.docker('inspect', ...(await deployment!.containers('server')));
    assert.ok(!inspected.includes(deployment!.token));
  });

  it('survives that the server is killed, and starts it again', async () => {
    const [container] = await deployment!.containers('server');
    const pid = await engine.docker('inspect', '--format', '{{.State.Pid}}', container!);
    await submit('server-killed', LONG);
    await atWork('server-killed');
    // As the kernel does when memory runs out; `docker kill` counts as the operator's will, after which nothing is started again.
    process.kill(Number(pid), 'SIGKILL');
    const events = await assertSucceeded('server-killed');
    assert.ok(events.some((event) => event.kind === 'started' && event.resumed));
  });

  for (const [service, ranks] of [
    ['server', '2'],
    ['worker', '2'],
    ['kafka', undefined],
  ] as const) {
    it(`survives docker kill of ${service} while a job runs${ranks === undefined ? '' : ' on workers'}`, async () => {
      const id = `docker-kill-${service}`;
      const [container] = await deployment!.containers(service);
      await submit(id, ranks === undefined ? LONG : 300, { ranks });
      await atWork(id);
      await engine.docker('kill', container!);
      if (service === 'kafka') {
        const records = await deployment!.exec('cat', `/results/${id}/metrics.jsonl`);
        assert.ok(records.trim().split('\n').length < LONG, 'it had ended before');
      }
      await sleep(1000);
      await deployment!.up();
      const events = await assertSucceeded(id);
      if (service === 'server') assert.ok(events.some((event) => event.kind === 'started' && event.resumed));
      if (ranks === undefined) return;
      const worlds = (await deployment!.exec('cat', `/results/${id}/worlds.jsonl`)).trim().split('\n');
      const begun = worlds.map((line) => JSON.parse(line)).filter(({ ranks: workers }) => workers);
      assert.ok(begun.length >= 2 && begun.every(({ ranks: workers }) => workers.length === 2), worlds.join('\n'));
    });
  }
});
