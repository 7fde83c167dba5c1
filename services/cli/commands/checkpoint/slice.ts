import type { Command } from 'commander';
import { findCheckpoint } from '../../../../checkpoints/find-checkpoint.ts';
import { sliceCheckpoint } from '../../../../checkpoints/slice.ts';
import { Output } from '../../output.ts';
import { withProgress } from '../../progress/bytes-progress.ts';
import { describeTransformed } from './transformed.ts';

export function addSliceCommand(checkpoint: Command): void {
  checkpoint
    .command('slice')
    .description("write a checkpoint as one file for each layer, with the index that Hugging Face's tools read")
    .argument('<checkpoint>', "a checkpoint's folder, or a run folder for its latest")
    .requiredOption('--out <dir>', 'folder to make')
    .option('--momentum', 'also momentum and queue, so that a training can go on from it')
    .option('--json', 'print the result as JSON')
    .action(async (folder: string, { out, momentum, json }: { out: string; momentum?: boolean; json?: boolean }) => {
      const entry = await findCheckpoint(folder);
      const sliced = await withProgress(json, (onProgress) =>
        sliceCheckpoint(entry, out, { momentum: momentum ?? false, onProgress }),
      );
      new Output({ json }).result(sliced, describeTransformed('slices', sliced));
    });
}
