/** Features of a whole collection of images, batch after batch. */
import { type EvaluationView, loadEvaluationViews } from '../../data/evaluation-views.ts';
import type { ImageSource } from '../../data/source.ts';
import type { Encoder } from './encoder.ts';

export interface EmbeddedImages {
  /** (names.length, ...encoder.shape) f32. */
  readonly features: Float32Array;
  readonly names: string[];
  readonly skipped: SkippedImage[];
}

/** An image that could not be used. */
export interface SkippedImage {
  readonly name: string;
  readonly code: string;
  readonly message: string;
}

export interface EmbeddedBatch {
  /** The images that could be used, by their numbers in the source. */
  readonly images: readonly number[];
  /** (images.length, ...encoder.shape) f32. */
  readonly features: Float32Array;
  readonly skipped: readonly SkippedImage[];
}

export interface EmbedImagesOptions {
  /** Threads that decode. @default 1 */
  readonly threads?: number;
  /** @default 'centre' */
  readonly view?: EvaluationView;
  readonly maximumPixels?: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Features of every image; what cannot be decoded is listed and left out. */
export async function embedImages(
  source: ImageSource,
  encoder: Encoder,
  options: EmbedImagesOptions = {},
): Promise<EmbeddedImages> {
  const { width } = encoder;
  const features = new Float32Array(source.length * width);
  const names: string[] = [];
  const skipped: SkippedImage[] = [];
  for await (const batch of embedBatches(source, encoder, options)) {
    features.set(batch.features, names.length * width);
    for (const image of batch.images) names.push(source.name(image));
    skipped.push(...batch.skipped);
  }
  return { features: features.subarray(0, names.length * width), names, skipped };
}

/** The same batch after batch, in the order of the source. Decoding goes on while the encoder runs. @param signal ends it */
export async function* embedBatches(
  source: ImageSource,
  encoder: Encoder,
  options: EmbedImagesOptions & { readonly signal?: AbortSignal } = {},
): AsyncGenerator<EmbeddedBatch> {
  const { threads = 1, view, maximumPixels, onProgress, signal } = options;
  const { viewShape, batchSize, width } = encoder;
  const viewsAt = (first: number) => {
    const indices = Array.from({ length: Math.min(batchSize, source.length - first) }, (_, i) => first + i);
    const views = loadEvaluationViews(source, indices, {
      size: viewShape,
      threads,
      view,
      ...(maximumPixels && { limits: { maximumPixels } }),
    });
    // Whoever awaits it hears of a failure; until then it must not count as unhandled.
    views.catch(() => undefined);
    return { indices, views };
  };

  if (source.length === 0) return;
  let next = viewsAt(0);
  for (let first = 0; first < source.length; first += batchSize) {
    const { indices, views } = next;
    const batch = await views;
    if (first + batchSize < source.length) next = viewsAt(first + batchSize);
    const embedded = await encoder.embed(batch.views, signal);
    const bad = new Set(batch.skipped.map(({ row }) => row));
    const rows = [...indices.keys()].filter((row) => !bad.has(row));
    // Rows close up in place, each to before where it was.
    if (bad.size > 0)
      for (const [to, row] of rows.entries()) embedded.copyWithin(to * width, row * width, (row + 1) * width);
    yield {
      images: rows.map((row) => indices[row]!),
      features: embedded.subarray(0, rows.length * width),
      skipped: batch.skipped.map(({ name, code, message }) => ({ name, code, message })),
    };
    onProgress?.(Math.min(first + batchSize, source.length), source.length);
  }
}
