/** The dashboard of a real server with real trainings, over plain HTTP. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openEmbeddedBus } from '../../services/bus/embedded.ts';
import type { MessageBus } from '../../services/bus/message-bus.ts';
import { startDashboard } from '../../services/dashboard/dashboard.ts';
import { JobBoard } from '../../services/jobs/job-board.ts';
import { keyOf } from '../../services/jobs/messages.ts';
import { TOPICS } from '../../services/jobs/topics.ts';
import { type Certificate, makeAuthority } from '../certificates.ts';
import { isEnd, kill, makePlace, type Place, startDashboardServer, trainingJob, waitFor } from '../jobs/serving.ts';
import { publishPhotos } from '../topics/publish-images.ts';
import { openStream, type Stream } from './event-source.ts';
import { makeMonitor } from './made-up-monitor.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into, field by field
type Json = Record<string, any>;

describe('the dashboard over HTTP', function () {
  this.timeout(300_000);
  const folder = mkdtempSync(path.join(tmpdir(), 'auspex-dashboard-'));
  const monitored = path.join(folder, 'monitor');
  const opened: Stream[] = [];
  let place: Place;
  let bus: MessageBus;
  let server: ChildProcess;
  let address: string;

  before(async () => {
    place = await makePlace(folder, ['--bus', 'embedded', '--bus-folder', path.join(folder, 'bus')]);
    bus = openEmbeddedBus(path.join(folder, 'bus'));
    await makeMonitor(bus, monitored, 200, '<script>alert(1)</script>');
    ({ server, address } = await startDashboardServer(place, 0, '--monitor', monitored));
    await submit(trainingJob(place, 'done', 20));
    await waitFor(bus, 'done', isEnd);
  });
  afterEach(() => {
    for (const stream of opened.splice(0)) stream.close();
  });
  after(async () => {
    await kill(server);
    await bus.close();
    rmSync(folder, { recursive: true });
  });

  const submit = (job: { readonly id: string } & Record<string, unknown>) =>
    bus.publish(TOPICS.jobs, [{ key: keyOf(job.id), value: Buffer.from(JSON.stringify({ schema: 1, ...job })) }]);
  const ask = async (url: string): Promise<Json> => (await fetch(address + url)).json() as Promise<Json>;
  const follow = async (url: string, lastId?: string): Promise<Stream> => {
    const stream = await openStream(address + url, lastId);
    opened.push(stream);
    return stream;
  };

  it('tells of a job from its acceptance to its end, and of every point of its curves', async () => {
    const jobs = await follow('/api/events');
    await jobs.until(({ event }) => event === 'jobs');
    await submit(
      trainingJob(place, 'told', 300, {
        'optimizer.larc': 'true',
        'quality.everyIterations': '100',
        'data.heldOutShare': '0.3',
      }),
    );
    await jobs.until(({ event, data }) => event === 'changed' && data.jobs[0].state === 'running');
    const run = await follow('/api/jobs/told/events');
    await run.until(({ event, data }) => event === 'job' && data.job?.state === 'succeeded');
    await run.until(({ data }) => data?.latest?.step === 300);
    const steps: number[] = [];
    for (const { event, data } of run.events) {
      if (event === 'curves') steps.splice(0, steps.length, ...data.points.steps);
      // Without points where only a part of a line was new.
      if (event === 'points') steps.push(...(data.points?.steps ?? []));
    }
    assert.deepEqual(
      steps,
      Array.from({ length: 300 }, (_, i) => i + 1),
    );
    await jobs.until(({ event, data }) => event === 'changed' && data.counts.succeeded === 2);

    const all = await ask('/api/jobs/told');
    assert.equal(all['curves'].points.steps.length, 300);
    assert.deepEqual(all['curves'].quality.steps, [100, 200, 300]);
    assert.deepEqual(all['job'].events.map(({ kind }: Json) => kind).slice(0, 3), ['accepted', 'queued', 'started']);
    assert.equal(all['run'].config.prototypes, 20);
    const { vitals } = all;
    assert.ok(vitals.layers.length > 5 && vitals.layers.every(({ name }: Json) => typeof name === 'string'));
    assert.ok(
      vitals.layers.some(({ trustRatio }: Json) => trustRatio > 0 && trustRatio !== 1),
      'LARC scales something',
    );
    assert.ok(vitals.memory.arenaBytes > 0 && vitals.processes[0].residentBytes > vitals.memory.arenaBytes);
  });

  it('shows processes, actors with their mailboxes, and the lag of the topic, of a training on two ranks', async () => {
    await publishPhotos(bus, 'photos', { count: 24, partitions: 2 });
    await submit({ ...trainingJob(place, 'ranks', 400), data: 'embedded:photos', ranks: '2' });
    await waitFor(bus, 'ranks', ({ kind }) => kind === 'started');
    const run = await follow('/api/jobs/ranks/events');
    const { data } = await run.until(({ event, data }) => event === 'vitals' && data?.processes.length === 3);
    const [coordinator, ...workers] = data.processes;
    assert.equal(coordinator.computes, false);
    assert.match(coordinator.actors[0].path, /shard-coordinator/);
    for (const worker of workers) {
      const paths = worker.actors.map((actor: Json) => actor['path']);
      for (const name of ['gpu-worker', 'data-loader', 'larc-norm', 'checkpoint']) {
        assert.ok(
          paths.some((each: string) => each.includes(name)),
          `${name} in ${paths}`,
        );
      }
      assert.ok(worker.actors.every((actor: Json) => actor['mailboxDepth'] >= 0 && actor['restarts'] === 0));
    }
    const lag = await run.until(({ event, data }) => event === 'lag' && data?.lag !== null && data !== null);
    assert.equal(lag.data.topic, 'photos');
    await run.until(({ event, data }) => event === 'worlds' && data.worlds[0]?.kind === 'began');
    await waitFor(bus, 'ranks', isEnd);
  });

  it('shows how far the server has read, reports of evaluations, the log and the monitor', async () => {
    const checkpoint = path.join(place.outRoot, 'done');
    const data = path.join(place.root, 'photos');
    await submit({ kind: 'evaluation', id: 'knn', checkpoint, data, protocol: 'knn', options: { size: 32, k: 3 } });
    await waitFor(bus, 'knn', isEnd);
    const { topics } = await ask('/api/topics');
    const [jobs] = topics;
    const [range] = await bus.ranges(TOPICS.jobs);
    assert.deepEqual([jobs.topic, jobs.lag, jobs.partitions[0].next], [TOPICS.jobs, 0, range!.end]);
    // The server hears of the end as everybody does: when it has read the event.
    let { evaluations } = await ask('/api/evaluations');
    while (evaluations.length === 0) ({ evaluations } = await ask('/api/evaluations'));
    assert.deepEqual([evaluations[0].id, evaluations[0].asked.checkpoint], ['knn', checkpoint]);
    assert.ok(evaluations[0].result.low <= evaluations[0].result.accuracy);

    const log = path.join(checkpoint, 'log.jsonl');
    const line = (msg: string) =>
      `${JSON.stringify({ time: new Date().toISOString(), level: 'info', msg, attempt: 1 })}\n`;
    const run = await follow('/api/jobs/done/events');
    const first = await run.until(({ event, data }) => event === 'log' && data.lines.length > 0);
    assert.equal(first.data.lines[0].attempt, 1, 'what its process said');
    appendFileSync(log, line('second'));
    const second = await run.until(({ event, data }) => event === 'log' && data.lines.at(-1)?.message === 'second');
    assert.equal(second.data.lines.length, 1);

    const { monitors } = await ask('/api/monitors');
    assert.deepEqual([monitors[0].topic, monitors[0].hasMap], ['embedded:images', true]);
    const map = await fetch(`${address}/api/monitors/0/map.svg`);
    assert.match(await map.text(), /^<svg xmlns.*United States/s);
    const page = await fetch(`${address}/monitors/0`);
    assert.match(page.headers.get('content-security-policy')!, /default-src 'none'.*sandbox/);
    assert.doesNotMatch(await page.text(), /<script/);
  });

  it('serves 200 browsers with one computation, and gives who comes back what was missed', async () => {
    const streams = await Promise.all(Array.from({ length: 200 }, () => follow('/api/events')));
    await Promise.all(streams.map((stream) => stream.until(({ event }) => event === 'jobs')));
    await submit(trainingJob(place, 'many', 5));
    await Promise.all(
      streams.map((stream) => stream.until(({ event, data }) => event === 'changed' && data.jobs[0].id === 'many')),
    );
    const [one] = streams;
    const lastId = one!.lastId!;
    one!.close();
    await waitFor(bus, 'many', isEnd);
    await sleep(500);
    const again = await follow('/api/events', lastId);
    await again.until(({ event }) => event === 'changed');
    assert.ok(!again.events.some(({ event }) => event === 'jobs'), 'what was missed, and not everything anew');
  });

  it('cuts off a browser that does not read, and does not keep what it did not take', async () => {
    const memory = () => {
      const text = readFileSync(`/proc/${server.pid}/status`, 'utf8');
      return Number(/VmRSS:\s+(\d+)/.exec(text)![1]) * 1024;
    };
    const log = path.join(place.outRoot, 'done', 'log.jsonl');
    const { hostname, port } = new URL(address);
    const sockets = Array.from({ length: 5 }, () => {
      const socket = net.connect(Number(port), hostname);
      socket.write('GET /api/jobs/done/events HTTP/1.1\r\nHost: localhost\r\n\r\n');
      socket.pause();
      return socket;
    });
    const cut = Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve))));
    for (const socket of sockets) socket.on('error', () => undefined);
    const before = memory();
    // A look at the log passes on 300 lines, 1.2 MB in UTF-8, to each.
    const text = JSON.stringify({ time: '', level: 'info', msg: '\u{10ffff}'.repeat(1000), attempt: 1 });
    let isCut = false;
    void cut.then(() => {
      isCut = true;
    });
    for (let i = 0; i < 30 && !isCut; i++) {
      appendFileSync(log, `${text}\n`.repeat(300));
      await sleep(1000);
      // What the system's buffers took is read, so that the end is seen: by then they have had more than those hold.
      if (i === 7) for (const socket of sockets) socket.resume();
    }
    assert.ok(isCut, 'they were cut off');
    assert.ok(memory() - before < 80e6, `${memory() - before} bytes more`);
    assert.equal((await ask('/healthz'))['status'], 'serving');
  });

  it('asks who comes for a token where there are clients, as a browser and as a program give it', async () => {
    const clients = path.join(folder, 'clients.yaml');
    const tokenSha256 = createHash('sha256').update('secret').digest('hex');
    writeFileSync(clients, `clients: [{ name: reader, role: read, tokenSha256: ${tokenSha256} }]\n`);
    const other = {
      ...place,
      state: path.join(folder, 'other'),
      bus: ['--bus', 'embedded', '--bus-folder', path.join(folder, 'other-bus')],
    };
    const guarded = await startDashboardServer(other, 0, '--clients', clients);
    try {
      const status = async (url: string, authorization?: string) =>
        (await fetch(guarded.address + url, authorization ? { headers: { authorization } } : {})).status;
      const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
      for (const url of ['/', '/api/jobs', '/api/events', '/page/index.js', '/nothing'])
        assert.equal(await status(url), 401, url);
      for (const wrong of ['Bearer wrong', basic('secret:wrong'), basic('secret'), 'Basic %', 'secret']) {
        assert.equal(await status('/api/jobs', wrong), 401, wrong);
      }
      assert.equal(await status('/api/jobs', 'Bearer secret'), 200);
      assert.equal(await status('/', basic('anybody:secret')), 200);
      assert.equal(await status('/healthz'), 200);
      const refused = await fetch(`${guarded.address}/`);
      assert.match(refused.headers.get('www-authenticate')!, /^Basic realm/);

      const events = await fetch(`${guarded.address}/api/events`, { headers: { authorization: 'Bearer secret' } });
      const reader = events.body!.getReader();
      assert.ok(!(await reader.read()).done);
      writeFileSync(clients, 'clients: []\n');
      const ended = (async () => {
        while (!(await reader.read()).done);
      })();
      await assert.rejects(ended, /terminated/, 'a page goes on for somebody who was taken out');
    } finally {
      await kill(guarded.server);
    }
  });

  it('speaks TLS, and lets those in who have a certificate of an authority', async () => {
    const [server, reader, stranger] = ['server', 'reader', 'stranger'].map(makeAuthority(folder, 'authority'));
    const clients = path.join(folder, 'certified.yaml');
    writeFileSync(clients, 'clients: [{ name: reader, role: read, certificate: reader }]\n');
    const { certificateFile, keyFile, caFile } = server!;
    const other = {
      ...place,
      state: path.join(folder, 'certified'),
      bus: ['--bus', 'embedded', '--bus-folder', path.join(folder, 'certified-bus')],
    };
    const options = ['--clients', clients, '--tls-cert', certificateFile, '--tls-key', keyFile, '--tls-ca', caFile];
    const guarded = await startDashboardServer(other, 0, ...options);
    try {
      assert.match(guarded.address, /^https:/);
      const ca = readFileSync(caFile);
      const status = (certificate?: Certificate) =>
        new Promise<number>((resolve, reject) => {
          const own = certificate && {
            cert: readFileSync(certificate.certificateFile),
            key: readFileSync(certificate.keyFile),
          };
          const request = https.get(`${guarded.address}/api/jobs`, { agent: false, ca, ...own }, (response) => {
            response.resume();
            resolve(response.statusCode!);
          });
          request.on('error', reject);
        });
      assert.equal(await status(reader), 200);
      assert.equal(await status(stranger), 401);
      await assert.rejects(status(), /certificate required|ECONNRESET|EPIPE|socket hang up/);
      await assert.rejects(fetch(guarded.address.replace('https', 'http')));
    } finally {
      await kill(guarded.server);
    }
  });

  it('does not listen for others where nobody is asked who they are', async () => {
    const board = await JobBoard.open(bus);
    const options = { bus, board, outRoot: place.outRoot, monitors: [], host: '0.0.0.0', port: 0 };
    await assert.rejects(startDashboard(options), { code: 'DASHBOARD_INSECURE' });
    const taken = { ...options, host: '127.0.0.1', port: Number(new URL(address).port) };
    await assert.rejects(startDashboard(taken), { code: 'DASHBOARD_LISTEN_FAILED' });
    await board.close();
  });

  it('says nothing to a page of others, changes nothing, and knows no paths but its own', async () => {
    const raw = (url: string, options: http.RequestOptions = {}) =>
      new Promise<{ status: number; body: string }>((resolve, reject) => {
        const { hostname, port } = new URL(address);
        const request = http.request({ hostname, port, path: url, agent: false, ...options }, (response) => {
          let body = '';
          response.on('data', (chunk) => {
            body += chunk;
          });
          response.on('end', () => resolve({ status: response.statusCode!, body }));
        });
        request.on('error', reject).end();
      });
    const status = async (url: string, options?: http.RequestOptions) => (await raw(url, options)).status;
    assert.equal(await status('/api/jobs', { headers: { host: 'evil.example' } }), 421);
    assert.equal(await status('/healthz', { headers: { host: 'evil.example' } }), 200);
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) assert.equal(await status('/api/jobs', { method }), 405);
    for (const url of [
      '/page/../dashboard.ts',
      '/page/%2e%2e/dashboard.ts',
      '/page/..%2fdashboard.ts',
      '/api/jobs/..',
      '/api/jobs/%2e%2e',
      '/api/jobs/..%2f..%2fstate',
      '/api/jobs/done%00',
      '/api/jobs/done/../../etc/passwd',
      `/api/jobs/${'a'.repeat(500)}`,
      '/api/jobs/%E0%A4%A',
      '/api/monitors/-1/map.svg',
      '/api/monitors/1e9/map.svg',
      '/monitors/7',
    ]) {
      const { status: found, body } = await raw(url);
      assert.ok(found === 400 || found === 404, `${url}: ${found}`);
      assert.match(body, /"code":"DASHBOARD_/, url);
      assert.doesNotMatch(body, /node_modules|services\//, url);
    }
    const page = await fetch(`${address}/jobs/done`);
    const policy = page.headers.get('content-security-policy')!;
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.doesNotMatch(policy, /unsafe|\*|https?:/);
    assert.equal(page.headers.get('x-content-type-options'), 'nosniff');
    assert.equal(page.headers.get('referrer-policy'), 'no-referrer');
  });
});
