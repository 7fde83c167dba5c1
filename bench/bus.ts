/**
 * `npm run bench -- bus`: the embedded bus against Kafka, a real broker on this machine that the bench starts, and `auspex feed`
 * against what kafkajs alone produces of the same bytes. Rounds alternate, medians count.
 *
 * All produce into eight partitions, some 8 MB at a time, and wait until what they sent is durable as the bus has it: on the
 * disk for the embedded bus, in the broker's memory for Kafka. What a side has left to be written is written before the next
 * one's turn: a broker's memory goes to the disk at some time, too.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Option } from 'commander';
import { Kafka, logLevel } from 'kafkajs';
import { openFolderCollection } from '../data/collections/folder.ts';
import { openEmbeddedBus } from '../services/bus/embedded.ts';
import { openKafkaBus } from '../services/bus/kafka.ts';
import type { MessageBus } from '../services/bus/message-bus.ts';
import { parseCount } from '../services/cli/options/arguments.ts';
import { feed } from '../services/feed/feed.ts';
import { KafkaCluster } from '../test/kafka/cluster.ts';
import { whyNoKafka } from '../test/kafka/install.ts';
import { type Bench, type BenchRow, compare, median, report } from './bench.ts';
import { BenchError } from './errors.ts';

export interface BusBenchOptions {
  /** Alternating rounds; the median counts. */
  readonly rounds: number;
}

const PARTITIONS = 8;
const CALL_BYTES = 8e6;

interface Load {
  readonly name: string;
  /** Of a message's value. */
  readonly bytes: number;
  readonly count: number;
}

const loads: readonly Load[] = [
  { name: '100 KB messages', bytes: 100_000, count: 4000 },
  { name: '1 KB messages', bytes: 1000, count: 150_000 },
];
const photos: Load = { name: 'feed of 100 KB files', bytes: 100_000, count: 3000 };

export const bus: Bench<BusBenchOptions> = {
  name: 'bus',
  description: 'the embedded bus against Kafka, and feed against kafkajs alone: MB/s',
  options: [
    new Option('--rounds <count>', 'measurements of each side, in turns; medians count')
      .default(5)
      .argParser(parseCount),
  ],
  async run({ rounds }) {
    const missing = whyNoKafka();
    if (missing) throw new BenchError('KAFKA_MISSING', `Kafka cannot be started: ${missing}. Install a JDK and Maven.`);
    const folder = await mkdtemp(path.join(os.tmpdir(), 'auspex-bench-bus-'));
    const cluster = await KafkaCluster.start();
    try {
      const rows: BenchRow[] = [];
      for (const load of loads) rows.push(...(await raceBuses(load, rounds, folder, cluster)));
      const [large] = rows;
      rows.push(beside(large!, await diskRate(folder), 'dd, 8 MB at a time, synced'));
      rows.push(await raceFeed(rounds, folder, cluster));
      report(`  load average at the end: ${os.loadavg().map((load) => load.toFixed(2))}`);
      return rows;
    } finally {
      await cluster.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

interface Rates {
  readonly produce: number;
  readonly consume: number;
}

async function raceBuses(load: Load, rounds: number, folder: string, cluster: KafkaCluster): Promise<BenchRow[]> {
  const ours: Rates[] = [];
  const peer: Rates[] = [];
  // The first of either is for warming up.
  for (let round = 0; round <= rounds; round++) {
    const own = path.join(folder, 'embedded');
    const embedded = await measureBus(openEmbeddedBus(own), load);
    await rm(own, { recursive: true });
    const kafka = await measureBus(await openKafkaBus({ brokers: cluster.addresses }), load);
    if (round === 0) continue;
    ours.push(embedded);
    peer.push(kafka);
    const line = ({ produce, consume }: Rates) => `${produce.toFixed(0)} and ${consume.toFixed(0)}`;
    report(`  ${load.name}: embedded ${line(embedded)}, Kafka ${line(kafka)} MB/s produced and consumed`);
  }
  return (['produce', 'consume'] as const).map((what) =>
    compare({
      case: `${what} ${load.name}`,
      ours: median(ours.map((rates) => rates[what])),
      peer: median(peer.map((rates) => rates[what])),
      peerName: 'Kafka 4.3, one broker',
      unit: 'MB/s',
      better: 'more',
    }),
  );
}

function beside({ case: name, ours, unit }: BenchRow, peer: number, peerName: string): BenchRow {
  return compare({ case: `${name}, of the disk`, ours, peer, peerName, unit, better: 'more' });
}

/** How fast the disk itself takes what has to be there before the next comes, in MB/s. */
async function diskRate(folder: string): Promise<number> {
  const file = path.join(folder, 'dd');
  const count = 50;
  const rate = await timed(count * 8e6, async () => {
    const args = ['if=/dev/zero', `of=${file}`, 'bs=8000000', `count=${count}`, 'oflag=dsync'];
    if (spawnSync('dd', args).status !== 0) throw new BenchError('CHILD_FAILED', 'dd failed');
  });
  await rm(file);
  return rate;
}

/** Closes the bus afterwards. */
async function measureBus(bus: MessageBus, { bytes, count }: Load): Promise<Rates> {
  writeAll();
  const topic = `bench-${randomUUID()}`;
  await bus.createTopic(topic, { partitions: PARTITIONS });
  // Different values, made before the clock runs.
  const pool = randomBytes(bytes + count);
  const message = (i: number) => {
    return {
      partition: i % PARTITIONS,
      key: pool.subarray(i % 999, (i % 999) + 32),
      value: pool.subarray(i, i + bytes),
    };
  };
  const produce = await timed(bytes * count, () =>
    inCalls({ bytes, count }, (first, length) =>
      bus.publish(
        topic,
        Array.from({ length }, (_, i) => message(first + i)),
      ),
    ),
  );
  const from = Array.from({ length: PARTITIONS }, (_, partition) => ({ partition, offset: 0 }));
  const reader = await bus.openReader(topic, from);
  const consume = await timed(bytes * count, async () => {
    for (let got = 0; got < count; ) got += (await reader.read()).length;
  });
  await reader.close();
  await bus.close();
  return { produce, consume };
}

async function raceFeed(rounds: number, folder: string, cluster: KafkaCluster): Promise<BenchRow> {
  const files = path.join(folder, 'files');
  await mkdir(files);
  const contents: Buffer[] = [];
  for (let i = 0; i < photos.count; i++) {
    contents.push(Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), randomBytes(photos.bytes - 4)]));
    await writeFile(path.join(files, `${i}.jpg`), contents[i]!);
  }
  const [ours, peer]: [number[], number[]] = [[], []];
  for (let round = 0; round <= rounds; round++) {
    const fed = await measureFeed(files, path.join(folder, `state-${round}`), cluster);
    const bare = await measureBare(contents, cluster);
    if (round === 0) continue;
    ours.push(fed);
    peer.push(bare);
    report(`  ${photos.name}: feed ${fed.toFixed(0)}, kafkajs alone ${bare.toFixed(0)} MB/s`);
  }
  const figures = { ours: median(ours), peer: median(peer), peerName: 'kafkajs alone, from memory' };
  return compare({ case: photos.name, ...figures, unit: 'MB/s', better: 'more' });
}

