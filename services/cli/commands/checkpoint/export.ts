import { type Command, Option } from 'commander';
import { checkWritable } from '../../../../checkpoints/atomic-file.ts';
import { WRITTEN_LAYOUTS, type WrittenLayout } from '../../../../checkpoints/interchange/write-weights.ts';
import { FEATURE_LAYERS, type FeatureLayer } from '../../../../program/encoder.ts';
import { type Exported, exportCheckpoint } from '../../../../training/checkpoints/export-checkpoint.ts';
import { UsageError } from '../../errors.ts';
import { parseCount } from '../../options/arguments.ts';
import { Output, shortBytes } from '../../output.ts';

interface ExportCommandOptions {
  format: WrittenLayout | 'onnx';
  out: string;
  layer?: FeatureLayer;
  batch?: number;
  size?: number;
  keepBatchNorm?: boolean;
  externalData?: boolean;
  json?: boolean;
}

/** What only an ONNX model has. */
const ONNX_OPTIONS = ['layer', 'batch', 'size', 'keepBatchNorm', 'externalData'] as const;

export function addExportCommand(checkpoint: Command): void {
  checkpoint
    .command('export')
    .description("a checkpoint's encoder for other software: safetensors with timm's or torchvision's names, or ONNX")
    .argument('<checkpoint>', "a run folder, or one checkpoint's folder")
    .addOption(
      new Option('--format <format>', 'what to write').choices([...WRITTEN_LAYOUTS, 'onnx']).makeOptionMandatory(),
    )
    .requiredOption('--out <file>', 'file to write')
    .addOption(new Option('--layer <layer>', 'ONNX: layer whose output is wanted (pool)').choices(FEATURE_LAYERS))
    .option('--batch <images>', 'ONNX: a fixed number of images per run (any)', parseCount)
    .option('--size <pixels>', 'ONNX: a fixed side of the images (any)', parseCount)
    .option('--keep-batch-norm', 'ONNX: batch normalisations as operations of their own, not folded into weights')
    .option('--external-data', 'ONNX: weights in a file of their own, as beyond 1 GiB in any case')
    .option('--json', 'print the result as JSON')
    .action(async (checkpoint: string, options: ExportCommandOptions) => {
      const output = new Output(options);
      const { format, out } = options;
      const given = ONNX_OPTIONS.find((name) => options[name] !== undefined);
      if (format !== 'onnx' && given !== undefined) {
        const flag = given.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
        throw new UsageError(`--${flag} is for --format onnx only`);
      }
      await checkWritable(out);
      const { layer, batch, size, keepBatchNorm, externalData } = options;
      const exported = await exportCheckpoint(
        format === 'onnx'
          ? { format, checkpoint, out, layer, batch, size, keepBatchNorm, externalData }
          : { format, checkpoint, out },
      );
      output.result({ format, ...exported }, describe(format, exported));
    });
}

function describe(format: ExportCommandOptions['format'], { out, step, bytes, model, data }: Exported): string {
  const where = data === undefined ? out : `${out}, weights in ${data}`;
  const loads = model === undefined ? '' : `, for ${format}'s ${model}`;
  return `step ${step} as ${format}, ${shortBytes(bytes)}${loads}: ${where}`;
}
