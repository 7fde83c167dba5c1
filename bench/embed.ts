/**
 * `npm run bench -- embed`: features of images by a trunk (batch 32 of 224 x 224, batch normalisation by running statistics),
 * ours against PyTorch in eval mode and against ONNX Runtime on the model that `auspex checkpoint export` writes. Images per
 * second of processes that run in turns.
 *
 * Ours takes uint8 pixels and normalises them within the time; the peers get normalised numbers that were made before.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import os, { availableParallelism } from 'node:os';
import path from 'node:path';
import { Option } from 'commander';
import { z } from 'zod';
import { packageRoot } from '../kernels/addon.ts';
import { parseCount } from '../services/cli/options/arguments.ts';
import { randomNetwork, saveNetwork } from '../test/checkpoints/random-checkpoint.ts';
import { exportCheckpoint } from '../training/checkpoints/export-checkpoint.ts';
import { type Bench, type BenchRow, compare, median, report } from './bench.ts';
import { parseResult, runChild } from './child.ts';
import { peersFolder, preparePython } from './python.ts';
import { architectureArgument, parseCases, type StepCase } from './step-cases.ts';

interface EmbedBenchOptions {
  readonly cases: readonly StepCase[];
  readonly rounds: number;
  readonly runs: number;
  readonly threads: number;
}

const SIZE = 224;
const BATCH = 32;
const SEED = 1;
const DEFAULT_CASES = '400mf bf16,400mf fp32,8gf bf16,8gf fp32';

export const embed: Bench<EmbedBenchOptions> = {
  name: 'embed',
  description: 'features of images against PyTorch in eval mode and ONNX Runtime: images per second',
  options: [
    new Option('--cases <list>', 'which, separated by commas')
      .default(parseCases(DEFAULT_CASES), DEFAULT_CASES)
      .argParser(parseCases),
    new Option('--rounds <count>', 'processes of each side, in turns; medians count').default(3).argParser(parseCount),
    new Option('--runs <count>', 'timed batches of a process, after two; their median counts')
      .default(5)
      .argParser(parseCount),
    new Option('--threads <count>', 'of each side').default(availableParallelism()).argParser(parseCount),
  ],
  async run({ cases, ...options }) {
    const { python } = await preparePython({ onProgress: report });
    const folder = await mkdtemp(path.join(os.tmpdir(), 'auspex-bench-embed-'));
    try {
      const rows: BenchRow[] = [];
      for (const each of cases) rows.push(...(await race(each, folder, python, options)));
      return rows;
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

interface Side {
  readonly name: string;
  readonly measure: () => Promise<number>;
  readonly rates: number[];
}

async function race(
  { name, architecture, dtype }: StepCase,
  folder: string,
  python: string,
  { rounds, runs, threads }: Omit<EmbedBenchOptions, 'cases'>,
): Promise<BenchRow[]> {
  const { hidden: _, embedding: __, prototypes: ___, ...trunk } = architecture;
  const checkpoint = path.join(folder, name.replace(' ', '-'));
  await saveNetwork(checkpoint, 1, randomNetwork(SEED, { architecture: trunk }));
  const common = ['--batch', BATCH, '--size', SIZE, '--runs', runs, '--threads', threads].map(String);
  const script = (file: string) => ['--import', 'tsx', path.join(packageRoot, 'bench', file)];
  const side = (name: string, command: string, args: readonly string[]): Side => ({
    name,
    rates: [],
    measure: () => imagesPerSecond(name, command, [...args, ...common], threads),
  });
  const ours = side('ours', process.execPath, [
    ...script('embed-ours.ts'),
    ...['--checkpoint', checkpoint, '--precision', dtype],
  ]);
  const peers = [
    side(`PyTorch eval, ${dtype}, channels-last`, python, [
      path.join(packageRoot, 'bench', 'embed_peer.py'),
      ...['--peers', peersFolder(), '--arch', architectureArgument(architecture), '--dtype', dtype],
    ]),
  ];
  // ONNX Runtime computes in f32 on processors.
  if (dtype === 'fp32') {
    const { out } = await exportCheckpoint({ format: 'onnx', checkpoint, out: `${checkpoint}.onnx`, layer: 'pool' });
    peers.push(side('ONNX Runtime, fp32', process.execPath, [...script('embed-onnx.ts'), '--model', out]));
  }
  for (let round = 0; round < rounds; round++) {
    for (const each of [ours, ...peers]) each.rates.push(await each.measure());
    const rates = [ours, ...peers].map(({ name, rates }) => `${name} ${rates.at(-1)!.toFixed(1)}`);
    report(`  ${name}: ${rates.join('; ')} images/s`);
  }
  return peers.map((peer) =>
    compare({
      case: name,
      ours: median(ours.rates),
      peer: median(peer.rates),
      peerName: peer.name,
      unit: 'images/s',
      better: 'more',
    }),
  );
}

async function imagesPerSecond(
  what: string,
  command: string,
  args: readonly string[],
  threads: number,
): Promise<number> {
  const env = { OMP_NUM_THREADS: String(threads) };
  const output = await runChild({ what, command, args, env, timeoutSeconds: 600 });
  return parseResult(what, output, z.object({ imagesPerSecond: z.number() })).imagesPerSecond;
}
