/**
 * `npm run bench -- ranks`: a step on two ranks of one thread against the same global batch on one rank of two threads, and
 * against PyTorch's FSDP2 (and DDP) with two processes on Gloo; all in turns, medians. Ours takes batch statistics of both ranks; of
 * the peers only `fsdp-sync-bn` does.
 */
import path from 'node:path';
import { Option } from 'commander';
import { hasBf16 } from '../kernels/executor.ts';
import { parseCount } from '../services/cli/options/arguments.ts';
import { type Bench, type BenchRow, compare, median, report } from './bench.ts';
import { preparePython } from './python.ts';
import { runRanks } from './rank-processes.ts';
import type { RankResult, RanksArguments } from './ranks-ours.ts';
import { type PeerParallel, type PeerRanksResult, runPeerRanks } from './ranks-peer.ts';
import { BATCH, DEFAULT_CASES, parseCases, type StepCase } from './step-cases.ts';

export interface RanksBenchOptions {
  readonly cases: readonly StepCase[];
  readonly rounds: number;
  readonly steps: number;
  readonly warmup: number;
  readonly peers: readonly PeerParallel[];
  /** Of one process, in seconds. */
  readonly timeout: number;
}

const RANKS = 2;
const PEER_NAMES: Record<PeerParallel, string> = {
  fsdp: 'PyTorch FSDP2 on Gloo, 2 x 1',
  'fsdp-sync-bn': 'PyTorch FSDP2 on Gloo, sync BN, 2 x 1',
  ddp: 'PyTorch DDP on Gloo, 2 x 1',
};
const script = path.join(import.meta.dirname, 'ranks-ours.ts');

export const ranks: Bench<RanksBenchOptions> = {
  name: 'ranks',
  description: 'one training step on two ranks: against one rank of two threads, and against PyTorch FSDP2',
  options: [
    new Option('--cases <list>', 'which, separated by commas')
      .default(parseCases(DEFAULT_CASES), DEFAULT_CASES)
      .argParser(parseCases),
    new Option('--rounds <count>', 'runs of each side, in turns; medians count').default(3).argParser(parseCount),
    new Option('--steps <count>', 'timed steps of a run; their median counts').default(5).argParser(parseCount),
    new Option('--warmup <count>', 'steps before them').default(2).argParser(parseCount),
    new Option('--peers <list>', 'fsdp, fsdp-sync-bn, ddp, or none').default(['fsdp'], 'fsdp').argParser(parsePeers),
    new Option('--timeout <seconds>', 'of each process').default(1800).argParser(parseCount),
  ],
  async run(options) {
    const python = options.peers.length > 0 ? (await preparePython({ onProgress: report })).python : '';
    const rows: BenchRow[] = [];
    for (const each of options.cases) rows.push(...(await raceCase(each, options, python)));
    return rows;
  },
};

function parsePeers(text: string): PeerParallel[] {
  const named = text.split(',');
  return (Object.keys(PEER_NAMES) as PeerParallel[]).filter((name) => named.includes(name));
}

async function raceCase(stepCase: StepCase, options: RanksBenchOptions, python: string): Promise<BenchRow[]> {
  const { rounds, peers, steps, warmup, timeout: timeoutSeconds } = options;
  const [two, one]: RankResult[][] = [[], []];
  const theirs = new Map(peers.map((parallel) => [parallel, [] as PeerRanksResult[]]));
  for (let round = 0; round < rounds; round++) {
    two!.push(await measure(stepCase, RANKS, 1, options));
    report(`  ${stepCase.name}, 2 ranks x 1 thread: ${summary(two!.at(-1)!)}`);
    one!.push(await measure(stepCase, 1, RANKS, options));
    report(`  ${stepCase.name}, 1 rank x 2 threads: ${summary(one!.at(-1)!)}`);
    for (const [parallel, results] of theirs) {
      const batchPerRank = BATCH / RANKS;
      const peer = { python, stepCase, parallel, ranks: RANKS, batchPerRank, steps, warmup, timeoutSeconds };
      results.push(await runPeerRanks(peer));
      report(`  ${stepCase.name}, ${PEER_NAMES[parallel]}: ${results.at(-1)!.imagesPerSecond.toPrecision(4)} images/s`);
    }
  }
  return rowsOf(stepCase, two!, one!, theirs);
}

/** The slowest of the ranks. */
async function measure(
  { architecture, dtype }: StepCase,
  size: number,
  threads: number,
  { steps, warmup }: RanksBenchOptions,
): Promise<RankResult> {
  const precision = dtype === 'fp32' ? 'f32' : 'bf16';
  const args = { architecture, precision, threads, steps, warmup } as const;
  const results = await runRanks<RanksArguments, RankResult>(script, size, args);
  return results.reduce((slowest, result) => (result.stepSeconds > slowest.stepSeconds ? result : slowest));
}

function rowsOf(
  { name, dtype }: StepCase,
  two: readonly RankResult[],
  one: readonly RankResult[],
  theirs: ReadonlyMap<PeerParallel, readonly PeerRanksResult[]>,
): BenchRow[] {
  const speed = (results: readonly RankResult[]) => median(results.map(({ stepSeconds }) => BATCH / stepSeconds));
  const memory = (results: readonly { peakRssMb: number }[]) => median(results.map(({ peakRssMb }) => peakRssMb));
  const note = dtype === 'bf16' && !hasBf16() ? { note: 'no native bf16 on this processor' } : {};
  const rows: BenchRow[] = [
    {
      ...compare({
        ...{ case: name, ours: speed(two), peer: speed(one), peerName: 'ours, 1 rank x 2 threads' },
        ...{ unit: 'images/s', better: 'more' },
      }),
      note: [describe(two), ...Object.values(note)].join('; '),
    },
  ];
  for (const [parallel, results] of theirs) {
    const peerName = PEER_NAMES[parallel];
    const peer = median(results.map(({ imagesPerSecond }) => imagesPerSecond));
    rows.push(
      compare({ case: name, ours: speed(two), peer, peerName, unit: 'images/s', better: 'more' }),
      compare({
        ...{ case: `${name} peak RSS of a rank`, ours: memory(two), peer: memory(results), peerName },
        ...{ unit: 'MB', better: 'less' },
      }),
    );
  }
  return rows;
}

function describe(results: readonly RankResult[]): string {
  const middle = (of: (result: RankResult) => number) => median(results.map(of));
  const hidden = 1 - middle(({ exposed }) => exposed) / middle(({ communicating }) => communicating);
  const exchanging = middle(({ exchanging, stepSeconds }) => exchanging / stepSeconds);
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  return `${percent(hidden)} of the communication hidden; ${percent(exchanging)} of the step waiting for the other rank's sums`;
}

function summary({ stepSeconds, cpuSeconds, peakRssMb, lossLast }: RankResult): string {
  const speed = `${(BATCH / stepSeconds).toPrecision(4)} images/s (${stepSeconds.toFixed(3)} s, CPU of a rank ${cpuSeconds.toFixed(3)} s)`;
  return `${speed}, ${Math.round(peakRssMb)} MB, loss ${lossLast.toFixed(3)}`;
}
