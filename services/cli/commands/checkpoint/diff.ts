import type { Command } from 'commander';
import {
  type CheckpointDiff,
  diffCheckpoints,
  type TensorDifference,
} from '../../../../checkpoints/diff-checkpoints.ts';
import { findCheckpoint } from '../../../../checkpoints/find-checkpoint.ts';
import { Output, table } from '../../output.ts';
import { withProgress } from '../../progress/bytes-progress.ts';

export function addDiffCommand(checkpoint: Command): void {
  checkpoint
    .command('diff')
    .description('which tensors of two checkpoints differ, and by how much, however each is divided into files')
    .argument('<first>', "a checkpoint's folder, or a run folder for its latest")
    .argument('<second>', 'another')
    .option('--json', 'print the result as JSON')
    .action(async (first: string, second: string, { json }: { json?: boolean }) => {
      const output = new Output({ json });
      const entries = [await findCheckpoint(first), await findCheckpoint(second)] as const;
      const diff = await withProgress(json, (onProgress) => diffCheckpoints(...entries, onProgress));
      output.result(diff, describe(diff));
    });
}

function describe({ first, second, numEqual, differences, sameState, bitEqual }: CheckpointDiff): string {
  const rows = differences.map((difference) => [difference.name, ...cells(difference)]);
  const verdict = bitEqual
    ? 'all tensors have the same bits'
    : `${differences.length} tensors differ, ${numEqual} have the same bits`;
  return [
    `${first.path} (step ${first.step}) and ${second.path} (step ${second.step}):`,
    `${verdict}; the state besides is ${sameState ? 'the same' : 'another'}`,
    ...(rows.length > 0 ? ['', table([['tensor', 'relative L2', 'largest', 'elements'], ...rows])] : []),
  ].join('\n');
}

function cells(difference: TensorDifference): string[] {
  switch (difference.kind) {
    case 'onlyInFirst':
      return ['only in the first'];
    case 'onlyInSecond':
      return ['only in the second'];
    case 'shape':
      return [`${difference.first} and ${difference.second}`];
    case 'values': {
      const { relativeL2, maxDifference, numDifferent } = difference;
      return [...[relativeL2, maxDifference].map((value) => value?.toExponential(2) ?? '-'), `${numDifferent}`];
    }
  }
}
