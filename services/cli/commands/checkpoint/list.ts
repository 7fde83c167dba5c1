import type { Command } from 'commander';
import { checkpointsFolder } from '../../../../checkpoints/find-checkpoint.ts';
import {
  type CheckpointList,
  type ListedCheckpoint,
  listCheckpoints,
} from '../../../../checkpoints/list-checkpoints.ts';
import { KEEP_ALL } from '../../../../checkpoints/retention.ts';
import { retentionOf } from '../../../../training/checkpoints/checkpoints-of-run.ts';
import { Output, shortBytes, table } from '../../output.ts';

export function addListCommand(checkpoint: Command): void {
  checkpoint
    .command('list')
    .description('checkpoints of a run: size, ranks, complete or damaged, and why each is kept')
    .argument('<folder>', 'run folder, or a folder of checkpoints')
    .option('--json', 'print the result as JSON')
    .action(async (folder: string, options: { json?: boolean }) => {
      const output = new Output(options);
      const list = await listCheckpoints(checkpointsFolder(folder), retentionOf(folder) ?? KEEP_ALL);
      output.result(list, describe(list));
    });
}

function describe({ folder, latest, checkpoints }: CheckpointList): string {
  if (checkpoints.length === 0) return `${folder}: no checkpoints`;
  const rows = checkpoints.map((one) => [
    String(one.step),
    shortBytes(one.bytes),
    one.layout ?? '-',
    one.worldSize === null ? '-' : String(one.worldSize),
    one.status,
    one.kept.join(', ') || 'no longer',
  ]);
  const problems = checkpoints.flatMap(({ step, problem }: ListedCheckpoint) =>
    problem === undefined ? [] : [`step ${step}: ${problem}`],
  );
  return [
    `${folder}, latest: step ${latest}`,
    '',
    table([['step', 'size', 'layout', 'ranks', 'status', 'kept'], ...rows]),
    ...(problems.length > 0 ? ['', ...problems] : []),
  ].join('\n');
}
