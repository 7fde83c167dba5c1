/** Features of a split's images, checked as they come. */
import type { ImageSource } from '../../data/source.ts';
import { EvaluationError } from '../errors.ts';
import { embedBatches, type SkippedImage } from './embed-images.ts';
import type { Encoder } from './encoder.ts';

export interface ComputedFeatures {
  /** (rows.length, ...shape) f32. */
  readonly values: Float32Array;
  /** Of one row. */
  readonly shape: readonly number[];
  /** The image of each row. */
  readonly rows: Int32Array;
  readonly skipped: readonly SkippedImage[];
}

export interface ComputeOptions {
  /** Of a map only its mean over all pixels. */
  readonly average: boolean;
  /** Threads that decode. */
  readonly threads: number;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
}

/** @throws EvaluationError FEATURES_NOT_FINITE at the first batch with such a feature, NO_USABLE_IMAGES */
export async function computeFeatures(
  source: ImageSource,
  encoder: Encoder,
  { average, ...options }: ComputeOptions,
): Promise<ComputedFeatures> {
  const shape = average ? [encoder.shape.at(-1)!] : encoder.shape;
  const width = shape.reduce((product, extent) => product * extent, 1);
  const values = new Float32Array(source.length * width);
  const rows = new Int32Array(source.length);
  const skipped: SkippedImage[] = [];
  let count = 0;
  for await (const batch of embedBatches(source, encoder, options)) {
    requireFinite(batch.features, encoder.width, (row) => source.name(batch.images[row]!));
    values.set(average ? meanOverPixels(batch.features, encoder.width, width) : batch.features, count * width);
    rows.set(batch.images, count);
    count += batch.images.length;
    skipped.push(...batch.skipped);
  }
  if (count === 0) {
    const [first] = skipped;
    const reason = first ? `; the first, ${first.name}: ${first.message}` : '';
    throw new EvaluationError('NO_USABLE_IMAGES', `None of ${source.length} images could be used${reason}.`);
  }
  return { values: values.subarray(0, count * width), shape, rows: rows.subarray(0, count), skipped };
}

/** Of (rows, pixels, channels) the mean over pixels: (rows, channels). */
function meanOverPixels(maps: Float32Array, width: number, channels: number): Float32Array {
  const means = new Float32Array((maps.length / width) * channels);
  const sums = new Float64Array(channels);
  for (let row = 0; row < maps.length / width; row++) {
    sums.fill(0);
    for (let i = 0; i < width; i++) sums[i % channels]! += maps[row * width + i]!;
    for (const [channel, sum] of sums.entries()) means[row * channels + channel] = (sum * channels) / width;
  }
  return means;
}

function requireFinite(values: Float32Array, width: number, nameOf: (row: number) => string): void {
  const broken = values.findIndex((value) => !Number.isFinite(value));
  if (broken < 0) return;
  const message = `A feature of ${nameOf(Math.floor(broken / width))} is ${values[broken]}; the encoder has diverged: go back to an earlier checkpoint.`;
  throw new EvaluationError('FEATURES_NOT_FINITE', message);
}
