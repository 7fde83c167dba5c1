/** A checkpoint's encoder in the forms that other software reads. */
import { CheckpointError } from '../../checkpoints/errors.ts';
import { libraryModel, type WrittenLayout, writeWeights } from '../../checkpoints/interchange/write-weights.ts';
import { onnxEncoder } from '../../checkpoints/onnx/encoder-model.ts';
import { writeOnnx } from '../../checkpoints/onnx/write-model.ts';
import { weightsOf } from '../../evals/features/encoder.ts';
import type { FeatureLayer } from '../../program/encoder.ts';
import { describeEncoder } from '../step.ts';
import { versions } from '../train.ts';
import { loadCheckpoint } from './load-encoder.ts';

export type ExportOptions = {
  /** A run folder, or one checkpoint's folder. */
  readonly checkpoint: string;
  /** The file to write. */
  readonly out: string;
} & (
  | { readonly format: WrittenLayout }
  | {
      readonly format: 'onnx';
      /** @default 'pool' */
      readonly layer?: FeatureLayer;
      /** Images per run. @default any number */
      readonly batch?: number;
      /** Side of the images in pixels. @default any */
      readonly size?: number;
      /** Keep batch normalisations as operations of their own. @default false: they are folded into the layers before */
      readonly keepBatchNorm?: boolean;
      /** Weights in a file of their own. @default where they are more than 1 GiB */
      readonly externalData?: boolean;
    }
);

export interface Exported {
  readonly out: string;
  readonly step: number;
  readonly bytes: number;
  /** The other library's name for the architecture, where it has one. */
  readonly model?: string;
  /** File of the weights, where they are not in `out`. */
  readonly data?: string;
}

/** @throws CheckpointError, InterchangeError */
export async function exportCheckpoint(options: ExportOptions): Promise<Exported> {
  const { path, step, tensors, config } = await loadCheckpoint(options.checkpoint);
  const { trunk: spec, head, mean, std } = describeEncoder(config);
  const architecture = JSON.stringify(config.model.architecture);
  const metadata = { architecture, step: String(step), mean: mean.join(), std: std.join() };
  const trunk = tensors.get('trunk');
  if (!trunk) throw new CheckpointError('CHECKPOINT_MISMATCH', `${path}: has no trunk to export`);
  const { out } = options;
  if (options.format !== 'onnx') {
    const { bytes } = await writeWeights(out, options.format, trunk, spec, metadata);
    const model = libraryModel(options.format, config.model.architecture);
    return { out, step, bytes, ...(model && { model }) };
  }
  const { layer = 'pool', batch, size, keepBatchNorm = false, externalData } = options;
  const weights = weightsOf(tensors);
  const model = onnxEncoder({ trunk: spec, head, layer, weights, fold: !keepBatchNorm, batch, size });
  const { auspex: producerVersion = 'unknown' } = await versions();
  const written = await writeOnnx(out, model, { metadata: { ...metadata, layer }, producerVersion, externalData });
  return { out, step, ...written };
}
