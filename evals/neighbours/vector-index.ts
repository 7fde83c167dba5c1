/**
 * Nearest neighbours without looking at every row: a graph of small worlds (HNSW), by usearch, which is imported here only. For few rows,
 * or where none may be missed, `nearestNeighbours` is exact.
 */
import { Index, MetricKind, ScalarKind } from 'usearch';
import { EvaluationError } from '../errors.ts';
import type { Features } from '../features/features.ts';
import type { Neighbours } from './nearest-neighbours.ts';

/** Rows that are added between two reports of progress. */
const ROWS_AT_ONCE = 1024;

export class VectorIndex {
  readonly dimension: number;
  readonly #index: Index;

  private constructor(dimension: number) {
    this.dimension = dimension;
    const kinds = { metric: MetricKind.Cos, quantization: ScalarKind.F32 };
    this.#index = new Index({
      ...kinds,
      dimensions: dimension,
      connectivity: 16,
      expansion_add: 128,
      expansion_search: 64,
      multi: false,
    });
  }

  /** Takes a while, on all cores, and does not let go of the thread meanwhile. */
  static build(
    { values, count, dimension }: Features,
    onProgress?: (done: number, total: number) => void,
  ): VectorIndex {
    const built = new VectorIndex(dimension);
    for (let first = 0; first < count; first += ROWS_AT_ONCE) {
      const last = Math.min(first + ROWS_AT_ONCE, count);
      const keys = BigUint64Array.from({ length: last - first }, (_, i) => BigInt(first + i));
      built.#index.add(keys, values.subarray(first * dimension, last * dimension), 0);
      onProgress?.(last, count);
    }
    return built;
  }

  /** Reads from the file as it searches, so that an index may be larger than memory. @throws Error where it is no index of that dimension */
  static open(file: string, dimension: number): VectorIndex {
    const opened = new VectorIndex(dimension);
    opened.#index.view(file);
    if (opened.#index.dimensions() === dimension) return opened;
    throw new EvaluationError(
      'SHAPES_DIFFER',
      `${file} is of ${opened.#index.dimensions()} features, not ${dimension}.`,
    );
  }

  save(file: string): void {
    this.#index.save(file);
  }

  get count(): number {
    return Number(this.#index.size());
  }

  /**
   * @param k at most as many as there are rows
   * @returns by cosine, the most similar first; the index is -1 where fewer were found
   * @throws EvaluationError SHAPES_DIFFER, NEIGHBOURS_OUT_OF_RANGE
   */
  search(queries: Features, k: number): Neighbours {
    if (queries.dimension !== this.dimension) {
      const message = `Queries have ${queries.dimension} features and the index ${this.dimension}; embed both with the same encoder and layer.`;
      throw new EvaluationError('SHAPES_DIFFER', message);
    }
    if (!Number.isInteger(k) || k < 1 || k > this.count) {
      const message = `${k} neighbours were asked for, but the index has ${this.count} rows; choose 1 to ${this.count}.`;
      throw new EvaluationError('NEIGHBOURS_OUT_OF_RANGE', message);
    }
    const indices = new Int32Array(queries.count * k).fill(-1);
    const similarities = new Float64Array(queries.count * k).fill(Number.NEGATIVE_INFINITY);
    for (let query = 0; query < queries.count; query++) {
      const row = queries.values.subarray(query * this.dimension, (query + 1) * this.dimension);
      const { keys, distances } = this.#index.search(row, k, 1);
      for (const [i, key] of keys.entries()) {
        indices[query * k + i] = Number(key);
        similarities[query * k + i] = 1 - distances[i]!;
      }
    }
    return { k, indices, similarities };
  }
}
