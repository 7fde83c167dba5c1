import type { Command } from 'commander';
import { findCheckpoint } from '../../../../checkpoints/find-checkpoint.ts';
import { openReader } from '../../../../checkpoints/open-checkpoint.ts';
import { reshardCheckpoint } from '../../../../checkpoints/reshard.ts';
import { configIn, shardingFor } from '../../../../training/checkpoints/checkpoints-of-run.ts';
import { parseCount } from '../../options/arguments.ts';
import { Output } from '../../output.ts';
import { withProgress } from '../../progress/bytes-progress.ts';
import { describeTransformed } from './transformed.ts';

export function addReshardCommand(checkpoint: Command): void {
  checkpoint
    .command('reshard')
    .description('write a checkpoint as another number of ranks would have saved it')
    .argument('<checkpoint>', "a checkpoint's folder, or a run folder for its latest")
    .requiredOption('--ranks <count>', 'ranks to divide it among', parseCount)
    .requiredOption('--out <dir>', 'folder to make')
    .option('--json', 'print the result as JSON')
    .action(async (folder: string, { ranks, out, json }: { ranks: number; out: string; json?: boolean }) => {
      const entry = await findCheckpoint(folder);
      const sharding = shardingFor(configIn(await openReader(entry)), ranks);
      const resharded = await withProgress(json, (onProgress) =>
        reshardCheckpoint(entry, out, sharding, { onProgress }),
      );
      new Output({ json }).result(resharded, describeTransformed('files', resharded));
    });
}