/** All that the command does after its start: listing, reading, hashing, publishing, the ledger. */
async function measureFeed(files: string, state: string, cluster: KafkaCluster): Promise<number> {
  writeAll();
  const bus = await openKafkaBus({ brokers: cluster.addresses });
  const topic = `bench-${randomUUID()}`;
  await bus.createTopic(topic, { partitions: PARTITIONS });
  const rate = await timed(photos.bytes * photos.count, async () => {
    const collections = [await openFolderCollection(files)];
    const order = { kind: 'shuffled', seed: 0 } as const;
    const { published } = await feed(bus, collections, { topic, form: 'inline', order, state });
    if (published !== photos.count) throw new Error(`${published} of ${photos.count} files were published`);
  });
  await bus.close();
  return rate;
}

async function measureBare(contents: readonly Buffer[], cluster: KafkaCluster): Promise<number> {
  writeAll();
  const kafka = new Kafka({ brokers: cluster.addresses, logLevel: logLevel.NOTHING });
  const topic = `bench-${randomUUID()}`;
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: PARTITIONS }] });
  await admin.disconnect();
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const rate = await timed(photos.bytes * photos.count, () =>
    inCalls(photos, (first, length) => {
      const messages = contents
        .slice(first, first + length)
        .map((value, i) => ({ partition: (first + i) % PARTITIONS, key: value.subarray(4, 36), value }));
      return producer.send({ topic, acks: -1, messages });
    }),
  );
  await producer.disconnect();
  return rate;
}

/** To the disk, what others have left in memory. */
function writeAll(): void {
  spawnSync('sync');
}

/** One call after the other, some 8 MB each. */
async function inCalls(
  { bytes, count }: Pick<Load, 'bytes' | 'count'>,
  call: (first: number, length: number) => Promise<unknown>,
): Promise<void> {
  const perCall = Math.floor(CALL_BYTES / (bytes + 200));
  for (let first = 0; first < count; first += perCall) await call(first, Math.min(perCall, count - first));
}

/** MB/s. */
async function timed(bytes: number, action: () => Promise<void>): Promise<number> {
  const begin = performance.now();
  await action();
  return bytes / 1e6 / ((performance.now() - begin) / 1000);
}
