import assert from 'node:assert/strict';
import { wilsonInterval } from '../../evals/confidence.ts';
import { EvaluationError } from '../../evals/errors.ts';
import { features } from '../../evals/features.ts';
import { knnClassify, retrieval, topAccuracy } from '../../evals/knn.ts';
import { nearestNeighbours } from '../../evals/nearest-neighbours.ts';

const rows = (...values: number[][]) => features(Float32Array.from(values.flat()), values[0]!.length);
const hasCode = (code: string) => (error: unknown) => error instanceof EvaluationError && error.code === code;

describe('nearest neighbours', () => {
  const database = rows([1, 0], [0, 1], [6, 8], [-1, 0], [2, 0]);

  it('ranks by cosine whatever the lengths, and gives ties to the lower index', () => {
    const { indices, similarities } = nearestNeighbours(rows([3, 0]), database, 5);
    assert.deepEqual([...indices], [0, 4, 2, 1, 3]);
    assert.deepEqual(
      [...similarities].map((s) => Math.round(s * 1e6) / 1e6),
      [1, 1, 0.6, 0, -1],
    );
  });

  it('ranks by the plain product where asked to', () => {
    assert.deepEqual([...nearestNeighbours(rows([3, 0]), database, 3, 'dot').indices], [2, 4, 0]);
  });

  it('agrees with a full sort for every number of queries modulo the block size', () => {
    let state = 20240229;
    const random = () => {
      state = (state * 1103515245 + 12345) % 2147483648;
      return state / 1073741824 - 1;
    };
    const matrix = (count: number, dimension: number) =>
      features(Float32Array.from({ length: count * dimension }, random), dimension);
    const many = matrix(37, 6);
    for (const count of [1, 2, 3, 4, 5, 7, 8]) {
      const queries = matrix(count, 6);
      const { indices } = nearestNeighbours(queries, many, 9);
      for (let query = 0; query < count; query++) {
        assert.deepEqual([...indices.subarray(query * 9, query * 9 + 9)], fullSort(queries, query, many).slice(0, 9));
      }
    }
  });

  it('gives a row of zeros the similarity 0, not NaN', () => {
    assert.deepEqual([...nearestNeighbours(rows([0, 0]), database, 2).similarities], [0, 0]);
  });

  it('refuses other widths, too many neighbours and broken features', () => {
    assert.throws(() => nearestNeighbours(rows([1, 2, 3]), database, 1), hasCode('SHAPES_DIFFER'));
    assert.throws(() => nearestNeighbours(rows([1, 2]), database, 6), hasCode('NEIGHBOURS_OUT_OF_RANGE'));
    assert.throws(() => nearestNeighbours(rows([1, 2]), database, 0), hasCode('NEIGHBOURS_OUT_OF_RANGE'));
    assert.throws(() => rows([1, Number.NaN]), hasCode('FEATURES_NOT_FINITE'));
    assert.throws(() => features(new Float32Array(5), 2), hasCode('SHAPES_DIFFER'));
  });
});

describe('kNN classifier', () => {
  const database = rows([1, 0], [0.9, 0.1], [0, 1]);

  it('weighs each vote by exp(similarity / temperature)', () => {
    const sharp = knnClassify(rows([0, 1]), database, [0, 0, 1], 2, { k: 3, temperature: 0.1 });
    assert.deepEqual([...sharp.predictions], [1]);
    // At a high temperature similarity no longer counts, and two far neighbours outvote a near one.
    const flat = knnClassify(rows([0, 1]), database, [0, 0, 1], 2, { k: 3, temperature: 100 });
    assert.deepEqual([...flat.predictions], [0]);
  });

  it('does not overflow on large unnormalised features', () => {
    const result = knnClassify(rows([1000, 0]), rows([1000, 0], [0, 1]), [1, 0], 2, {
      k: 2,
      temperature: 0.01,
      similarity: 'dot',
    });
    assert.deepEqual([...result.probabilities], [0, 1]);
  });

  it('never counts a class that got no vote', () => {
    const result = knnClassify(rows([1, 0]), database, [0, 0, 1], 3, { k: 1, temperature: 0.07 });
    assert.equal(topAccuracy(result, [2], 3), 0);
    assert.equal(topAccuracy(result, [0], 1), 1);
  });

  it('refuses labels that do not match the rows', () => {
    assert.throws(
      () => knnClassify(rows([1, 0]), database, [0, 0], 2, { k: 1, temperature: 1 }),
      hasCode('SHAPES_DIFFER'),
    );
  });
});

describe('retrieval', () => {
  it('is the share of queries whose nearest row is their own', () => {
    const result = retrieval(rows([1, 0], [0, 1], [1, 1]), [7, 8, 9], rows([2, 0], [0, 3], [-1, -1]), [7, 5, 9]);
    assert.equal(result.precisionAtOne, 1 / 3);
    assert.deepEqual([...result.correct], [1, 0, 0]);
  });
});

describe('Wilson interval', () => {
  it('matches a published value and keeps a width at the ends', () => {
    // Newcombe 1998, table I: 81 of 263 gives 0.2553 to 0.3662.
    const { low, high } = wilsonInterval(81, 263);
    assert.deepEqual([low.toFixed(4), high.toFixed(4)], ['0.2553', '0.3662']);
    assert.equal(wilsonInterval(0, 20).low, 0);
    assert.ok(wilsonInterval(0, 20).high > 0.1);
    assert.ok(wilsonInterval(20, 20).high <= 1);
  });
});

/** All database rows by decreasing cosine. */
function fullSort(queries: ReturnType<typeof rows>, query: number, database: ReturnType<typeof rows>): number[] {
  const { dimension } = queries;
  const row = (matrix: typeof queries, i: number) => [...matrix.values.subarray(i * dimension, (i + 1) * dimension)];
  const dot = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  const cosine = (a: number[], b: number[]) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  const similarities = Array.from({ length: database.count }, (_, i) => cosine(row(queries, query), row(database, i)));
  return similarities.map((_, i) => i).sort((i, j) => similarities[j]! - similarities[i]!);
}
