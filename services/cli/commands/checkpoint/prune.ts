import type { Command } from 'commander';
import { checkpointsFolder } from '../../../../checkpoints/find-checkpoint.ts';
import { type Pruned, pruneCheckpoints } from '../../../../checkpoints/list-checkpoints.ts';
import type { RetentionPolicy } from '../../../../checkpoints/retention.ts';
import { retentionOf, whileLocked } from '../../../../training/checkpoints/checkpoints-of-run.ts';
import { UsageError } from '../../errors.ts';
import { parseCount } from '../../options/arguments.ts';
import { Output, shortBytes } from '../../output.ts';
import { withProgress } from '../../progress/bytes-progress.ts';

interface PruneCommandOptions {
  keep?: number;
  dryRun?: boolean;
  json?: boolean;
}

export function addPruneCommand(checkpoint: Command): void {
  checkpoint
    .command('prune')
    .description(
      "remove checkpoints that the run's policy no longer keeps; never the latest, and none while a training runs",
    )
    .argument('<folder>', 'run folder, or a folder of checkpoints')
    .option('--keep <count>', "keep the newest so many, in place of the run's policy", parseCount)
    .option('--dry-run', 'only say what would be removed')
    .option('--json', 'print the result as JSON')
    .action(async (folder: string, { keep, dryRun, json }: PruneCommandOptions) => {
      const checkpoints = checkpointsFolder(folder);
      const policy = policyOf(folder, keep);
      const prune = () =>
        withProgress(json, (onProgress) =>
          pruneCheckpoints(checkpoints, policy, { dryRun: dryRun ?? false, onProgress }),
        );
      const pruned = await (dryRun ? prune() : whileLocked(folder, prune));
      new Output({ json }).result(pruned, describe(pruned));
    });
}

function policyOf(folder: string, keep: number | undefined): RetentionPolicy {
  const policy = keep === undefined ? retentionOf(folder) : { keepLast: keep };
  if (policy) return policy;
  throw new UsageError(`${folder} belongs to no run, so nothing says what is kept: give --keep`);
}

function describe({ folder, dryRun, removed, kept }: Pruned): string {
  const bytes = removed.reduce((sum, checkpoint) => sum + checkpoint.bytes, 0);
  const verb = dryRun ? 'would remove' : 'removed';
  return [
    ...removed.map((one) => `${verb} ${one.path} (${shortBytes(one.bytes)})`),
    ...kept.map(({ step, because }) => `kept step ${step}: ${because.join(', ')}`),
    `${folder}: ${verb} ${removed.length} of ${removed.length + kept.length} checkpoints, ${shortBytes(bytes)}`,
  ].join('\n');
}
