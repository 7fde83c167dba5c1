/** One vector per image from its feature map: pooled by regions, whitened, summed (Sec. 4.2.4 and App. G of the paper). */
import type { LinearMap } from '../linear-algebra/matrix-products.ts';
import type { SplitFeatures } from '../protocols/protocol.ts';
import { type MapShape, normaliseRows, type Pooling, poolMap, sumRows } from './pooling.ts';
import { type Whitening, WhiteningFit, whiteningMap } from './whitening.ts';

export interface Descriptors {
  /** (rows.length, dimension), unit rows. */
  readonly vectors: Float32Array;
  readonly dimension: number;
  /** The image of each row. */
  readonly rows: Int32Array;
}

/** One whitening for each pooling, fitted to the region vectors of all images, each of unit length. */
export async function fitWhitenings(
  batches: AsyncIterable<SplitFeatures>,
  poolings: readonly Pooling[],
  components: number | undefined,
  signal: AbortSignal,
): Promise<Whitening[]> {
  const fits: WhiteningFit[] = [];
  for await (const batch of batches) {
    for (const [i, pooling] of poolings.entries()) {
      fits[i] ??= new WhiteningFit(shapeOf(batch)[2]);
      await fits[i].add(regionVectors(batch, pooling).flat);
    }
  }
  const whitenings: Whitening[] = [];
  for (const fit of fits) whitenings.push(await fit.finish(components, signal));
  return whitenings;
}

/**
 * Descriptors of all images for each pooling.
 * @param whitenings one for each pooling, or none
 */
export async function describeImages(
  batches: AsyncIterable<SplitFeatures>,
  poolings: readonly Pooling[],
  whitenings: readonly Whitening[],
): Promise<Descriptors[]> {
  const maps = whitenings.map(whiteningMap);
  const vectors = poolings.map((): Float32Array[] => []);
  const rows: number[] = [];
  try {
    for await (const batch of batches) {
      rows.push(...batch.rows);
      for (const [i, pooling] of poolings.entries()) {
        vectors[i]!.push(...(await describeBatch(batch, pooling, maps[i], whitenings[i])));
      }
    }
  } finally {
    for (const map of maps) map.free();
  }
  return vectors.map((each) => {
    const dimension = each[0]?.length ?? 0;
    const joined = new Float32Array(each.length * dimension);
    for (const [row, vector] of each.entries()) joined.set(vector, row * dimension);
    return { vectors: joined, dimension, rows: Int32Array.from(rows) };
  });
}

async function describeBatch(
  batch: SplitFeatures,
  pooling: Pooling,
  map: LinearMap | undefined,
  whitening: Whitening | undefined,
): Promise<Float32Array[]> {
  const { flat, regions } = regionVectors(batch, pooling);
  const dimension = whitening?.eigenvalues.length ?? shapeOf(batch)[2];
  const parts = map ? normaliseRows(await map.apply(flat), dimension) : flat;
  const size = regions * dimension;
  return Array.from({ length: batch.rows.length }, (_, row) =>
    sumRows(parts.subarray(row * size, (row + 1) * size), dimension),
  );
}

/** (rows * regions, channels), unit rows. */
function regionVectors(batch: SplitFeatures, pooling: Pooling): { flat: Float32Array; regions: number } {
  const shape = shapeOf(batch);
  const { values, dimension, count } = batch.features;
  const pooled = Array.from({ length: count }, (_, row) =>
    poolMap(values.subarray(row * dimension, (row + 1) * dimension), shape, pooling),
  );
  const size = pooled[0]?.length ?? 0;
  const flat = new Float32Array(count * size);
  for (const [row, vectors] of pooled.entries()) flat.set(vectors, row * size);
  return { flat: normaliseRows(flat, shape[2]), regions: size / shape[2] };
}

/** Vectors without a map are maps of one cell. */
function shapeOf({ shape }: SplitFeatures): MapShape {
  return shape.length === 3 ? (shape as unknown as MapShape) : [1, 1, shape[0]!];
}
