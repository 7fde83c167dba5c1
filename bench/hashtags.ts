/**
 * `npm run bench -- hashtags`: means of embeddings for 30,000 hashtags, streamed from files, against `dd` of the same files: seconds, with the
 * page cache dropped before each; and peak memory against its bound. Embeddings and lists are made up; how often hashtags occur falls as
 * it does in life.
 */
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import { Option } from 'commander';
import { z } from 'zod';
import { seededRandom } from '../data/random.ts';
import { packageRoot } from '../kernels/addon.ts';
import { parseCount } from '../services/cli/arguments.ts';
import { type Bench, compare, median, report } from './bench.ts';
import { dropFromCache } from './checkpoint.ts';
import { parseResult, runChild } from './child.ts';
import { writeFeatureFile } from './feature-file.ts';

interface HashtagsBenchOptions {
  readonly images: number;
  readonly width: number;
  readonly perFile: number;
  readonly rounds: number;
  readonly folder: string;
}

/** MB that may be taken. */
const BOUND = 1000;
const VOCABULARY = 2_000_000;
const TAGS_PER_IMAGE = 6;
const COUNTRIES = ['US', 'BR', 'IN', 'ID', 'RU', 'DE', 'JP', 'MX', 'TR', 'GB'];

export const hashtags: Bench<HashtagsBenchOptions> = {
  name: 'hashtags',
  description: 'means of embeddings for hashtags, against reading the files: seconds, and peak memory',
  options: [
    new Option('--images <count>', 'with an embedding').default(6_000_480).argParser(parseCount),
    new Option('--width <count>', 'numbers of an embedding').default(256).argParser(parseCount),
    new Option('--per-file <count>', 'embeddings of a file').default(500_040).argParser(parseCount),
    new Option('--rounds <count>', 'of each side, in turns; medians count').default(3).argParser(parseCount),
    new Option('--folder <dir>', 'where files are made and removed').default(os.tmpdir()),
  ],
  async run({ images, width, perFile, rounds, folder: parent }) {
    const folder = await mkdtemp(path.join(parent, 'auspex-bench-hashtags-'));
    try {
      report(`  writing ${((images * width * 4) / 1e9).toFixed(1)} GB`);
      const files = await writeEmbeddings(folder, images, width, perFile);
      const list = await writeList(folder, images);
      const script = path.join(packageRoot, 'bench', 'hashtags-ours.ts');
      const args = ['--import', 'tsx', script, '--tags', list, ...files.flatMap((file) => ['--features', file])];
      const ours: Measured[] = [];
      const peer: number[] = [];
      for (let round = 0; round < rounds; round++) {
        await dropFromCache(folder);
        const output = await runChild({ what: 'ours', command: process.execPath, args, timeoutSeconds: 7200 });
        ours.push(parseResult('ours', output, measuredSchema));
        await dropFromCache(folder);
        peer.push(await readAll(files));
        report(`  ours ${ours.at(-1)!.streaming.toFixed(1)} s; dd ${peer.at(-1)!.toFixed(1)} s`);
      }
      const middle = (of: keyof Measured) => median(ours.map((each) => each[of]));
      const name = `${images} x ${width}, ${middle('hashtags')} hashtags`;
      const gigabytes = (images * width * 4) / 1e9;
      const rate = (seconds: number) => (gigabytes / seconds).toFixed(2);
      return [
        {
          ...compare({
            case: name,
            ours: middle('streaming'),
            peer: median(peer),
            peerName: 'dd',
            unit: 's',
            better: 'less',
          }),
          note: `${rate(middle('streaming'))} GB/s, of dd ${rate(median(peer))}; page cache dropped on both sides; lists before it ${middle('list').toFixed(0)} s`,
        },
        compare({
          case: `${name}, peak memory`,
          ours: middle('peakMb'),
          peer: BOUND,
          peerName: 'its bound',
          unit: 'MB',
          better: 'less',
        }),
      ];
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

const measuredSchema = z.object({
  streaming: z.number(),
  list: z.number(),
  hashtags: z.number(),
  peakMb: z.number(),
});
type Measured = z.output<typeof measuredSchema>;

const nameOf = (image: number) => `${String(image % 1000).padStart(3, '0')}/${image}.jpg`;

async function writeEmbeddings(folder: string, images: number, width: number, perFile: number): Promise<string[]> {
  const { uniform } = seededRandom(1);
  const block = Float32Array.from({ length: 4096 * width }, () => uniform(-1, 1));
  const files: string[] = [];
  for (let before = 0; before < images; before += perFile) {
    const file = path.join(folder, `${files.length}.safetensors`);
    await writeFeatureFile(file, {
      rows: Math.min(perFile, images - before),
      width,
      nameOf: (row) => nameOf(before + row),
      valuesOf: (_, count) => block.subarray(0, count * width),
    });
    files.push(file);
  }
  return files;
}

/** Hashtags of rank r occur as 1 / r. */
async function writeList(folder: string, images: number): Promise<string> {
  const { uniform } = seededRandom(2);
  const file = path.join(folder, 'hashtags.jsonl');
  const stream = createWriteStream(file);
  for (let image = 0; image < images; image++) {
    const tags = Array.from({ length: TAGS_PER_IMAGE }, () => `tag${Math.floor(VOCABULARY ** uniform(0, 1))}`);
    const line = {
      image: nameOf(image),
      hashtags: tags,
      country: COUNTRIES[Math.floor(uniform(0, 1) ** 2 * COUNTRIES.length)],
    };
    if (!stream.write(`${JSON.stringify(line)}\n`))
      await new Promise<void>((resolve) => stream.once('drain', () => resolve()));
  }
  stream.end();
  await finished(stream);
  return file;
}

/** Seconds. */
async function readAll(files: readonly string[]): Promise<number> {
  const begin = performance.now();
  for (const file of files) {
    await runChild({ what: 'dd', command: 'dd', args: [`if=${file}`, 'of=/dev/null', 'bs=4M'], timeoutSeconds: 3600 });
  }
  return (performance.now() - begin) / 1000;
}
