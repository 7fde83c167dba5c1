/** Features of a whole collection of images, batch after batch. */
import { loadEvaluationViews } from '../data/evaluation-views.ts';
import type { ImageSource } from '../data/source.ts';
import type { Encoder } from './encoder.ts';

export interface EmbeddedImages {
  /** (names.length, ...encoder.shape) f32. */
  readonly features: Float32Array;
  readonly names: string[];
  readonly skipped: { readonly name: string; readonly code: string; readonly message: string }[];
}

export interface EmbedImagesOptions {
  /** Threads that decode. @default 1 */
  readonly threads?: number;
  readonly maximumPixels?: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/** The centre view of every image; what cannot be decoded is listed and left out. Decoding goes on while the encoder runs. */
export async function embedImages(
  source: ImageSource,
  encoder: Encoder,
  options: EmbedImagesOptions = {},
): Promise<EmbeddedImages> {
  const { threads = 1, maximumPixels, onProgress } = options;
  const { size, batchSize, width } = encoder;
  const features = new Float32Array(source.length * width);
  const names: string[] = [];
  const skipped: EmbeddedImages['skipped'] = [];
  const viewsAt = (first: number) => {
    const indices = Array.from({ length: Math.min(batchSize, source.length - first) }, (_, i) => first + i);
    const views = loadEvaluationViews(source, indices, {
      size,
      threads,
      ...(maximumPixels && { limits: { maximumPixels } }),
    });
    // Whoever awaits it hears of a failure; until then it must not count as unhandled.
    views.catch(() => undefined);
    return { indices, views };
  };

  let next = viewsAt(0);
  for (let first = 0; first < source.length; first += batchSize) {
    const { indices, views } = next;
    const batch = await views;
    if (first + batchSize < source.length) next = viewsAt(first + batchSize);
    const embedded = await encoder.embed(batch.views);
    const bad = new Set(batch.skipped.map(({ row }) => row));
    skipped.push(...batch.skipped.map(({ name, code, message }) => ({ name, code, message })));
    for (const [row, index] of indices.entries()) {
      if (bad.has(row)) continue;
      features.set(embedded.subarray(row * width, (row + 1) * width), names.length * width);
      names.push(source.name(index));
    }
    onProgress?.(Math.min(first + batchSize, source.length), source.length);
  }
  return { features: features.subarray(0, names.length * width), names, skipped };
}
