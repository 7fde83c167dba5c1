/** What a fine-tuned network says of images: the scores of its classes for the centre view of each. */
import type { ImageSource } from '../../data/source.ts';
import { EvaluationError } from '../errors.ts';
import { embedBatches, type SkippedImage } from '../features/embed-images.ts';
import { Encoder, type EncoderDescription, type WeightSource } from '../features/encoder.ts';

export interface ClassifyRequest {
  /** With a classifier. */
  readonly description: EncoderDescription;
  readonly weights: WeightSource;
  readonly images: ImageSource;
  readonly size: number;
  readonly batchSize: number;
  readonly precision: 'auto' | 'fp32' | 'bf16';
  readonly threads?: number | null;
  readonly signal: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
  /** Told the scores of each image in turn, (classes) f32, which are good until it returns. */
  readonly onScores: (image: number, scores: Float32Array) => void;
}

/** @returns the images that could not be used. @throws EvaluationError FEATURES_NOT_FINITE; the signal's reason */
export async function classify(request: ClassifyRequest): Promise<readonly SkippedImage[]> {
  const { description, weights, images, size, batchSize, precision, signal, onProgress, onScores } = request;
  const threads = request.threads;
  const encoder = new Encoder(description, weights, {
    layer: 'scores',
    size,
    batchSize,
    precision,
    ...(threads && { threads }),
  });
  const skipped: SkippedImage[] = [];
  try {
    const options = { signal, ...(threads && { threads }), ...(onProgress && { onProgress }) };
    for await (const batch of embedBatches(images, encoder, options)) {
      skipped.push(...batch.skipped);
      for (const [row, image] of batch.images.entries()) {
        const scores = batch.features.subarray(row * encoder.width, (row + 1) * encoder.width);
        if (!scores.every(Number.isFinite)) {
          const message = `The scores of ${images.name(image)} are not finite: the network is broken.`;
          throw new EvaluationError('FEATURES_NOT_FINITE', message);
        }
        onScores(image, scores);
      }
    }
  } finally {
    await encoder.free();
  }
  return skipped;
}
