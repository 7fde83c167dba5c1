/**
 * `npm run bench -- probe`: a linear classifier (batch normalisation and a linear layer) trained on features in memory, ours against
 * PyTorch: seconds of processes that run in turns. An epoch takes as long as another, so few of them tell of all 28.
 */
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { Option } from 'commander';
import { z } from 'zod';
import { packageRoot } from '../kernels/addon.ts';
import { parseCount } from '../services/cli/options/arguments.ts';
import { type Bench, type BenchRow, compare, median, report } from './bench.ts';
import { parseResult, runChild } from './child.ts';
import { preparePython } from './python.ts';

interface ProbeBenchOptions {
  readonly rows: number;
  readonly width: number;
  readonly classes: number;
  readonly epochs: number;
  readonly rounds: number;
}

export const probe: Bench<ProbeBenchOptions> = {
  name: 'probe',
  description: 'a linear classifier trained on features, against PyTorch: seconds',
  options: [
    new Option('--rows <count>', 'features').default(50_000).argParser(parseCount),
    new Option('--width <count>', 'numbers of each').default(2048).argParser(parseCount),
    new Option('--classes <count>', 'of the labels').default(1000).argParser(parseCount),
    new Option('--epochs <count>', 'of a training').default(4).argParser(parseCount),
    new Option('--rounds <count>', 'processes of each side, in turns; medians count').default(3).argParser(parseCount),
  ],
  async run({ rounds, ...sizes }) {
    const { python } = await preparePython({ onProgress: report });
    const { rows, width, classes, epochs } = sizes;
    const common = Object.entries(sizes).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const threads = String(availableParallelism());
    const result: BenchRow[] = [];
    for (const precision of ['fp32', 'bf16']) {
      const args = [...common, '--precision', precision];
      const script = path.join(packageRoot, 'bench', 'probe-ours.ts');
      const ours = () => secondsOf('ours', process.execPath, ['--import', 'tsx', script, ...args]);
      const peerScript = path.join(packageRoot, 'bench', 'probe_peer.py');
      const theirs = () => secondsOf('PyTorch', python, [peerScript, ...args, '--threads', threads]);
      const [own, peer]: [number[], number[]] = [[], []];
      for (let round = 0; round < rounds; round++) {
        own.push(await ours());
        peer.push(await theirs());
        report(`  ${precision}: ours ${own.at(-1)!.toFixed(1)} s; PyTorch ${peer.at(-1)!.toFixed(1)} s`);
      }
      result.push(
        compare({
          case: `${rows} x ${width}, ${classes} classes, ${epochs} epochs, ${precision}`,
          ours: median(own),
          peer: median(peer),
          peerName: precision === 'bf16' ? 'PyTorch, autocast to bf16' : 'PyTorch, fp32',
          unit: 's',
          better: 'less',
        }),
      );
    }
    return result;
  },
};

async function secondsOf(what: string, command: string, args: readonly string[]): Promise<number> {
  const env = { OMP_NUM_THREADS: String(availableParallelism()) };
  const output = await runChild({ what, command, args, env, timeoutSeconds: 3600 });
  return parseResult(what, output, z.object({ seconds: z.number() })).seconds;
}
