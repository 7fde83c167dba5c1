import { availableParallelism } from 'node:os';
import { type Command, Option } from 'commander';
import { openImageFolder } from '../../../data/image-folder.ts';
import { classifyFolder } from '../../../evals/neighbours/classify-folder.ts';
import { loadEncoder } from '../../../training/checkpoints/load-encoder.ts';
import { parseCount, parsePositive } from '../options/arguments.ts';
import { Output } from '../output.ts';
import { createCountProgress } from '../progress/count-progress.ts';

interface KnnCommandOptions {
  checkpoint: string;
  images: string;
  database?: string;
  k: number;
  temperature: number;
  layer: 'pool' | 'projection';
  size: number;
  batch: number;
  json?: boolean;
}

export function addKnnCommand(command: Command): void {
  command
    .requiredOption('--checkpoint <dir>', "a run folder, or one checkpoint's folder")
    .requiredOption('--images <dir>', 'folder of images whose subfolders are the classes')
    .option('--database <dir>', 'labelled images to search among (default: all others of --images)')
    .option('--k <neighbours>', 'neighbours that vote', parseCount, 20)
    .option('--temperature <number>', 'temperature of the votes', parsePositive, 0.07)
    .addOption(
      new Option('--layer <layer>', 'layer whose output is compared').choices(['pool', 'projection']).default('pool'),
    )
    .option('--size <pixels>', 'side of the centre view', parseCount, 224)
    .option('--batch <images>', 'images per run of the encoder', parseCount, 32)
    .option('--json', 'print the result as JSON')
    .action(async (options: KnnCommandOptions) => {
      const output = new Output(options);
      const { layer, size, batch: batchSize, k, temperature } = options;
      const encoder = await loadEncoder(options.checkpoint, { layer, size, batchSize });
      const images = await openImageFolder(options.images);
      const database = options.database === undefined ? undefined : await openImageFolder(options.database);
      const progress = createCountProgress('images', images.length + (database?.length ?? 0), options.json ?? false);
      const result = await classifyFolder(encoder, images, database, {
        k,
        temperature,
        threads: availableParallelism(),
        onProgress: (done, total) => {
          progress.update(done);
          output.event({ event: 'progress', done, total });
        },
      }).finally(() => progress.stop());
      for (const { name, code, message } of result.skipped) output.text(`skipped ${name}: ${message} (${code})`);
      const { accuracy, classes } = result;
      const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
      output.result(
        { layer, ...result },
        `${percent(accuracy.value)} of ${result.images} images of ${classes} classes (${percent(accuracy.low)} to ${percent(accuracy.high)} with 95 % confidence), ${result.k} neighbours`,
      );
    });
}
