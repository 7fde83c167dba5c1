import { hasBf16 } from '../../kernels/executor.ts';
import { NeighbourSearch } from '../../kernels/features.ts';
import { EvaluationError } from '../errors.ts';
import type { FeatureFile } from '../features/feature-file.ts';
import { type Features, features } from '../features/features.ts';

/** `cosine` is the dot product of L2-normalised rows; `dot` takes the rows as they are. */
export type Similarity = 'cosine' | 'dot';

/** The k most similar database rows of every query, most similar first; ties go to the lower index. */
export interface Neighbours {
  readonly k: number;
  /** Rows of the database, [queries, k]. */
  readonly indices: Int32Array;
  /** [queries, k], in double precision because it is about to be exponentiated. */
  readonly similarities: Float64Array;
}

export interface SearchOptions {
  /** Ends it between two blocks, with its reason. */
  readonly signal?: AbortSignal;
  /** Told of rows of the database. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Multiply-adds of a block: a second or two, after which others have their turn and a signal is looked at. */
const BLOCK_OPERATIONS = 2 ** 38;
/** Bytes of a block of a file; the next one is read meanwhile. */
const BLOCK_BYTES = 16 * 2 ** 20;

/**
 * Exact search on all processors. Of a database in a file some blocks are in memory at a time, however large it is.
 * @throws EvaluationError SHAPES_DIFFER, NEIGHBOURS_OUT_OF_RANGE; FEATURES_NOT_FINITE of a file; CheckpointError CHECKPOINT_DAMAGED
 */
export async function nearestNeighbours(
  queries: Features,
  database: Features | FeatureFile,
  k: number,
  similarity: Similarity = 'cosine',
  { signal, onProgress }: SearchOptions = {},
): Promise<Neighbours> {
  const { count } = database;
  const width = 'dimension' in database ? database.dimension : database.width;
  checkSearch(queries, count, width, k);
  const search = new NeighbourSearch(queries.values, width, k, { cosine: similarity === 'cosine', bf16: hasBf16() });
  const most = 'values' in database ? Number.POSITIVE_INFINITY : BLOCK_BYTES / 4 / width;
  const rows = Math.max(1, Math.floor(Math.min(most, BLOCK_OPERATIONS / (queries.count * width))));
  // A block is read into one of two places while the other is searched.
  const places = 'values' in database ? [] : [0, 1].map(() => new Float32Array(Math.min(rows, count) * width));
  let next = block(database, 0, rows, places[0]);
  for (let first = 0; first < count; first += rows) {
    const values = await next;
    next = block(database, first + rows, rows, places[(first / rows + 1) % 2]);
    next.catch(() => undefined); // whoever awaits it hears of it
    signal?.throwIfAborted();
    await search.add(values);
    onProgress?.(Math.min(first + rows, count), count);
  }
  return { k, indices: search.indices, similarities: search.similarities };
}

/** Up to so many rows, none beyond the end. */
async function block(
  database: Features | FeatureFile,
  first: number,
  rows: number,
  place: Float32Array<ArrayBuffer> | undefined,
): Promise<Float32Array> {
  const number = Math.max(0, Math.min(rows, database.count - first));
  if ('values' in database) {
    const { values, dimension } = database;
    return values.subarray(first * dimension, (first + number) * dimension);
  }
  if (number === 0) return new Float32Array();
  return features(await database.rows(first, number, place), database.width).values;
}

/** One neighbour less of each query, where queries are the database: the query itself, or the last where it is not among them. */
export function withoutSelf({ k, indices, similarities }: Neighbours): Neighbours {
  const left = k - 1;
  const queries = indices.length / k;
  const others = { k: left, indices: new Int32Array(queries * left), similarities: new Float64Array(queries * left) };
  for (let query = 0; query < queries; query++) {
    let slot = query * left;
    const own = indices.subarray(query * k, (query + 1) * k).indexOf(query);
    const leftOut = own < 0 ? k - 1 : own;
    for (let i = 0; i < k; i++) {
      if (i === leftOut) continue;
      others.indices[slot] = indices[query * k + i]!;
      others.similarities[slot++] = similarities[query * k + i]!;
    }
  }
  return others;
}

function checkSearch(queries: Features, count: number, width: number, k: number) {
  if (queries.dimension !== width) {
    throw new EvaluationError(
      'SHAPES_DIFFER',
      `Queries have ${queries.dimension} features and the database ${width}; ` +
        'embed both with the same encoder and layer.',
    );
  }
  if (!Number.isInteger(k) || k < 1 || k > count) {
    throw new EvaluationError(
      'NEIGHBOURS_OUT_OF_RANGE',
      `${k} neighbours were asked for, but the database has ${count} rows; choose 1 to ${count}.`,
    );
  }
}
