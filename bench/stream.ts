/**
 * `npm run bench -- stream`: how fast images come out of a topic of inline images of a real Kafka, in a training's order, beside
 * how fast a training of 400mf uses them on this machine, measured in the same run. `--minutes 10` goes on reading and shows
 * that memory stays as it is.
 *
 * The images are bytes of a JPEG's size that nobody decodes: what decoding costs is the benchmark `crops`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Option } from 'commander';
import { z } from 'zod';
import type { ImageSource } from '../data/source.ts';
import type { TopicAddress } from '../data/topics/topic-address.ts';
import { openTopicSource, spansOf } from '../data/topics/topic-source.ts';
import { packageRoot } from '../kernels/addon.ts';
import { hasBf16 } from '../kernels/executor.ts';
import { openEmbeddedBus } from '../services/bus/embedded.ts';
import { openKafkaBus } from '../services/bus/kafka.ts';
import type { MessageBus } from '../services/bus/message-bus.ts';
import { parseCount, parseNumber } from '../services/cli/options/arguments.ts';
import { KafkaCluster } from '../test/kafka/cluster.ts';
import { imageMessage } from '../test/topics/publish-images.ts';
import { type Bench, type BenchRow, compare, median, report } from './bench.ts';
import { parseResult, runChild } from './child.ts';

interface StreamBenchOptions {
  readonly rounds: number;
  /** Of reading after the rounds. */
  readonly minutes: number;
}

const IMAGE_BYTES = 100_000;
const NUM_IMAGES = 2000;
const PARTITIONS = 8;
const BATCH = 8;
const READ_AHEAD_BYTES = 64 * 2 ** 20;
/** Of one measurement. */
const SECONDS = 5;
/** 400mf, as torch_swav.py takes it. */
const ARCHITECTURE = '16,48,27.89,2.09,8,512,128,256';

export const stream: Bench<StreamBenchOptions> = {
  name: 'stream',
  description: "images out of a topic in a training's order, against how fast 400mf trains: images per second",
  options: [
    new Option('--rounds <count>', 'measurements of each side, in turns; medians count')
      .default(3)
      .argParser(parseCount),
    new Option('--minutes <count>', 'of reading on, to see what memory does').default(0).argParser(parseNumber),
  ],
  async run({ rounds, minutes }) {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'auspex-bench-stream-'));
    const cluster = await KafkaCluster.start();
    const kafka = await openKafkaBus({ brokers: cluster.addresses });
    const embedded = openEmbeddedBus(folder);
    try {
      const sides = [
        { name: 'Kafka', bus: kafka, address: { bus: 'kafka', topic: 'images' } },
        { name: 'embedded', bus: embedded, address: { bus: 'embedded', topic: 'images' } },
      ] as const;
      for (const { bus } of sides) await publish(bus);
      const rates = new Map<string, number[]>(sides.map(({ name }) => [name, []]));
      const training: number[] = [];
      for (let round = 0; round < rounds; round++) {
        for (const { name, bus, address } of sides) {
          rates.get(name)!.push(await imagesPerSecond(bus, address, SECONDS));
        }
        training.push(await trainingImagesPerSecond());
        const last = [...rates].map(([name, values]) => `${name} ${values.at(-1)!.toFixed(0)}`).join(', ');
        report(`  ${last}, training ${training.at(-1)!.toFixed(1)} images/s`);
      }
      const peerName = `training 400mf ${hasBf16() ? 'bf16' : 'fp32'}`;
      const rows = [...rates].map(([name, values]): BenchRow => {
        const figures = { ours: median(values), peer: median(training), peerName, unit: 'images/s' };
        const row = compare({ case: `${name}, inline, 100 KB`, ...figures, better: 'more' });
        return { ...row, note: `rounds ${values.map((rate) => rate.toFixed(0)).join(', ')}` };
      });
      return minutes === 0 ? rows : [...rows, await soak(kafka, sides[0].address, minutes)];
    } finally {
      await Promise.all([kafka.close(), embedded.close()]);
      await cluster.stop();
      await rm(folder, { recursive: true });
    }
  },
};

async function publish(bus: MessageBus): Promise<void> {
  await bus.createTopic('images', { partitions: PARTITIONS });
  for (let first = 0; first < NUM_IMAGES; first += 100) {
    const messages = Array.from({ length: 100 }, (_, i) => {
      const bytes = new Uint8Array(IMAGE_BYTES).fill(first + i);
      new DataView(bytes.buffer).setUint32(0, first + i);
      return { ...imageMessage(bytes), partition: (first + i) % PARTITIONS };
    });
    await bus.publish('images', messages);
  }
}

/** Batch after batch, as a loader asks for them. */
async function* batches(source: ImageSource): AsyncGenerator<number> {
  const order = source.order!(BATCH, 1);
  const lanes = Array.from({ length: order.lanes }, (_, lane) => lane);
  const images = source.stream!(
    order,
    lanes,
    lanes.map(() => 0),
  );
  try {
    for (let position = 0; ; position++) {
      await Promise.all(lanes.map((lane) => images.read(order.at(lane, position).index)));
      yield lanes.length;
    }
  } finally {
    await images.close();
  }
}

async function openSource(bus: MessageBus, address: TopicAddress) {
  const spans = await spansOf(bus, address.topic, false);
  return openTopicSource({
    ...{ bus, address, spans, window: 512, readAheadBytes: READ_AHEAD_BYTES, onDeleted: 'stop' },
    readReference: () => Promise.reject(new Error('there are no references')),
  });
}

async function imagesPerSecond(bus: MessageBus, address: TopicAddress, seconds: number): Promise<number> {
  let images = 0;
  let begin: number | undefined;
  for await (const count of batches(await openSource(bus, address))) {
    // From the first batch on: joining a group takes its time once.
    if (begin === undefined) {
      begin = performance.now();
      continue;
    }
    images += count;
    if (performance.now() - begin > seconds * 1000) return images / ((performance.now() - begin) / 1000);
  }
  throw new Error('the topic has ended');
}

async function trainingImagesPerSecond(): Promise<number> {
  const what = 'training 400mf';
  const program = path.join(packageRoot, 'bench', 'step-ours.ts');
  const args = ['--import', 'tsx', program, '--architecture', ARCHITECTURE, '--precision', hasBf16() ? 'bf16' : 'f32'];
  const output = await runChild({ what, command: process.execPath, args, timeoutSeconds: 300 });
  return parseResult(what, output, z.object({ imagesPerSecond: z.number() })).imagesPerSecond;
}

/** Resident memory minute by minute; the first is when reading ahead has filled what it may. */
async function soak(bus: MessageBus, address: TopicAddress, minutes: number): Promise<BenchRow> {
  const megabytes: number[] = [];
  const begin = performance.now();
  for await (const _ of batches(await openSource(bus, address))) {
    if (performance.now() - begin < (megabytes.length + 1) * 60_000) continue;
    global.gc?.();
    megabytes.push(process.memoryUsage.rss() / 1e6);
    report(`  minute ${megabytes.length}: ${megabytes.at(-1)!.toFixed(0)} MB resident`);
    if (megabytes.length >= minutes) break;
  }
  const figures = { ours: Math.max(...megabytes), peer: megabytes[0]!, peerName: 'after the first minute', unit: 'MB' };
  const row = compare({ case: `resident over ${minutes} minutes of reading from Kafka`, ...figures, better: 'less' });
  return { ...row, note: `minutes ${megabytes.map((size) => size.toFixed(0)).join(', ')} MB` };
}
