/**
 * `npm run bench -- hashtags`: means of embeddings for 30,000 hashtags, streamed from files, against `dd` of the same files: seconds, with the
 * page cache dropped before each; and peak memory against its bound. Embeddings and lists are made up; how often hashtags occur falls as
 * it does in life.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Option } from 'commander';
import { z } from 'zod';
import { packageRoot } from '../kernels/addon.ts';
import { parseCount } from '../services/cli/options/arguments.ts';
import { type Bench, compare, median, report } from './bench.ts';
import { dropFromCache } from './checkpoint.ts';
import { parseResult, runChild } from './child.ts';
import { writeEmbeddings, writeList } from './hashtags-data.ts';

interface HashtagsBenchOptions {
  readonly images: number;
  readonly width: number;
  readonly perFile: number;
  readonly rounds: number;
  readonly folder: string;
}

/** MB that may be taken. */
const BOUND = 1000;
/** Both read files from their beginning to their end; which of the two is the faster depends on the disk. */
const PEERS = { dd: [], 'dd iflag=direct': ['iflag=direct'] } as const;
type Peer = keyof typeof PEERS;
const PEER_NAMES = Object.keys(PEERS) as Peer[];

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
      const peers: Record<Peer, number[]> = { dd: [], 'dd iflag=direct': [] };
      for (let round = 0; round < rounds; round++) {
        await dropFromCache(folder);
        const output = await runChild({ what: 'ours', command: process.execPath, args, timeoutSeconds: 7200 });
        const measured = parseResult('ours', output, measuredSchema);
        ours.push(measured);
        for (const name of PEER_NAMES) {
          await dropFromCache(folder);
          peers[name].push(await readAll(files, PEERS[name]));
        }
        const their = PEER_NAMES.map((name) => `${name} ${peers[name].at(-1)!.toFixed(1)} s`).join(', ');
        report(`  ours ${measured.streaming.toFixed(1)} s after ${measured.list.toFixed(1)} s of lists; ${their}`);
      }
      const middle = (of: keyof Measured) => median(ours.map((each) => each[of]));
      const name = `${images} x ${width}, ${middle('hashtags')} hashtags`;
      const gigabytes = (images * width * 4) / 1e9;
      const rate = (seconds: number) => (gigabytes / seconds).toFixed(2);
      return [
        ...PEER_NAMES.map((peerName) => {
          const figures = { ours: middle('streaming'), peer: median(peers[peerName]), peerName };
          const note = `${rate(figures.ours)} GB/s, of ${peerName} ${rate(figures.peer)}; page cache dropped on all sides; names and lists before it ${middle('list').toFixed(0)} s`;
          return { ...compare({ case: name, ...figures, unit: 's', better: 'less' }), note };
        }),
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

/** Seconds that it took dd, by its own account. */
async function readAll(files: readonly string[], options: readonly string[]): Promise<number> {
  let seconds = 0;
  for (const file of files) {
    const args = ['-c', 'LC_ALL=C dd "$@" 2>&1', 'sh', `if=${file}`, 'of=/dev/null', 'bs=4M', ...options];
    const said = await runChild({ what: 'dd', command: 'sh', args, timeoutSeconds: 3600 });
    seconds += Number(/copied, ([\d.e-]+) s/.exec(said)![1]);
  }
  return seconds;
}
