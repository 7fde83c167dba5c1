import type { Command } from 'commander';
import { CheckpointError } from '../../../../checkpoints/errors.ts';
import { checkpointsFolder, entryOf, isCheckpoint } from '../../../../checkpoints/find-checkpoint.ts';
import type { CheckpointEntry } from '../../../../checkpoints/open-checkpoint.ts';
import { CheckpointStore } from '../../../../checkpoints/store.ts';
import { describeDamage, type Verification, verifyCheckpoint } from '../../../../checkpoints/verify-checkpoint.ts';
import { Output, shortBytes } from '../../output.ts';
import { withProgress } from '../../progress/bytes-progress.ts';

export function addVerifyCommand(checkpoint: Command): void {
  checkpoint
    .command('verify')
    .description('compare every byte with the checksums; what is damaged is named by file and tensor, with exit code 1')
    .argument('<folder>', "a checkpoint's folder, or a run folder for all of its checkpoints")
    .option('--json', 'print the result as JSON')
    .action(async (folder: string, { json }: { json?: boolean }) => {
      const output = new Output({ json });
      const checkpoints: Verification[] = [];
      for (const entry of await entriesOf(folder)) {
        checkpoints.push(await withProgress(json, (onProgress) => verifyCheckpoint(entry, onProgress)));
      }
      output.result({ folder, checkpoints }, checkpoints.map(describe).join('\n'));
      const damaged = checkpoints.filter(({ damage }) => damage.length > 0);
      const [first] = damaged;
      if (!first) return;
      const [{ file, tensor, problem }] = first.damage as [Verification['damage'][number]];
      throw new CheckpointError(
        'CHECKPOINT_DAMAGED',
        `${first.path}: ${file}${tensor === null ? '' : `, tensor ${tensor}`}: ${problem}` +
          `${damaged.length > 1 ? `; ${damaged.length} checkpoints are damaged` : ''}. Use another checkpoint, or copy it again.`,
      );
    });
}

async function entriesOf(folder: string): Promise<CheckpointEntry[]> {
  const root = checkpointsFolder(folder);
  if (isCheckpoint(folder)) return [await entryOf(folder)];
  const entries = await new CheckpointStore(root).list();
  if (entries.length > 0) return entries;
  throw new CheckpointError('CHECKPOINT_NOT_FOUND', `${root}: there is no checkpoint yet`);
}

function describe({ path, step, files, bytes, damage }: Verification): string {
  const what = `${path}: step ${step}, ${files} files, ${shortBytes(bytes)}`;
  if (damage.length === 0) return `${what}: good`;
  return [`${what}: damaged`, ...damage.map((one) => `  ${describeDamage(one)}`)].join('\n');
}
