/**
 * `npm run bench -- executors`: the same compiled step on both executors, oneDNN and TensorFlow's build for processors, and
 * the step in PyTorch. Processes take turns; the medians of what they measured count. TensorFlow has to be set up
 * (`auspex setup tensorflow`).
 */
import { availableParallelism } from 'node:os';
import { Option } from 'commander';
import { placeOf, readStamp } from '../kernels/tensorflow/place.ts';
import { parseCount } from '../services/cli/options/arguments.ts';
import { type Bench, type BenchRow, compare, median, report } from './bench.ts';
import { BenchError } from './errors.ts';
import { preparePython } from './python.ts';
import { measureOurs, measurePeer, type StepSettings } from './step.ts';
import { parseCases, type StepCase } from './step-cases.ts';
import type { StepResult } from './step-result.ts';

export interface ExecutorsOptions extends StepSettings {
  readonly cases: readonly StepCase[];
  readonly rounds: number;
  readonly peer: boolean;
}

const DEFAULT_CASES = '400mf fp32,400mf bf16';

export const executors: Bench<ExecutorsOptions> = {
  name: 'executors',
  description: 'one training step on oneDNN, on TensorFlow for processors, and in PyTorch: images per second',
  options: [
    new Option('--cases <list>', 'which, separated by commas')
      .default(parseCases(DEFAULT_CASES), DEFAULT_CASES)
      .argParser(parseCases),
    new Option('--rounds <count>', 'processes of each side, in turns; medians count').default(3).argParser(parseCount),
    new Option('--steps <count>', 'timed steps of a process; their median counts').default(3).argParser(parseCount),
    new Option('--warmup <count>', 'steps before them').default(1).argParser(parseCount),
    new Option('--threads <count>', 'of each side').default(availableParallelism()).argParser(parseCount),
    new Option('--timeout <seconds>', 'of each process').default(600).argParser(parseCount),
    new Option('--no-peer', 'without PyTorch, which has to be fetched'),
  ],
  async run(options) {
    if (!readStamp(placeOf('cpu'))) {
      throw new BenchError('PEERS_MISSING', "TensorFlow is not set up: run 'auspex setup tensorflow'.");
    }
    const python = options.peer ? (await preparePython({ onProgress: report })).python : undefined;
    const rows: BenchRow[] = [];
    for (const each of options.cases) rows.push(...(await race(each, options, python)));
    return rows;
  },
};

async function race(stepCase: StepCase, options: ExecutorsOptions, python: string | undefined): Promise<BenchRow[]> {
  const precision = stepCase.dtype === 'fp32' ? 'f32' : 'bf16';
  const sides: readonly (readonly [name: string, measure: () => Promise<StepResult>])[] = [
    ['oneDNN', () => measureOurs(stepCase, precision, options)],
    ['TensorFlow for processors', () => measureOurs(stepCase, precision, options, 'tensorflow-cpu')],
    ...(python === undefined
      ? []
      : [['PyTorch eager, channels-last', () => measurePeer(stepCase, options, { ...options, python })] as const]),
  ];
  const measured = sides.map(([name]) => ({ name, results: [] as StepResult[] }));
  for (let round = 0; round < options.rounds; round++) {
    for (const [i, [name, measure]] of sides.entries()) {
      const result = await measure();
      measured[i]!.results.push(result);
      const { imagesPerSecond, stepSeconds, peakRssMb, lossFirst } = result;
      report(
        `  ${stepCase.name} ${name}: ${imagesPerSecond.toPrecision(3)} images/s (${stepSeconds.toFixed(3)} s), ` +
          `${Math.round(peakRssMb)} MB, first loss ${lossFirst.toFixed(4)}`,
      );
    }
  }
  return rowsOf(stepCase.name, measured);
}

/** The first side against each other one: speed, and peak memory of the process. */
export function rowsOf(
  name: string,
  measured: readonly { readonly name: string; readonly results: readonly StepResult[] }[],
): BenchRow[] {
  const [ours, ...peers] = measured;
  const of = (results: readonly StepResult[], figure: 'imagesPerSecond' | 'peakRssMb') =>
    median(results.map((result) => result[figure]));
  return peers.flatMap((peer) => {
    const row = (title: string, figure: 'imagesPerSecond' | 'peakRssMb', unit: string, better: 'more' | 'less') =>
      compare({
        ...{ case: title, ours: of(ours!.results, figure), peer: of(peer.results, figure), peerName: peer.name },
        ...{ unit, better },
      });
    return [row(name, 'imagesPerSecond', 'images/s', 'more'), row(`${name} peak RSS`, 'peakRssMb', 'MB', 'less')];
  });
}
