import type { Command } from 'commander';
import { pushTo } from '../../../../training/checkpoints/copy-checkpoint.ts';
import { Output, shortBytes } from '../../output.ts';

export function addPushCommand(checkpoint: Command): void {
  checkpoint
    .command('push')
    .description("copies a run's latest checkpoint and its records, or one checkpoint, to a folder or an object store")
    .argument('<run>', "a run folder, or one checkpoint's folder")
    .argument('<destination>', 'a folder, or s3://BUCKET/PREFIX')
    .option('--json', 'print progress and the result as JSON lines')
    .action(async (run: string, destination: string, options: { json?: boolean }) => {
      const output = new Output(options);
      const pushed = await pushTo(run, destination, { onFile: (file) => output.event({ event: 'file', ...file }) });
      const total = pushed.files.reduce((sum, { bytes }) => sum + bytes, 0);
      const sent = pushed.files.reduce((sum, { sentBytes }) => sum + sentBytes, 0);
      const latest = pushed.isLatest ? '' : '; latest there names a newer one';
      output.result(
        { ...pushed, bytes: total, sentBytes: sent },
        `step ${pushed.step}: ${pushed.files.length} files, ${shortBytes(total)}, of which ${shortBytes(sent)} were sent: ` +
          `${pushed.destination}${latest}`,
      );
    });
}
