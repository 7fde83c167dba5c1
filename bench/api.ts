/**
 * `npm run bench -- api`: a real server with callers beside it, on the same machine.
 *
 * - Embedding: callers that send one photo of 500 x 375 at a time, against `auspex embed` on the same photos, in turns.
 * - Reading jobs while a training uses all cores.
 * - Many streams of a job's events at once, and what memory they take.
 * - Many browsers that follow the training on the dashboard, and how quickly jobs are read meanwhile.
 * - With `--minutes`: all of it for so long, and how memory grows.
 */
import { setMaxListeners } from 'node:events';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Option } from 'commander';
import { z } from 'zod';
import { packageRoot } from '../kernels/addon.ts';
import { parseCount, parseNumber } from '../services/cli/options/arguments.ts';
import { type AuspexClient, connect } from '../services/client/index.ts';
import { randomNetwork, saveNetwork } from '../test/checkpoints/random-checkpoint.ts';
import { openStream } from '../test/dashboard/event-source.ts';
import { residentBytes } from '../test/fuzz/memory.ts';
import { type ApiProcess, startApiProcess } from './api-process.ts';
import { type Bench, type BenchRow, compare, median, report } from './bench.ts';
import { parseResult, runChild } from './child.ts';
import { writePhotos } from './photos.ts';
import { parseCases, type StepCase } from './step-cases.ts';

interface ApiBenchOptions {
  readonly cases: string;
  readonly callers: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly streams: number;
  readonly browsers: number;
  readonly minutes: number;
}

const NUM_PHOTOS = 48;
/** Seconds that one offline run takes at least, beside which its start is nothing. */
const OFFLINE_SECONDS = 3;
const SIZE = 224;
const BATCH = 32;
/** Reads of jobs, and milliseconds between two of them. */
const READS = 2000;
const READ_EVERY = 5;
/** Milliseconds that 99 of 100 reads of a job may take. */
const READ_BOUND = 10;
/** MB by which memory may grow over the streams, and over a soak. */
const GROWTH_BOUND = 100;

export const api: Bench<ApiBenchOptions> = {
  name: 'api',
  description:
    'embedding for many callers against `auspex embed`; reads of jobs beside a training; many streams; memory',
  options: [
    new Option('--cases <list>', 'encoders that embed').default('400mf bf16,8gf bf16'),
    new Option('--callers <count>', 'that embed at once, an image at a time').default(32).argParser(parseCount),
    new Option('--rounds <count>', 'of embedding, in turns with `auspex embed`').default(2).argParser(parseCount),
    new Option('--seconds <count>', 'of one round').default(15).argParser(parseCount),
    new Option('--streams <count>', 'of events at once').default(1000).argParser(parseCount),
    new Option('--browsers <count>', 'that follow a training at once').default(200).argParser(parseCount),
    new Option('--minutes <count>', 'of a soak at the end').default(0).argParser(parseNumber),
  ],
  async run(options) {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'auspex-bench-api-'));
    const root = path.join(folder, 'root');
    const photos = path.join(root, 'photos');
    await mkdir(photos, { recursive: true });
    const files = await writePhotos(photos, NUM_PHOTOS);
    const images = await Promise.all(files.map((file) => readFile(file)));
    const cases = parseCases(options.cases);
    const checkpoints = await Promise.all(cases.map((one) => saveCase(path.join(root, one.name), one)));
    const server = await startApiProcess(folder, root);
    const client = connect(server.address);
    try {
      const places = checkpoints.map((checkpoint) => ({ server, client, photos, images, checkpoint }));
      const rows: BenchRow[] = [];
      for (const [i, place] of places.entries()) rows.push(...(await embedding(cases[i]!, place, options)));
      const place = places[0]!;
      const { id } = await client.jobs.submitJob({
        training: {
          preset: '400mf',
          data: photos,
          set: { 'training.iterations': '1000000', 'data.heldOutShare': '0' },
        },
      });
      for await (const { progress } of client.jobs.streamJobEvents({ id })) if ((progress?.step ?? 0) > 1) break;
      rows.push(await reading(place, id), await streaming(place, id, options.streams));
      rows.push(await browsing(place, id, options.browsers));
      if (options.minutes > 0) rows.push(await soaking(place, id, options.minutes));
      return rows;
    } finally {
      client.close();
      await server.close();
      await rm(folder, { recursive: true });
    }
  },
};

