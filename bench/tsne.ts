/**
 * `npm run bench -- tsne`: a map of rows by t-SNE with the paper's settings (Sec. 5.2), ours against scikit-learn's Barnes-Hut: seconds of
 * processes that run in turns, neighbours included, and how trustworthy both maps are by one measure. Rows are principal components of
 * clusters, whose variance falls as that of embeddings does.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os, { availableParallelism } from 'node:os';
import path from 'node:path';
import { Option } from 'commander';
import { z } from 'zod';
import { writeSafetensors } from '../checkpoints/safetensors.ts';
import { normalNumbers } from '../data/random.ts';
import { features } from '../evals/features/features.ts';
import { trustworthiness } from '../evals/metrics/trustworthiness.ts';
import { packageRoot } from '../kernels/addon.ts';
import { parseCount } from '../services/cli/options/arguments.ts';
import { type Bench, type BenchRow, compare, median, report } from './bench.ts';
import { parseResult, runChild } from './child.ts';
import { preparePython, requirePackage } from './python.ts';

interface TsneBenchOptions {
  readonly rows: number;
  readonly width: number;
  readonly iterations: number;
  readonly rounds: number;
}

/** The peers' requirements name joblib and not what it loads. */
const JOBLIB_NEEDS = { module: 'cloudpickle', requirement: 'cloudpickle==3.1.3' };

export const tsne: Bench<TsneBenchOptions> = {
  name: 'tsne',
  description: "a map by t-SNE, against scikit-learn's Barnes-Hut: seconds and trustworthiness",
  options: [
    new Option('--rows <count>', 'points of the map').default(30_000).argParser(parseCount),
    new Option('--width <count>', 'numbers of a row').default(50).argParser(parseCount),
    new Option('--iterations <count>', 'at most').default(5000).argParser(parseCount),
    new Option('--rounds <count>', 'processes of each side, in turns; medians count').default(1).argParser(parseCount),
  ],
  async run({ rows, width, iterations, rounds }) {
    const { python } = await preparePython({ onProgress: report });
    await requirePackage(python, JOBLIB_NEEDS);
    const folder = await mkdtemp(path.join(os.tmpdir(), 'auspex-bench-tsne-'));
    try {
      const values = clusters(rows, width);
      const file = path.join(folder, 'rows');
      const names = JSON.stringify(Array.from({ length: rows }, (_, row) => String(row)));
      const data = new Uint8Array(values.buffer);
      await writeSafetensors(file, new Map([['features', { dtype: 'F32', shape: [rows, width], data }]]), { names });
      const trust = async (points: string) => {
        const bytes = await readFile(points);
        const places = new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);
        return trustworthiness(features(values, width), places);
      };
      const script = (name: string) => path.join(packageRoot, 'bench', name);
      const args = (points: string) => ['--rows', file, '--points', points, '--iterations', String(iterations)];
      const [ours, peer]: [Measured[], Measured[]] = [[], []];
      for (let round = 0; round < rounds; round++) {
        const [own, theirs] = ['ours', 'peer'].map((name) => path.join(folder, name)) as [string, string];
        const ourArgs = ['--import', 'tsx', script('tsne-ours.ts'), ...args(own)];
        ours.push({ ...(await measure('ours', process.execPath, ourArgs)), trust: await trust(own) });
        const peerArgs = [script('tsne_peer.py'), ...args(theirs), '--threads', String(availableParallelism())];
        peer.push({ ...(await measure('scikit-learn', python, peerArgs)), trust: await trust(theirs) });
        report(`  ours ${describe(ours.at(-1)!)}; scikit-learn ${describe(peer.at(-1)!)}`);
      }
      return rowsOf(`${rows} x ${width}, ${iterations} iterations`, ours, peer);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

const measuredSchema = z.object({
  seconds: z.number(),
  divergence: z.number(),
  iterations: z.number(),
  peakMb: z.number(),
});
type Measured = z.output<typeof measuredSchema> & { readonly trust: number };

async function measure(what: string, command: string, args: readonly string[]) {
  const env = { OMP_NUM_THREADS: String(availableParallelism()) };
  const output = await runChild({ what, command, args, env, timeoutSeconds: 4 * 3600 });
  return parseResult(what, output, measuredSchema);
}

function rowsOf(name: string, ours: readonly Measured[], peer: readonly Measured[]): BenchRow[] {
  const middle = (of: keyof Measured, measured: readonly Measured[]) => median(measured.map((each) => each[of]));
  const common = { peerName: 'scikit-learn, Barnes-Hut' };
  const figures = (of: keyof Measured) => ({ ours: middle(of, ours), peer: middle(of, peer) });
  const done = `${middle('iterations', ours)} iterations, of scikit-learn ${middle('iterations', peer)}`;
  return [
    { ...compare({ case: name, ...common, ...figures('seconds'), unit: 's', better: 'less' }), note: done },
    compare({ case: `${name}, trustworthiness`, ...common, ...figures('trust'), unit: 'of 1', better: 'more' }),
    compare({ case: `${name}, divergence`, ...common, ...figures('divergence'), unit: 'nats', better: 'less' }),
    compare({ case: `${name}, peak memory`, ...common, ...figures('peakMb'), unit: 'MB', better: 'less' }),
  ];
}

function describe({ seconds, trust, divergence }: Measured): string {
  return `${seconds.toFixed(1)} s, trustworthiness ${trust.toFixed(4)}, divergence ${divergence.toFixed(3)}`;
}

/** A hundred rows to a cluster. */
function clusters(rows: number, width: number): Float32Array<ArrayBuffer> {
  const number = Math.max(2, Math.round(rows / 100));
  const centres = normalNumbers(number * width, 1);
  return normalNumbers(rows * width, 2).map((noise, i) => {
    const [row, column] = [Math.floor(i / width), i % width];
    return (centres[(row % number) * width + column]! + 0.6 * noise) / (1 + 0.1 * column);
  });
}
