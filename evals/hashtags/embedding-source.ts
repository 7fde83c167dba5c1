/** Embeddings of images, block after block: out of files, or as an encoder makes them. */
import { CompactStrings } from '../../data/compact-strings.ts';
import type { ImageSource } from '../../data/source.ts';
import { embedBatches, type SkippedImage } from '../embed-images.ts';
import type { Encoder } from '../encoder.ts';
import { EvaluationError } from '../errors.ts';
import { FeatureFile } from '../feature-file.ts';

export interface EmbeddingBlock {
  /** The images of the rows, by their numbers in the source. */
  readonly images: Int32Array;
  /** (images, width). Good until the next block is asked for. */
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

/** Bytes of a block. */
const BLOCK_BYTES = 16 * 2 ** 20;

/** @throws EvaluationError SHAPES_DIFFER; CheckpointError where a file is none of `auspex embed` */
export function filesOfEmbeddings(paths: readonly string[]): EmbeddingSource {
  const names = new CompactStrings();
  // Names of a file are let go of before the next is opened.
  const files = paths.map((path) => {
    const file = FeatureFile.open(path);
    for (const name of file.names) names.push(name);
    return { path, first: names.length - file.count, count: file.count, width: file.width, begin: file.begin };
  });
  const width = files[0]?.width ?? 0;
  const other = files.find((file) => file.width !== width);
  if (other) {
    const message = `${other.path} has embeddings of ${other.width} numbers and ${files[0]!.path} of ${width}; give files of one encoder and layer.`;
    throw new EvaluationError('SHAPES_DIFFER', message);
  }
  return { names, width, skipped: [], blocks: (signal) => blocksOf(files, width, signal) };
}

interface OpenedFile {
  readonly path: string;
  /** Number of its first image. */
  readonly first: number;
  readonly count: number;
  /** Byte of its first row. */
  readonly begin: number;
}

/** Blocks that are read while one is used. */
const AHEAD = 2;

async function* blocksOf(
  files: readonly OpenedFile[],
  width: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<EmbeddingBlock> {
  const rows = Math.max(1, Math.floor(BLOCK_BYTES / 4 / width));
  const memory = Array.from({ length: AHEAD + 1 }, () => new Float32Array(rows * width));
  const parts = files.flatMap((file) =>
    Array.from({ length: Math.ceil(file.count / rows) }, (_, i) => ({
      file,
      from: i * rows,
      count: Math.min(rows, file.count - i * rows),
    })),
  );
  const readPart = async (index: number) => {
    const part = parts[index];
    if (!part) return undefined;
    const { file, from, count } = part;
    const values = await FeatureFile.readRows(file, from, count, width, memory[index % memory.length]!);
    const images = new Int32Array(count);
    for (let row = 0; row < count; row++) images[row] = file.first + from + row;
    return { images, values };
  };
  const read = (index: number) => {
    const block = readPart(index);
    block.catch(() => undefined); // whoever awaits it hears of it
    return block;
  };
  const reads = parts.slice(0, AHEAD).map((_, index) => read(index));
  for (let index = 0; index < parts.length; index++) {
    signal?.throwIfAborted();
    const block = await reads.shift();
    reads.push(read(index + AHEAD));
    yield block!;
  }
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