/** An encoder of such an architecture with random weights. */
async function saveCase(folder: string, { architecture }: StepCase): Promise<string> {
  const { hidden: _, embedding: __, prototypes: ___, ...trunk } = architecture;
  await saveNetwork(folder, 1, randomNetwork(1, { architecture: trunk }));
  return folder;
}

interface Place {
  readonly server: ApiProcess;
  readonly client: AuspexClient;
  readonly photos: string;
  readonly images: readonly Uint8Array[];
  readonly checkpoint: string;
}

async function embedding(
  { name }: StepCase,
  place: Place,
  { callers, rounds, seconds }: ApiBenchOptions,
): Promise<BenchRow[]> {
  const [ours, peer, latencies]: [number[], number[], number[]] = [[], [], []];
  const cpu = { server: 0, callers: 0 };
  // Loads the encoder.
  await embedOne(place, 0);
  for (let round = 0; round < rounds; round++) {
    peer.push(await embedOffline(place));
    const before = { server: place.server.cpuSeconds(), callers: process.cpuUsage() };
    const { rate, milliseconds } = await embedByCallers(place, callers, seconds);
    cpu.server += place.server.cpuSeconds() - before.server;
    const { user, system } = process.cpuUsage(before.callers);
    cpu.callers += (user + system) / 1e6;
    ours.push(rate);
    latencies.push(...milliseconds);
    report(`  ${name}: ${callers} callers ${rate.toFixed(1)}, auspex embed ${peer.at(-1)!.toFixed(1)} images/s`);
  }
  const alone: number[] = [];
  for (let i = 0; i < 50; i++) alone.push(await timed(() => embedOne(place, i)));
  const rate = { ours: median(ours), peer: median(peer), peerName: 'auspex embed', unit: 'images/s' } as const;
  const bound = (2 * 1000 * BATCH) / rate.peer;
  const figures = {
    ours: quantile(latencies, 0.99),
    peer: bound,
    peerName: `twice a batch of ${BATCH}`,
    unit: 'ms',
  } as const;
  const perImage = (seconds: number) => `${((1000 * seconds) / latencies.length).toFixed(1)} ms`;
  return [
    {
      ...compare({ case: `${name}, ${callers} callers`, ...rate, better: 'more' }),
      note: `processor time of an image: server ${perImage(cpu.server)}, caller ${perImage(cpu.callers)}`,
    },
    {
      ...compare({ case: `${name}, 99th percentile`, ...figures, better: 'less' }),
      note: `median ${quantile(latencies, 0.5).toFixed(0)} ms; one caller alone: median ${quantile(alone, 0.5).toFixed(0)} ms`,
    },
  ];
}

async function embedOffline({ photos, checkpoint }: Place): Promise<number> {
  const what = 'auspex embed';
  const args = [
    '--import',
    'tsx',
    path.join(packageRoot, 'bench', 'api-offline.ts'),
    checkpoint,
    photos,
    String(SIZE),
    String(BATCH),
    String(OFFLINE_SECONDS),
  ];
  const output = await runChild({ what, command: process.execPath, args, timeoutSeconds: 300 });
  return parseResult(what, output, z.object({ imagesPerSecond: z.number() })).imagesPerSecond;
}

async function embedByCallers(place: Place, callers: number, seconds: number) {
  const milliseconds: number[] = [];
  const end = performance.now() + 1000 * seconds;
  const begin = performance.now();
  const call = async (first: number) => {
    for (let i = first; performance.now() < end; i += callers) milliseconds.push(await timed(() => embedOne(place, i)));
  };
  await Promise.all(Array.from({ length: callers }, (_, i) => call(i)));
  return { rate: (1000 * milliseconds.length) / (performance.now() - begin), milliseconds };
}

async function embedOne({ client, images, checkpoint }: Place, i: number): Promise<void> {
  const data = images[i % images.length]!;
  await client.embeddings.embed({ encoder: { checkpoint, size: SIZE }, images: [{ data }] });
}

