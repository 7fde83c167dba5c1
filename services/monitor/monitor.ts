/**
 * Monitors a topic: reads it, keeps a sample, and writes what it knows every so often.
 *
 *     topic ──▶ read-topic ──▶ sample, coverage ──every few seconds, and at the end──▶ state, monitor.json, index.html
 *
 * The state is written first: whoever goes on after a kill begins where the last state ended, and counts nothing twice.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { writeFileAtomically } from '../../checkpoints/atomic-file.ts';
import type { Message, TopicReading } from '../../data/topics/topic-reading.ts';
import { type Monitoring, type MonitorOptions, messagesRead } from './monitoring.ts';
import { monitorPage } from './page/monitor-page.ts';
import { readTopic } from './read-topic.ts';
import { readState, writeState } from './state-file.ts';
import { type MonitorStatus, type MonitorSummary, summarise } from './summary.ts';

export interface RunMonitorOptions extends MonitorOptions {
  readonly bus: TopicReading;
  /** Name of the topic on the bus; `topic` is its address. */
  readonly name: string;
  /** Folder for state, monitor.json and index.html. */
  readonly out: string;
  /** Goes on with what comes in, until the signal. */
  readonly follow: boolean;
  /** Seconds between two writings. */
  readonly every: number;
  readonly signal: AbortSignal;
  /** Told of messages that were read, and of all that there were at the beginning. */
  onProgress?(done: number, total: number): void;
  onWritten?(summary: MonitorSummary): void;
}

/** @throws BusError, MonitorError, CheckpointError CHECKPOINT_WRITE_FAILED */
export async function monitor(options: RunMonitorOptions): Promise<MonitorSummary> {
  const { bus, name, out, follow, every, signal } = options;
  const ranges = await bus.ranges(name);
  await mkdir(out, { recursive: true });
  const monitoring = readState(path.join(out, 'state'), options);
  const next = new Map([...monitoring.coverage].map(([partition, part]) => [partition, part.next]));
  const before = messagesRead(monitoring);
  const left = ranges.reduce(
    (sum, { partition, begin, end }) => sum + Math.max(0, end - (next.get(partition) ?? begin)),
    0,
  );
  const begin = performance.now();
  let written = begin;
  let status: MonitorStatus = 'reading';
  const write = async (as: MonitorStatus) => {
    const seconds = (performance.now() - begin) / 1000;
    const messages = messagesRead(monitoring) - before;
    const summary = summarise(monitoring, { status: as, now: new Date(), seconds, messages });
    await writeAll(out, monitoring, summary);
    written = performance.now();
    options.onWritten?.(summary);
    return summary;
  };
  for await (const part of readTopic(bus, name, ranges, next, { follow, signal })) {
    if (part.kind === 'caught-up') status = 'following';
    else if (part.kind === 'missed') cover(monitoring, part.partition, part.from, part.to, part.to - part.from);
    else for (const message of part.messages) add(monitoring, message);
    options.onProgress?.(messagesRead(monitoring) - before, left);
    if (performance.now() - written >= every * 1000) await write(status);
  }
  return write(signal.aborted && status === 'reading' ? 'stopped' : 'complete');
}

function add(monitoring: Monitoring, { partition, offset, value }: Message): void {
  monitoring.sample.add(value);
  cover(monitoring, partition, offset, offset + 1, 0);
}

function cover({ coverage }: Monitoring, partition: number, from: number, next: number, missed: number): void {
  const known = coverage.get(partition);
  const first = known?.first ?? from;
  coverage.set(partition, { partition, first, next, missed: (known?.missed ?? 0) + missed });
}

async function writeAll(out: string, monitoring: Monitoring, summary: MonitorSummary): Promise<void> {
  await writeState(path.join(out, 'state'), monitoring);
  const write = (name: string, text: string) =>
    writeFileAtomically(path.join(out, name), (handle) => handle.writeFile(text));
  await write('monitor.json', `${JSON.stringify(summary, null, 2)}\n`);
  await write('index.html', monitorPage(summary));
}
