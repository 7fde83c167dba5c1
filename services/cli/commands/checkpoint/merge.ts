import type { Command } from 'commander';
import { findCheckpoint } from '../../../../checkpoints/find-checkpoint.ts';
import { mergeCheckpoint } from '../../../../checkpoints/merge.ts';
import { Output } from '../../output.ts';
import { withProgress } from '../../progress/bytes-progress.ts';
import { describeTransformed } from './transformed.ts';

export function addMergeCommand(checkpoint: Command): void {
  checkpoint
    .command('merge')
    .description('write a checkpoint as one rank saves it: trunk, head and optimizer')
    .argument('<checkpoint>', "a checkpoint's folder, or a run folder for its latest")
    .requiredOption('--out <dir>', 'folder to make')
    .option('--json', 'print the result as JSON')
    .action(async (folder: string, { out, json }: { out: string; json?: boolean }) => {
      const entry = await findCheckpoint(folder);
      const merged = await withProgress(json, (onProgress) => mergeCheckpoint(entry, out, { onProgress }));
      new Output({ json }).result(merged, describeTransformed('files', merged));
    });
}
