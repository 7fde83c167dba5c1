/** Logs of a server of jobs: its own on standard error, those of jobs in their folders, and how they are read. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os, { tmpdir } from 'node:os';
import path from 'node:path';
import { openEmbeddedBus } from '../../services/bus/embedded.ts';
import type { MessageBus } from '../../services/bus/message-bus.ts';
import { isBadJob, parseJob } from '../../services/jobs/messages.ts';
import { publishJob } from '../../services/jobs/submit.ts';
import { command } from '../services/cli/built.ts';
import { auspex } from '../services/cli/run.ts';
import { isEnd, makePlace, type Place, trainingJob, waitFor } from './serving.ts';

describe('logs of a server', function () {
  this.timeout(300_000);
  const folder = mkdtempSync(path.join(tmpdir(), 'auspex-serve-logs-'));
  const busFolder = path.join(folder, 'bus');
  let place: Place;
  let bus: MessageBus;
  let server: ChildProcess;
  let logged = '';
  before(async () => {
    place = await makePlace(folder, ['--bus-folder', busFolder]);
    bus = openEmbeddedBus(busFolder);
    const { root, outRoot, state } = place;
    const folders = ['--root', root, '--out-root', outRoot, '--state', state];
    const args = [command, 'serve', ...place.bus, ...folders, '--log-format', 'json', '--retry-delay', '0.2'];
    server = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    await new Promise<void>((resolve) => {
      server.stderr!.on('data', (chunk: Buffer) => {
        logged += chunk.toString();
        if (logged.includes('Serving')) resolve();
      });
      server.once('exit', () => resolve());
    });
    assert.match(logged, /Serving/);
  });
  after(async () => {
    if (server.exitCode === null && server.signalCode === null) {
      const exited = once(server, 'exit');
      server.kill('SIGKILL');
      await exited;
    }
    await bus.close();
    rmSync(folder, { recursive: true });
  });

  async function submit(job: object): Promise<void> {
    const parsed = parseJob(job, undefined);
    assert.ok(!isBadJob(parsed));
    await publishJob(bus, parsed);
  }
  const logsOf = (id: string, ...more: string[]) => auspex(['logs', id, '--out-root', place.outRoot, ...more]);

  it('keeps what a job said over attempts, of which one was killed, and its processes yield to the server', async () => {
    await submit(trainingJob(place, 'killed', 400));
    await waitFor(bus, 'killed', ({ kind }) => kind === 'progress');
    const started = JSON.parse(logsOf('killed', '--json').stdout.split('\n')[0]!);
    assert.equal(started.msg, 'started');
    const nicer = Math.min(19, os.getPriority(server.pid) + 10);
    for (const task of readdirSync(`/proc/${started.pid}/task`)) {
      // The name, which may have spaces, is in brackets; niceness is the 17th field after it.
      const fields = readFileSync(`/proc/${started.pid}/task/${task}/stat`, 'utf8').replace(/.*\) /s, '').split(' ');
      assert.equal(Number(fields[16]), nicer, `thread ${task}`);
    }
    const session = `/proc/${started.pid}/autogroup`;
    if (existsSync(session)) assert.match(readFileSync(session, 'utf8'), new RegExp(` nice ${nicer}$`, 'm'));
    process.kill(started.pid, 'SIGKILL');
    assert.equal((await waitFor(bus, 'killed', isEnd)).kind, 'succeeded');

    const all = logsOf('killed', '--json')
      .stdout.trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const told = all.map(({ attempt, msg }) => `${attempt} ${msg}`);
    for (const line of ['1 started', '1 The process was ended by SIGKILL.', '2 started', '2 checkpoint', '2 finished'])
      assert.ok(told.includes(line), `${line} in ${told.join('; ')}`);
    assert.ok(!told.some((line) => line.endsWith('step')));
    const steps = logsOf('killed', '--level', 'debug', '--attempt', '2').stdout.split('\n');
    assert.ok(
      steps.some((line) => /debug #2 step step=400 /.test(line)),
      steps.join('\n'),
    );
    assert.ok(!steps.some((line) => line.includes('#1')));
  });

  it('says on standard error, as JSON lines, what happens to which job at which attempt', () => {
    const lines = logged
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.ok(lines.every(({ time, level, msg, component }) => time && level && msg && component === 'jobs'));
    const failed = lines.find(({ event }) => event === 'failed');
    assert.deepEqual([failed.job, failed.level, failed.code], ['killed', 'warn', 'CHILD_KILLED']);
    assert.deepEqual(
      lines.filter(({ event }) => event === 'started').map(({ job, attempt }) => [job, attempt]),
      [
        ['killed', 1],
        ['killed', 2],
      ],
    );
    assert.ok(!lines.some(({ event }) => event === 'progress'), 'progress is of a lower level');
  });

  it('lets a job succeed whose log cannot be written, and warns', async () => {
    mkdirSync(path.join(place.outRoot, 'mute', 'log.jsonl'), { recursive: true });
    await submit(trainingJob(place, 'mute', 2));
    assert.equal((await waitFor(bus, 'mute', isEnd)).kind, 'succeeded');
    const warning = logged
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
      .find(({ level, job }) => level === 'warn' && job === 'mute');
    assert.match(warning.msg, /log\.jsonl cannot be written/);
    assert.equal(warning.attempt, 1);
  });

  it('says where there is no log', () => {
    const missing = logsOf('nobody');
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /^error LOG_NOT_FOUND: /);
    assert.equal(logsOf('../state').code, 2);
  });
});
