/**
 * `npm run bench -- knn`: exact search for the nearest neighbours of features, ours with the database in a file against faiss with
 * all in memory: seconds of processes that run in turns. Work grows as queries times rows; at four times the rows it is four times
 * as much.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import os, { availableParallelism } from 'node:os';
import path from 'node:path';
import { Option } from 'commander';
import { z } from 'zod';
import { seededRandom } from '../data/random.ts';
import { packageRoot } from '../kernels/addon.ts';
import { parseCount } from '../services/cli/options/arguments.ts';
import { type Bench, compare, median, report } from './bench.ts';
import { parseResult, runChild } from './child.ts';
import { writeFeatureFile } from './feature-file.ts';
import { preparePython, requirePackage } from './python.ts';

interface KnnBenchOptions {
  readonly queries: number;
  readonly rows: number;
  readonly width: number;
  readonly k: number;
  readonly rounds: number;
}

const FAISS = { module: 'faiss', requirement: 'faiss-cpu==1.15.1' };

export const knn: Bench<KnnBenchOptions> = {
  name: 'knn',
  description: 'nearest neighbours of features, against the exact search of faiss: seconds',
  options: [
    new Option('--queries <count>', 'whose neighbours are wanted').default(4000).argParser(parseCount),
    new Option('--rows <count>', 'of the database').default(100_000).argParser(parseCount),
    new Option('--width <count>', 'numbers of a row').default(2048).argParser(parseCount),
    new Option('--k <count>', 'neighbours of each').default(20).argParser(parseCount),
    new Option('--rounds <count>', 'processes of each side, in turns; medians count').default(3).argParser(parseCount),
  ],
  async run({ queries, rows, width, k, rounds }) {
    const { python } = await preparePython({ onProgress: report });
    await requirePackage(python, FAISS);
    const folder = await mkdtemp(path.join(os.tmpdir(), 'auspex-bench-knn-'));
    try {
      const files = { database: path.join(folder, 'database'), queries: path.join(folder, 'queries') };
      await writeUnitRows(files.database, rows, width, 1);
      await writeUnitRows(files.queries, queries, width, 2);
      const args = ['--database', files.database, '--queries', files.queries, '--k', String(k)];
      const threads = String(availableParallelism());
      const script = (name: string) => path.join(packageRoot, 'bench', name);
      const ours: Measured[] = [];
      const faiss: Measured[] = [];
      for (let round = 0; round < rounds; round++) {
        ours.push(await measure('ours', process.execPath, ['--import', 'tsx', script('knn-ours.ts'), ...args]));
        faiss.push(await measure('faiss', python, [script('knn_peer.py'), ...args, '--threads', threads]));
        report(`  ours ${ours.at(-1)!.seconds.toFixed(1)} s; faiss ${faiss.at(-1)!.seconds.toFixed(1)} s`);
      }
      const middle = (of: keyof Measured, measured: readonly Measured[]) => median(measured.map((each) => each[of]));
      const row = compare({
        case: `${queries} queries, ${rows} x ${width}, k ${k}`,
        ours: middle('seconds', ours),
        peer: middle('seconds', faiss),
        peerName: 'faiss-cpu IndexFlatIP',
        unit: 's',
        better: 'less',
      });
      const peaks = [ours, faiss].map((measured) => middle('peakMb', measured).toFixed(0));
      return [
        {
          ...row,
          note: `peak memory ${peaks[0]} MB, of faiss ${peaks[1]} MB; ours reads the database within the time`,
        },
      ];
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

const measuredSchema = z.object({ seconds: z.number(), peakMb: z.number() });
type Measured = z.output<typeof measuredSchema>;

async function measure(what: string, command: string, args: readonly string[]): Promise<Measured> {
  const env = { OMP_NUM_THREADS: String(availableParallelism()) };
  const output = await runChild({ what, command, args, env, timeoutSeconds: 7200 });
  return parseResult(what, output, measuredSchema);
}

/** Rows of about length 1 around a common one, as features have it. */
async function writeUnitRows(file: string, rows: number, width: number, seed: number): Promise<void> {
  const { uniform } = seededRandom(seed);
  const scale = Math.sqrt(3 / width);
  await writeFeatureFile(file, {
    rows,
    width,
    nameOf: String,
    valuesOf: (_, count) => Float32Array.from({ length: count * width }, () => scale * uniform(-0.6, 1)),
  });
}