async function reading({ client }: Place, id: string, beside = 'a training'): Promise<BenchRow> {
  const milliseconds: number[] = [];
  for (let i = 0; i < READS; i++) {
    milliseconds.push(await timed(() => client.jobs.getJob({ id })));
    await sleep(READ_EVERY);
  }
  const figures = { ours: quantile(milliseconds, 0.99), peer: READ_BOUND, peerName: 'its bound', unit: 'ms' } as const;
  const row = compare({ case: `99th percentile of GetJob beside ${beside}`, ...figures, better: 'less' });
  return { ...row, note: `median ${quantile(milliseconds, 0.5).toFixed(2)} ms` };
}

/** Browsers that follow one training; each has to be told of its steps. */
async function browsing(place: Place, id: string, count: number): Promise<BenchRow> {
  const { server } = place;
  const before = residentBytes(server.pid);
  const url = `${server.dashboard}/api/jobs/${id}/events`;
  const streams = await Promise.all(Array.from({ length: count }, () => openStream(url)));
  try {
    await Promise.all(streams.map((stream) => stream.until(({ event }) => event === 'curves')));
    const row = await reading(place, id, `it and ${count} browsers`);
    const told = streams.map((stream) => stream.events.filter(({ event }) => event === 'points').length);
    const grown = ((residentBytes(server.pid) - before) / 1e6).toFixed(0);
    return {
      ...row,
      note: `${row.note}; each browser was told ${Math.min(...told)} to ${Math.max(...told)} times; ${grown} MB more`,
    };
  } finally {
    for (const stream of streams) stream.close();
  }
}

/** Streams of one job's events by one caller; each has to tell something. */
async function streaming({ server, client }: Place, id: string, count: number): Promise<BenchRow> {
  const before = residentBytes(server.pid);
  const ended = new AbortController();
  setMaxListeners(0, ended.signal);
  let numTold = 0;
  const follow = async () => {
    let isFirst = true;
    for await (const _ of client.jobs.streamJobEvents({ id }, { signal: ended.signal })) {
      if (isFirst) numTold += 1;
      isFirst = false;
    }
  };
  const streams = Array.from({ length: count }, () => follow().catch(() => undefined));
  while (numTold < count) await sleep(50);
  const open = residentBytes(server.pid);
  await sleep(20_000);
  const later = residentBytes(server.pid);
  ended.abort();
  await Promise.all(streams);
  const growth = Math.max(0.1, (later - open) / 1e6);
  const figures = { ours: growth, peer: GROWTH_BOUND, peerName: 'its bound', unit: 'MB' } as const;
  const row = compare({ case: `growth in 20 s of ${count} streams`, ...figures, better: 'less' });
  return { ...row, note: `${((open - before) / 1e6).toFixed(0)} MB to open them` };
}

async function soaking(place: Place, id: string, minutes: number): Promise<BenchRow> {
  const { server, client } = place;
  const end = performance.now() + 60_000 * minutes;
  const samples: number[] = [];
  const calling = async () => {
    for (let i = 0; performance.now() < end; i++) {
      await embedOne(place, i);
      await client.jobs.getJob({ id });
      await client.jobs.listJobs({});
    }
  };
  const following = async () => {
    // A connection that gives up more than 33 streams a second for long is closed: HTTP/2's guard against floods of resets.
    for (; performance.now() < end; await sleep(1000)) {
      for await (const _ of client.jobs.streamJobEvents({ id })) if (Math.random() < 0.2) break;
    }
  };
  const watching = async () => {
    for (; performance.now() < end; await sleep(5000)) {
      samples.push(residentBytes(server.pid) / 1e6);
      report(`  ${samples.at(-1)!.toFixed(0)} MB`);
    }
  };
  await Promise.all([watching(), ...Array.from({ length: 4 }, calling), ...Array.from({ length: 20 }, following)]);
  const quarter = median(samples.slice(0, Math.ceil(samples.length / 4)).slice(-5));
  const last = median(samples.slice(-5));
  const figures = {
    ours: Math.max(0.1, last - quarter),
    peer: GROWTH_BOUND,
    peerName: 'its bound',
    unit: 'MB',
  } as const;
  const row = compare({ case: `growth in a soak of ${minutes} minutes`, ...figures, better: 'less' });
  return { ...row, note: `${quarter.toFixed(0)} MB after a quarter, ${last.toFixed(0)} MB at the end` };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
}
