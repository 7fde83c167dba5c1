/** Embeddings of images, block after block: out of files, or as an encoder makes them. */
import { CompactStrings } from '../../data/compact-strings.ts';
import type { ImageSource } from '../../data/source.ts';
import { EvaluationError } from '../errors.ts';
import { embedBatches, type SkippedImage } from '../features/embed-images.ts';
import type { Encoder } from '../features/encoder.ts';
import { FeatureFile } from '../features/feature-file.ts';
import { rowBlocks } from './row-blocks.ts';

export interface EmbeddingBlock {
  /** The images of the rows, by their numbers in the source. */
  readonly images: Int32Array;
  /** (images, width). Good until the next block but one is asked for. */
  readonly values: Float32Array;
}

export interface EmbeddingSource {
  readonly names: CompactStrings;
  /** Numbers of an embedding. */
  readonly width: number;
  /** Images that could not be used, once all blocks have been read. */
  readonly skipped: readonly SkippedImage[];
  blocks(signal?: AbortSignal): AsyncIterable<EmbeddingBlock>;
}

/** @throws EvaluationError SHAPES_DIFFER; CheckpointError where a file is none of `auspex embed` */
export function filesOfEmbeddings(paths: readonly string[]): EmbeddingSource {
  const names = new CompactStrings();
  // Names of a file are let go of before the next is opened.
  const files = paths.map((path) => {
    const file = FeatureFile.open(path);
    for (const name of file.names) names.push(name);
    const { count, width, begin } = file;
    return { path, before: names.length - count, count, width, begin };
  });
  const width = files[0]?.width ?? 0;
  const other = files.find((file) => file.width !== width);
  if (other) {
    const message = `${other.path} has embeddings of ${other.width} numbers and ${files[0]!.path} of ${width}; give files of one encoder and layer.`;
    throw new EvaluationError('SHAPES_DIFFER', message);
  }
  return {
    ...{ names, width, skipped: [] },
    async *blocks(signal) {
      for await (const { file, first, count, values } of rowBlocks(files, width, signal)) {
        yield { images: numbers(files[file]!.before + first, count), values };
      }
    },
  };
}

function numbers(first: number, count: number): Int32Array {
  const all = new Int32Array(count);
  for (let i = 0; i < count; i++) all[i] = first + i;
  return all;
}

export function embeddingsOf(images: ImageSource, encoder: Encoder, threads: number): EmbeddingSource {
  const names = new CompactStrings();
  for (let image = 0; image < images.length; image++) names.push(images.name(image));
  const skipped: SkippedImage[] = [];
  return {
    ...{ names, width: encoder.width, skipped },
    async *blocks(signal) {
      for await (const batch of embedBatches(images, encoder, { threads, ...(signal && { signal }) })) {
        skipped.push(...batch.skipped);
        yield { images: Int32Array.from(batch.images), values: batch.features };
      }
    },
  };
}
