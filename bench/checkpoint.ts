/**
 * `npm run bench -- checkpoint`: saving and loading a large checkpoint, against what the disk can do (`dd`, the same bytes in
 * one file, no checksums) and against torch.distributed.checkpoint on the same tensors. Every measurement is a process of
 * its own, in turns; medians count.
 *
 * Saving ends when everything is on the disk (fsync) on all sides. Before loading, the files are dropped from the page cache
 * on all sides; ours and torch's end in memory that is there, that of dd nowhere. Only ours takes and verifies checksums.
 */
import { mkdir, mkdtemp, open, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Option } from 'commander';
import { z } from 'zod';
import { packageRoot } from '../kernels/addon.ts';
import { parseCount, parseNumber } from '../services/cli/options/arguments.ts';
import { type Bench, type BenchRow, compare, median, report } from './bench.ts';
import { reshardRows } from './checkpoint-reshard.ts';
import { parseResult, runChild } from './child.ts';
import { preparePython } from './python.ts';

export interface CheckpointBenchOptions {
  /** GB of tensors. */
  readonly size: number;
  readonly rounds: number;
  /** Disk to measure. */
  readonly folder: string;
  /** Instead of the above: from 4 ranks to 2 to 3, of a model of this architecture. */
  readonly reshard?: string;
}

export const checkpoint: Bench<CheckpointBenchOptions> = {
  name: 'checkpoint',
  description: 'saving and loading a large checkpoint against dd and torch.distributed.checkpoint: MB/s',
  options: [
    new Option('--size <gb>', 'GB of tensors').default(1.5).argParser(parseNumber),
    new Option('--rounds <count>', 'measurements of each side, in turns; medians count')
      .default(3)
      .argParser(parseCount),
    new Option('--folder <dir>', 'on the disk to measure').default(os.tmpdir()),
    new Option(
      '--reshard <architecture>',
      'instead: re-shard a model such as seer-256gf from 4 ranks to 2 to 3, and measure peak memory',
    ),
  ],
  async run({ size, rounds, folder, reshard }) {
    await mkdir(folder, { recursive: true });
    const root = await mkdtemp(path.join(folder, 'auspex-bench-checkpoint-'));
    try {
      return reshard === undefined
        ? await race(root, Math.round(size * 1e9), rounds)
        : await reshardRows(root, reshard);
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  },
};

const SIDES = ['ours', 'dd', 'torch'] as const;
type Side = (typeof SIDES)[number];

/** Where random bytes lie that every side saves: in memory, so that reading them costs next to nothing. */
const MEMORY = '/dev/shm';

async function race(root: string, bytes: number, rounds: number): Promise<BenchRow[]> {
  const { python } = await preparePython({ onProgress: report });
  const source = path.join(await mkdtemp(path.join(MEMORY, 'auspex-bench-checkpoint-')), 'source');
  try {
    const written = await writeSource(source, bytes);
    const speeds = new Map<string, number[]>();
    for (let round = 0; round < rounds; round++) {
      for (const what of ['save', 'load'] as const) {
        for (const side of rotated(SIDES, round)) {
          const folder = path.join(root, side);
          if (what === 'save') await rm(folder, { recursive: true, force: true });
          else await dropFromCache(folder);
          const seconds = await measure(side, what, python, source, folder);
          const key = `${what} ${side}`;
          speeds.set(key, [...(speeds.get(key) ?? []), written / 1e6 / seconds]);
        }
      }
      report(`  ${[...speeds].map(([key, values]) => `${key} ${values.at(-1)!.toFixed(0)}`).join(', ')} MB/s`);
    }
    const of = (what: string, side: Side) => median(speeds.get(`${what} ${side}`)!);
    const size = `${(written / 1e9).toFixed(1)} GB`;
    return (['save', 'load'] as const).flatMap((what) =>
      (['dd', 'torch'] as const).map((peer) => {
        const peerName = peer === 'dd' ? 'dd, no checksums' : 'torch.distributed.checkpoint';
        const rounded = (side: Side) => speeds.get(`${what} ${side}`)!.map((speed) => speed.toFixed(0));
        const note = `${what === 'save' ? 'fsync on both sides' : 'page cache dropped on both sides'}; rounds ${rounded('ours').join(', ')} and ${rounded(peer).join(', ')}`;
        const figures = { ours: of(what, 'ours'), peer: of(what, peer), peerName };
        return { ...compare({ case: `${what} ${size}`, ...figures, unit: 'MB/s', better: 'more' }), note };
      }),
    );
  } finally {
    await rm(path.dirname(source), { recursive: true, force: true });
  }
}

/** A disk may be slower after one side than after another: every side comes first in turn. */
function rotated<T>(list: readonly T[], by: number): T[] {
  const from = by % list.length;
  return [...list.slice(from), ...list.slice(0, from)];
}

const CHUNK = 16 * 2 ** 20;

/** Bytes that cannot be compressed, a whole number of chunks. @returns how many. */
async function writeSource(source: string, bytes: number): Promise<number> {
  const numChunks = Math.max(1, Math.round(bytes / CHUNK));
  const chunk = new Uint32Array(CHUNK / 4);
  const file = await open(source, 'w');
  try {
    for (let i = 0; i < numChunks; i++) {
      let state = i + 1;
      for (let j = 0; j < chunk.length; j++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        // As floats of ordinary size.
        chunk[j] = 0x3f800000 | (state >>> 9);
      }
      await file.write(new Uint8Array(chunk.buffer));
    }
  } finally {
    await file.close();
  }
  return (await stat(source)).size;
}

async function measure(
  side: Side,
  what: 'save' | 'load',
  python: string,
  source: string,
  folder: string,
): Promise<number> {
  const name = `${what} by ${side}`;
  const bench = (file: string) => path.join(packageRoot, 'bench', file);
  const commands: Record<Side, readonly string[]> = {
    ours: [process.execPath, '--import', 'tsx', bench('checkpoint-ours.ts'), what, source, folder],
    dd: [process.execPath, '--import', 'tsx', bench('checkpoint-dd.ts'), what, source, folder],
    torch: [python, bench('checkpoint_peer.py'), what, source, folder],
  };
  const [command, ...args] = commands[side] as [string, ...string[]];
  const output = await runChild({ what: name, command, args, timeoutSeconds: 900 });
  return parseResult(name, output, z.object({ seconds: z.number() })).seconds;
}

/** Asks the system to forget the pages of a folder's files; needs no privileges. */
export async function dropFromCache(folder: string): Promise<void> {
  const find = [
    '-c',
    `sync -f "$1"; find "$1" -type f -exec dd if={} iflag=nocache count=0 status=none \\;`,
    'sh',
    folder,
  ];
  await runChild({ what: 'dropping the page cache', command: 'sh', args: find, timeoutSeconds: 300 });
}
