import { EvaluationError } from './errors.ts';
import { type Features, inverseNorms } from './features.ts';

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

/** Queries that share one pass over the database; four sums fit the registers that a JavaScript engine has. */
const QUERIES_AT_ONCE = 4;

/**
 * Exact search by brute force: queries * database * dimension multiply-adds on one thread.
 * @throws EvaluationError SHAPES_DIFFER, NEIGHBOURS_OUT_OF_RANGE
 */
export function nearestNeighbours(
  queries: Features,
  database: Features,
  k: number,
  similarity: Similarity = 'cosine',
): Neighbours {
  checkSearch(queries, database, k);
  const indices = new Int32Array(queries.count * k).fill(-1);
  const similarities = new Float64Array(queries.count * k).fill(-Infinity);
  const queryScale = similarity === 'cosine' ? inverseNorms(queries) : undefined;
  const databaseScale = similarity === 'cosine' ? inverseNorms(database) : undefined;
  const dots = new Float64Array(QUERIES_AT_ONCE);

  for (let first = 0; first < queries.count; first += QUERIES_AT_ONCE) {
    const last = Math.min(first + QUERIES_AT_ONCE, queries.count);
    for (let row = 0; row < database.count; row++) {
      dotFour(queries, first, database, row, dots);
      const rowScale = databaseScale?.[row] ?? 1;
      for (let query = first; query < last; query++) {
        const value = dots[query - first]! * (queryScale?.[query] ?? 1) * rowScale;
        insert(indices, similarities, query * k, k, row, value);
      }
    }
  }
  return { k, indices, similarities };
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

function checkSearch(queries: Features, database: Features, k: number) {
  if (queries.dimension !== database.dimension) {
    throw new EvaluationError(
      'SHAPES_DIFFER',
      `Queries have ${queries.dimension} features and the database ${database.dimension}; ` +
        'embed both with the same encoder and layer.',
    );
  }
  if (!Number.isInteger(k) || k < 1 || k > database.count) {
    throw new EvaluationError(
      'NEIGHBOURS_OUT_OF_RANGE',
      `${k} neighbours were asked for, but the database has ${database.count} rows; choose 1 to ${database.count}.`,
    );
  }
}

/** Dot products of one database row with up to four queries; past the last query it repeats that one. */
function dotFour(queries: Features, first: number, database: Features, row: number, out: Float64Array) {
  const { values: q, dimension } = queries;
  const x = database.values;
  const last = queries.count - 1;
  let a = first * dimension;
  let b = Math.min(first + 1, last) * dimension;
  let c = Math.min(first + 2, last) * dimension;
  let d = Math.min(first + 3, last) * dimension;
  let dotA = 0;
  let dotB = 0;
  let dotC = 0;
  let dotD = 0;
  for (let i = row * dimension; i < (row + 1) * dimension; i++) {
    const value = x[i]!;
    dotA += q[a++]! * value;
    dotB += q[b++]! * value;
    dotC += q[c++]! * value;
    dotD += q[d++]! * value;
  }
  out[0] = dotA;
  out[1] = dotB;
  out[2] = dotC;
  out[3] = dotD;
}

/** Keeps the best k of a query sorted: almost every row fails the first comparison, so this beats a heap. */
function insert(indices: Int32Array, similarities: Float64Array, begin: number, k: number, row: number, value: number) {
  let slot = begin + k - 1;
  if (!(value > similarities[slot]!)) return;
  while (slot > begin && value > similarities[slot - 1]!) {
    similarities[slot] = similarities[slot - 1]!;
    indices[slot] = indices[slot - 1]!;
    slot--;
  }
  similarities[slot] = value;
  indices[slot] = row;
}
