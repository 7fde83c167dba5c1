/**
 * Re-sharding of a large model from 4 ranks to 2 to 3: MB/s, and the peak memory of the process that does it, beside the bound
 * that it has to keep: one shard and one unit. Each is a process of its own.
 */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { packageRoot } from '../kernels/addon.ts';
import { type BenchRow, compare, report } from './bench.ts';
import { parseResult, runChild } from './child.ts';

const schema = z.object({
  parameters: z.number(),
  /** Of parameters and momentum, as the two below. */
  bytes: z.number(),
  /** Of a rank's shard of the new checkpoint, and of the largest unit of the network. */
  shardBytes: z.number(),
  unitBytes: z.number(),
  seconds: z.number(),
  peakRssBytes: z.number(),
});

const RANKS = [4, 2, 3];

export async function reshardRows(root: string, architecture: string): Promise<BenchRow[]> {
  const script = path.join(packageRoot, 'bench', 'checkpoint-reshard-ours.ts');
  const run = async (what: string, ...ranks: number[]) => {
    const args = ['--import', 'tsx', script, what, architecture, root, ...ranks.map(String)];
    const output = await runChild({ what, command: process.execPath, args, timeoutSeconds: 3600 });
    return parseResult(what, output, schema);
  };
  const { parameters, bytes, seconds } = await run('save', RANKS[0]!);
  report(
    `  saved ${(parameters / 1e9).toFixed(2)} billion parameters, ${(bytes / 1e9).toFixed(1)} GB, in ${seconds.toFixed(0)} s`,
  );
  const rows: BenchRow[] = [];
  for (const [index, to] of RANKS.slice(1).entries()) {
    const from = RANKS[index]!;
    const { seconds, shardBytes, unitBytes, peakRssBytes } = await run('reshard', from, to);
    await rm(path.join(root, `ranks-${from}`), { recursive: true });
    const name = `${architecture} ${from} to ${to} ranks`;
    const gigabytes = (bytes / 1e9).toFixed(1);
    const note = `${gigabytes} GB of parameters and momentum in ${seconds.toFixed(0)} s: verified, read again and written`;
    rows.push({ case: name, ours: bytes / 1e6 / seconds, peer: null, peerName: '-', ratio: null, unit: 'MB/s', note });
    const memory = { ours: peakRssBytes / 1e6, peer: (shardBytes + unitBytes) / 1e6, peerName: 'one shard + one unit' };
    rows.push(compare({ case: `${name}, peak RSS`, ...memory, unit: 'MB', better: 'less' }));
    report(`  ${name}: ${seconds.toFixed(0)} s, peak ${(peakRssBytes / 1e6).toFixed(0)} MB`);
  }
  return rows;
}
