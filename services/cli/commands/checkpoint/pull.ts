import { type Command, InvalidArgumentError } from 'commander';
import { pullFrom } from '../../../../training/checkpoints/copy-checkpoint.ts';
import { parseNumber } from '../../options/arguments.ts';
import { Output, shortBytes } from '../../output.ts';

interface PullCommandOptions {
  out: string;
  step?: number;
  json?: boolean;
}

export function addPullCommand(checkpoint: Command): void {
  checkpoint
    .command('pull')
    .description(
      'copies a checkpoint back, verified; with the records of its run where they were pushed, to be resumed',
    )
    .argument('<destination>', 'where it was pushed to: a folder, or s3://BUCKET/PREFIX')
    .requiredOption('--out <dir>', 'folder for the run, or for the checkpoint alone')
    .option('--step <step>', 'another step than the latest', parseStep)
    .option('--json', 'print progress and the result as JSON lines')
    .action(async (destination: string, { out, step, json }: PullCommandOptions) => {
      const output = new Output({ json });
      let bytes = 0;
      const { checkpoint, runFiles } = await pullFrom(destination, out, {
        step,
        onFile: (file) => {
          bytes += file.bytes;
          output.event({ event: 'file', ...file });
        },
      });
      const records = runFiles.length > 0 ? `; with ${runFiles.join(', ')}` : '';
      output.result(
        { step: checkpoint.step, path: checkpoint.path, bytes, runFiles },
        `step ${checkpoint.step}, ${shortBytes(bytes)}, verified: ${checkpoint.path}${records}`,
      );
    });
}

function parseStep(text: string): number {
  const step = parseNumber(text);
  if (!Number.isSafeInteger(step) || step < 0)
    throw new InvalidArgumentError('It must be a whole number of at least 0.');
  return step;
}
