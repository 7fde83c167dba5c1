import { availableParallelism } from 'node:os';
import { type Command, Option } from 'commander';
import { checkWritable } from '../../../checkpoints/atomic-file.ts';
import { writeSafetensors } from '../../../checkpoints/safetensors.ts';
import { openImageFolder } from '../../../data/image-folder.ts';
import { embedImages } from '../../../evals/features/embed-images.ts';
import { FEATURE_LAYERS, type FeatureLayer } from '../../../program/encoder.ts';
import { loadEncoder } from '../../../training/checkpoints/load-encoder.ts';
import { parseCount } from '../options/arguments.ts';
import { Output } from '../output.ts';
import { createCountProgress } from '../progress/count-progress.ts';

interface EmbedCommandOptions {
  checkpoint: string;
  images: string;
  out: string;
  layer: FeatureLayer;
  size: number;
  batch: number;
  json?: boolean;
}

export function addEmbedCommand(command: Command): void {
  command
    .requiredOption('--checkpoint <dir>', "a run folder, or one checkpoint's folder")
    .requiredOption('--images <dir>', 'folder of images, searched in depth')
    .option('--out <file>', 'file to write', 'features.safetensors')
    .addOption(new Option('--layer <layer>', 'layer whose output is wanted').choices(FEATURE_LAYERS).default('pool'))
    .option('--size <pixels>', 'side of the centre view', parseCount, 224)
    .option('--batch <images>', 'images per run of the encoder', parseCount, 32)
    .option('--json', 'print the result as JSON')
    .action(async (options: EmbedCommandOptions) => {
      const output = new Output(options);
      const { layer, size, batch: batchSize } = options;
      await checkWritable(options.out);
      const encoder = await loadEncoder(options.checkpoint, { layer, size, batchSize });
      const folder = await openImageFolder(options.images);
      const progress = createCountProgress('images', folder.length, options.json ?? false);
      const begin = performance.now();
      const { features, names, skipped } = await embedImages(folder, encoder, {
        threads: availableParallelism(),
        onProgress: (done, total) => {
          progress.update(done);
          output.event({ event: 'progress', done, total });
        },
      }).finally(() => progress.stop());
      const seconds = (performance.now() - begin) / 1000;
      const data = new Uint8Array(features.buffer, features.byteOffset, features.byteLength);
      const shape = [names.length, ...encoder.shape];
      await writeSafetensors(options.out, new Map([['features', { dtype: 'F32', shape, data }]]), {
        layer,
        size: String(size),
        names: JSON.stringify(names),
        skipped: JSON.stringify(skipped),
      });
      for (const { name, code, message } of skipped) output.text(`skipped ${name}: ${message} (${code})`);
      const imagesPerSecond = names.length / seconds;
      output.result(
        { out: options.out, layer, shape, images: names.length, skipped, imagesPerSecond },
        `${names.length} images, ${layer} features [${shape.join(', ')}], ${imagesPerSecond.toFixed(1)} images/s: ${options.out}`,
      );
    });
}
