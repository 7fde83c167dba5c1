import type { Command } from 'commander';
import { openImageFolder } from '../../../data/image-folder.ts';
import { MOST_COPIES, writeCopies } from '../../../evals/copy-attacks/write-copies.ts';
import { UsageError } from '../errors.ts';
import { parseCount, parseSeed } from '../options/arguments.ts';
import { Output } from '../output.ts';
import { createCountProgress } from '../progress/count-progress.ts';

interface CopiesOptions {
  from: string;
  out: string;
  copies: number;
  seed: number;
  distractors?: string;
  whitening?: string;
  json?: boolean;
}

export function addCopiesCommand(datasets: Command): void {
  datasets
    .command('copies')
    .description('makes copies of photos that are hard to find again, for copy detection, in the layout of Copydays')
    .requiredOption('--from <dir>', 'folder of photos, each of which becomes an original')
    .requiredOption('--out <dir>', 'folder to write, new or empty')
    .option('--copies <number>', 'copies of each photo', parseCount, 4)
    .option('--seed <number>', 'seed of everything random', parseSeed, 0)
    .option('--distractors <dir>', 'other photos, to be searched among the originals; linked')
    .option('--whitening <dir>', 'other photos, to fit whitening to; linked')
    .option('--json', 'print progress and result as JSON lines')
    .action(async ({ from, out, copies, seed, distractors, whitening, json }: CopiesOptions) => {
      const output = new Output({ json });
      if (copies > MOST_COPIES) throw new UsageError(`--copies can be ${MOST_COPIES} at most.`);
      // Those that are linked are looked at too: an empty one should not be noticed at the evaluation only.
      for (const folder of [distractors, whitening]) if (folder !== undefined) await openImageFolder(folder);
      const photos = await openImageFolder(from);
      const progress = createCountProgress('photos', photos.length, json ?? false);
      const made = await writeCopies(photos, {
        out,
        copies,
        seed,
        ...(distractors !== undefined && { distractors }),
        ...(whitening !== undefined && { whitening }),
        onProgress: (done, total) => {
          progress.update(done);
          output.event({ event: 'progress', done, total });
        },
      }).finally(() => progress.stop());
      for (const { name, code, message } of made.skipped) output.text(`skipped ${name}: ${message} (${code})`);
      output.result({ out, ...made }, `${made.copies} copies of ${made.photos} photos: ${out}`);
    });
}
