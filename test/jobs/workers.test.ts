/** Jobs whose ranks run on workers that joined the server's address and stay for the next job. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openEmbeddedBus } from '../../services/bus/embedded.ts';
import type { MessageBus } from '../../services/bus/message-bus.ts';
import { keyOf } from '../../services/jobs/messages.ts';
import { TOPICS } from '../../services/jobs/topics.ts';
import { auditRun } from '../../training/audit/audit-run.ts';
import { freePorts } from '../kafka/cluster.ts';
import { command } from '../services/cli/built.ts';
import { writePhotos } from '../training/tiny-training.ts';
import { eventsOf, isEnd, kill, makePlace, type Place, startServer, trainingJob, waitFor } from './serving.ts';

describe('jobs on workers', function () {
  this.timeout(180_000);
  const folder = mkdtempSync(path.join(tmpdir(), 'auspex-workers-'));
  const token = path.join(folder, 'token');
  let place: Place;
  let bus: MessageBus;
  let address: string;
  const processes: ChildProcess[] = [];

  before(async () => {
    place = await makePlace(folder, ['--bus', 'embedded', '--bus-folder', path.join(folder, 'bus')]);
    await writePhotos(path.join(place.root, 'others'), 17, ['dogs', 'birds']);
    bus = openEmbeddedBus(path.join(folder, 'bus'));
    writeFileSync(token, 'a secret of enough characters\n');
    address = `127.0.0.1:${(await freePorts(1))[0]}`;
  });
  after(async () => {
    await Promise.all(processes.map((child) => kill(child)));
    await bus.close();
    rmSync(folder, { recursive: true });
  });

  async function start(): Promise<ChildProcess> {
    const server = await startServer(place, '--workers-listen', address, '--workers-token-file', token);
    processes.push(server);
    return server;
  }
  function startWorker(name: string): ChildProcess {
    const args = [
      '--coordinator',
      address,
      '--token-file',
      token,
      '--name',
      name,
      '--heartbeat-timeout',
      '4',
      '--keep',
    ];
    const child = spawn(process.execPath, [command, 'worker', ...args], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    processes.push(child);
    return child;
  }
  /** Measured before and after, so that workers need the images of this very job. */
  function onRanks(id: string, iterations: number, data = 'photos') {
    const set = { 'ranks.heartbeatTimeout': '4', 'data.heldOutShare': '0.25', 'quality.everyIterations': '10' };
    return { ...trainingJob(place, id, iterations, set), data: path.join(place.root, data), ranks: '2' };
  }
  async function submit(job: { readonly id: string }): Promise<void> {
    await bus.publish(TOPICS.jobs, [{ key: keyOf(job.id), value: Buffer.from(JSON.stringify({ schema: 1, ...job })) }]);
  }
  /** The workers that trained together, world by world. */
  function worldsOf(id: string): string[][] {
    const lines = readFileSync(path.join(place.outRoot, id, 'worlds.jsonl'), 'utf8')
      .trim()
      .split('\n');
    return lines.map((line) => JSON.parse(line)).flatMap((world) => (world.ranks ? [[...world.ranks].sort()] : []));
  }

  it('run one after another on the same workers, survive kill -9 of a worker and of the server, and leave others alone', async () => {
    let server = await start();
    const [one, two] = [startWorker('one'), startWorker('two')];
    // A job of one process needs no worker; the second one on ranks is of other images.
    const alone = { ...trainingJob(place, 'alone', 4) };
    for (const job of [onRanks('first', 20), alone, onRanks('second', 20, 'others')]) await submit(job);
    for (const id of ['first', 'alone', 'second']) {
      const end = await waitFor(bus, id, isEnd);
      assert.equal(end.kind, 'succeeded', JSON.stringify(end));
      assert.equal((await auditRun(path.join(place.outRoot, id))).verdict, 'proven');
    }
    const both = [`one (process ${one.pid})`, `two (process ${two.pid})`];
    assert.deepEqual([worldsOf('first'), worldsOf('second')], [[both], [both]]);
    assert.throws(() => worldsOf('alone'), { code: 'ENOENT' });

    await submit(onRanks('killed', 200));
    const stepped = (more: number) => (event: { kind: string; step?: number }) =>
      event.kind === 'progress' && event.step! >= more;
    await waitFor(bus, 'killed', stepped(1));
    await kill(one);
    const three = startWorker('three');
    const { step } = (await eventsOf(bus, 'killed')).filter((event) => event.kind === 'progress').at(-1)!;
    await waitFor(bus, 'killed', stepped(step + 10));
    await kill(server);
    server = await start();
    const end = await waitFor(bus, 'killed', isEnd, 90);
    assert.equal(end.kind, 'succeeded', JSON.stringify(end));
    assert.equal((await auditRun(path.join(place.outRoot, 'killed'))).verdict, 'proven');
    assert.deepEqual(worldsOf('killed').at(-1), [`three (process ${three.pid})`, `two (process ${two.pid})`]);

    two.kill('SIGTERM');
    const [code] = await once(two, 'exit');
    assert.equal(code, 0);
  });

  it('are not begun where whoever reaches the address could join', () => {
    const args = ['--root', place.root, '--out-root', place.outRoot, '--state', place.state];
    const open = [...args, '--workers-listen', '0.0.0.0:0'];
    const { status, stderr } = spawnSync(process.execPath, [command, 'serve', ...open], {
      encoding: 'utf8',
    });
    assert.equal(status, 1);
    assert.match(stderr, /error INSECURE_LISTENER: /);
  });
});
