/** A server of jobs as a process of its own, and what tests ask of it. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Message, MessageBus } from '../../services/bus/message-bus.ts';
import { decodeEvent, type JobEvent } from '../../services/jobs/events.ts';
import { TOPICS } from '../../services/jobs/topics.ts';
import { command } from '../services/cli/built.ts';
import { TINY, writePhotos } from '../training/tiny-training.ts';

/** Folders and options that a server is started with, time after time. */
export interface Place {
  readonly root: string;
  readonly outRoot: string;
  readonly state: string;
  /** Options that say which bus. */
  readonly bus: readonly string[];
}

export async function makePlace(folder: string, bus: readonly string[]): Promise<Place> {
  const root = path.join(folder, 'root');
  await writePhotos(path.join(root, 'photos'), 20, ['cats', 'dogs']);
  writeFileSync(path.join(root, 'tiny.json'), JSON.stringify(TINY));
  return { root, outRoot: path.join(folder, 'results'), state: path.join(folder, 'state'), bus };
}

/** A tiny training of so many steps; 200 take some seconds. */
export function trainingJob({ root }: Place, id: string, iterations: number, set: Record<string, string> = {}) {
  const settings = { 'training.iterations': String(iterations), 'checkpoint.everyIterations': '20', ...set };
  return { kind: 'training', id, config: path.join(root, 'tiny.json'), data: path.join(root, 'photos'), set: settings };
}

export async function startServer(place: Place, ...more: string[]): Promise<ChildProcess> {
  return (await start(place, more)).server;
}

/** A server that offers the API. @returns host:port of it, too */
export async function startApiServer(
  place: Place,
  ...more: string[]
): Promise<{ server: ChildProcess; address: string }> {
  const { server, said } = await start(place, ['--api', '127.0.0.1:0', ...more]);
  return { server, address: addressOf(said, 'api') };
}

/** A server that offers the dashboard, on a port of its own unless it is given. @returns http://host:port of it, too */
export async function startDashboardServer(
  place: Place,
  port = 0,
  ...more: string[]
): Promise<{ server: ChildProcess; address: string }> {
  const { server, said } = await start(place, ['--http', `127.0.0.1:${port}`, ...more]);
  return { server, address: addressOf(said, 'dashboard') };
}

function addressOf(said: string, what: string): string {
  const listening = said.split('\n').find((line) => line.includes(`"event":"listening","what":"${what}"`));
  return JSON.parse(listening!).address;
}

async function start(place: Place, more: readonly string[]): Promise<{ server: ChildProcess; said: string }> {
  const { root, outRoot, state, bus } = place;
  const options = ['--root', root, '--out-root', outRoot, '--state', state, '--retry-delay', '0.2', '--grace', '20'];
  const args = [command, 'serve', ...bus, ...options, ...more, '--json'];
  const server = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  // Its output is read to its end: a server that nobody listens to ends.
  await new Promise<void>((resolve) => {
    server.stdout!.on('data', (chunk: Buffer) => {
      said += said.length < 10_000 ? chunk.toString() : '';
      if (said.includes('"event":"ready"')) resolve();
    });
    server.once('exit', () => resolve());
  });
  assert.match(said, /ready/, 'the server has ended before it was ready');
  return { server, said };
}

export async function kill(server: ChildProcess, signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exited = once(server, 'exit');
  server.kill(signal);
  await exited;
}

/** Everything in a topic of one partition. */
export async function readAll(bus: MessageBus, topic: string): Promise<Message[]> {
  const [range] = await bus.ranges(topic);
  const reader = await bus.openReader(topic, [{ partition: 0, offset: range!.begin }]);
  const messages: Message[] = [];
  while (messages.length < range!.end - range!.begin) {
    messages.push(...(await reader.read(AbortSignal.timeout(20_000))));
  }
  await reader.close();
  return messages;
}

/** Events of a job in their order, each once. */
export async function eventsOf(bus: MessageBus, id: string): Promise<JobEvent[]> {
  const events = new Map<number, JobEvent>();
  for (const { value } of await readAll(bus, TOPICS.events)) {
    const event = decodeEvent(value);
    if ('job' in event && event.job === id) events.set(event.sequence, event);
  }
  return [...events.values()].sort((one, other) => one.sequence - other.sequence);
}

/** Waits for an event of a job. */
export async function waitFor(
  bus: MessageBus,
  id: string,
  isWanted: (event: JobEvent) => boolean,
  seconds = 180,
): Promise<JobEvent> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const events = await eventsOf(bus, id);
    const found = events.find(isWanted);
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`job ${id}: ${JSON.stringify(events.slice(-5))}`);
    await sleep(100);
  }
}

export const isEnd = ({ kind, ...event }: JobEvent): boolean =>
  kind === 'succeeded' || kind === 'cancelled' || (kind === 'failed' && 'willRetry' in event && !event.willRetry);
