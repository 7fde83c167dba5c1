/** Re-sharding of a large model from 4 ranks to 2 to 3: seconds, and the peak memory of the process that does it. */
import path from 'node:path';
import { z } from 'zod';
import { packageRoot } from '../kernels/addon.ts';
import { type BenchRow, report } from './bench.ts';
import { parseResult, runChild } from './child.ts';

const schema = z.object({
  parameters: z.number(),
  bytes: z.number(),
  /** Largest shard of a rank, and largest unit of the network, parameters and momentum. */
  shardBytes: z.number(),
  unitBytes: z.number(),
  steps: z.array(z.object({ from: z.number(), to: z.number(), seconds: z.number(), peakRssBytes: z.number() })),
});

export async function reshardRows(root: string, architecture: string): Promise<BenchRow[]> {
  const script = path.join(packageRoot, 'bench', 'checkpoint-reshard-ours.ts');
  const what = `re-sharding ${architecture}`;
  const rows: BenchRow[] = [];
  const args = ['--import', 'tsx', script, architecture, root];
  const output = await runChild({ what, command: process.execPath, args, timeoutSeconds: 3600 });
  const { parameters, bytes, shardBytes, unitBytes, steps } = parseResult(what, output, schema);
  report(`  ${(parameters / 1e9).toFixed(2)} billion parameters, ${(bytes / 1e9).toFixed(1)} GB with momentum`);
  for (const { from, to, seconds, peakRssBytes } of steps) {
    const name = `${architecture} ${from} to ${to} ranks`;
    const nobody = { peer: null, peerName: '-', ratio: null };
    rows.push({ case: name, ours: bytes / 1e6 / seconds, unit: 'MB/s', ...nobody });
    const bound = shardBytes + unitBytes;
    const [peerName, note] = ['one shard + one unit', 'the bound that it has to keep, without Node itself'];
    const memory = { ours: peakRssBytes / 1e6, peer: bound / 1e6, peerName, ratio: bound / peakRssBytes };
    rows.push({ case: `${name}, peak RSS`, ...memory, unit: 'MB', note });
  }
  return rows;
}
