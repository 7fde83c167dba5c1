import assert from 'node:assert/strict';
import path from 'node:path';
import { writeSafetensors } from '../../../checkpoints/safetensors.ts';
import { normalNumbers } from '../../../data/random.ts';
import { EvaluationError } from '../../../evals/errors.ts';
import { FeatureFile } from '../../../evals/features/feature-file.ts';
import { features } from '../../../evals/features/features.ts';
import { wilsonInterval } from '../../../evals/intervals/confidence.ts';
import { knnClassify, retrieval, topAccuracy } from '../../../evals/neighbours/knn.ts';
import { nearestNeighbours, type Similarity } from '../../../evals/neighbours/nearest-neighbours.ts';
import { f32 } from '../../checkpoints/random-checkpoint.ts';
import { temporaryFolder } from '../../training/tiny-training.ts';

const rows = (...values: number[][]) => features(Float32Array.from(values.flat()), values[0]!.length);
const hasCode = (code: string) => (error: unknown) => error instanceof EvaluationError && error.code === code;

describe('nearest neighbours', () => {
  const temporary = temporaryFolder();
  after(() => temporary.remove());
  const database = rows([1, 0], [0, 1], [6, 8], [-1, 0], [2, 0]);

  it('ranks by cosine whatever the lengths, and gives ties to the lower index', async () => {
    const { indices, similarities } = await nearestNeighbours(rows([3, 0]), database, 5);
    assert.deepEqual([...indices], [0, 4, 2, 1, 3]);
    assert.deepEqual(
      [...similarities].map((s) => Math.round(s * 1e6) / 1e6),
      [1, 1, 0.6, 0, -1],
    );
  });

  it('ranks by the plain product where asked to', async () => {
    assert.deepEqual([...(await nearestNeighbours(rows([3, 0]), database, 3, 'dot')).indices], [2, 4, 0]);
  });

  it('agrees with a full sort for every number of queries modulo the block size', async () => {
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
      const { indices } = await nearestNeighbours(queries, many, 9);
      for (let query = 0; query < count; query++) {
        assert.deepEqual([...indices.subarray(query * 9, query * 9 + 9)], fullSort(queries, query, many).slice(0, 9));
      }
    }
  });

  it('gives a row of zeros the similarity 0, not NaN', async () => {
    assert.deepEqual([...(await nearestNeighbours(rows([0, 0]), database, 2)).similarities], [0, 0]);
  });

  it('finds what f64 finds where f32 and bf16 cannot tell rows apart', async () => {
    const [count, width, k] = [3000, 40, 7];
    // All nearly parallel: similarities differ from the sixth digit on.
    const numbers = normalNumbers((count + 5) * width, 9).map((value) => 1 + 1e-3 * value);
    const [few, all] = [features(numbers.subarray(0, 5 * width), width), features(numbers.subarray(5 * width), width)];
    for (const similarity of ['cosine', 'dot'] as const) {
      const { indices } = await nearestNeighbours(few, all, k, similarity);
      for (let query = 0; query < 5; query++) {
        const expected = fullSort(few, query, all, similarity).slice(0, k);
        assert.deepEqual([...indices.subarray(query * k, (query + 1) * k)], expected);
      }
    }
  });

  it('searches a file in blocks and finds the same as in memory', async () => {
    const [count, width] = [5000, 1024];
    const numbers = normalNumbers(count * width, 4);
    const file = path.join(temporary.path, 'features.safetensors');
    const names = Array.from({ length: count }, (_, row) => `${row}`);
    await writeFeatures(file, numbers, names, width);
    const few = features(
      numbers.slice(0, 3 * width).map((value, i) => value + Math.sin(i)),
      width,
    );
    const blocks: number[] = [];
    const onProgress = (done: number) => blocks.push(done);
    const opened = FeatureFile.open(file);
    const found = await nearestNeighbours(few, opened, 10, 'cosine', { onProgress });
    assert.ok(blocks.length > 1 && blocks.at(-1) === count, `blocks end at ${blocks}`);
    assert.deepEqual(found, await nearestNeighbours(few, features(numbers, width), 10));
    const signal = AbortSignal.abort(new Error('enough'));
    await assert.rejects(nearestNeighbours(few, opened, 10, 'cosine', { signal }), /enough/);
    numbers[(count - 1) * width] = Number.NaN;
    await writeFeatures(file, numbers, names, width);
    await assert.rejects(nearestNeighbours(few, FeatureFile.open(file), 10), hasCode('FEATURES_NOT_FINITE'));
  });

  it('refuses other widths, too many neighbours and broken features', async () => {
    await assert.rejects(nearestNeighbours(rows([1, 2, 3]), database, 1), hasCode('SHAPES_DIFFER'));
    await assert.rejects(nearestNeighbours(rows([1, 2]), database, 6), hasCode('NEIGHBOURS_OUT_OF_RANGE'));
    await assert.rejects(nearestNeighbours(rows([1, 2]), database, 0), hasCode('NEIGHBOURS_OUT_OF_RANGE'));
    assert.throws(() => rows([1, Number.NaN]), hasCode('FEATURES_NOT_FINITE'));
    assert.throws(() => features(new Float32Array(5), 2), hasCode('SHAPES_DIFFER'));
  });
});

describe('kNN classifier', () => {
  const database = rows([1, 0], [0.9, 0.1], [0, 1]);

  it('weighs each vote by exp(similarity / temperature)', async () => {
    const sharp = await knnClassify(rows([0, 1]), database, [0, 0, 1], 2, { k: 3, temperature: 0.1 });
    assert.deepEqual([...sharp.predictions], [1]);
    // At a high temperature similarity no longer counts, and two far neighbours outvote a near one.
    const flat = await knnClassify(rows([0, 1]), database, [0, 0, 1], 2, { k: 3, temperature: 100 });
    assert.deepEqual([...flat.predictions], [0]);
  });

  it('does not overflow on large unnormalised features', async () => {
    const result = await knnClassify(rows([1000, 0]), rows([1000, 0], [0, 1]), [1, 0], 2, {
      k: 2,
      temperature: 0.01,
      similarity: 'dot',
    });
    assert.deepEqual([...result.probabilities], [0, 1]);
  });

  it('never counts a class that got no vote', async () => {
    const result = await knnClassify(rows([1, 0]), database, [0, 0, 1], 3, { k: 1, temperature: 0.07 });
    assert.equal(topAccuracy(result, [2], 3), 0);
    assert.equal(topAccuracy(result, [0], 1), 1);
  });

  it('refuses labels that do not match the rows', async () => {
    await assert.rejects(
      knnClassify(rows([1, 0]), database, [0, 0], 2, { k: 1, temperature: 1 }),
      hasCode('SHAPES_DIFFER'),
    );
  });
});

describe('retrieval', () => {
  it('is the share of queries whose nearest row is their own', async () => {
    const result = await retrieval(rows([1, 0], [0, 1], [1, 1]), [7, 8, 9], rows([2, 0], [0, 3], [-1, -1]), [7, 5, 9]);
    assert.equal(result.precisionAtOne, 1 / 3);
    assert.deepEqual([...result.correct], [1, 0, 0]);
  });
});

describe('Wilson interval', () => {
  it('matches a published value and keeps a width at the ends', async () => {
    // Newcombe 1998, table I: 81 of 263 gives 0.2553 to 0.3662.
    const { low, high } = wilsonInterval(81, 263);
    assert.deepEqual([low.toFixed(4), high.toFixed(4)], ['0.2553', '0.3662']);
    assert.equal(wilsonInterval(0, 20).low, 0);
    assert.ok(wilsonInterval(0, 20).high > 0.1);
    assert.ok(wilsonInterval(20, 20).high <= 1);
  });
});

/** All database rows by decreasing similarity. */
function fullSort(
  queries: ReturnType<typeof rows>,
  query: number,
  database: ReturnType<typeof rows>,
  similarity: Similarity = 'cosine',
): number[] {
  const { dimension } = queries;
  const row = (matrix: typeof queries, i: number) => [...matrix.values.subarray(i * dimension, (i + 1) * dimension)];
  const dot = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  const own = row(queries, query);
  const similarities = Array.from({ length: database.count }, (_, i) => {
    const other = row(database, i);
    return similarity === 'dot' ? dot(own, other) : dot(own, other) / Math.sqrt(dot(own, own) * dot(other, other));
  });
  return similarities.map((_, i) => i).sort((i, j) => similarities[j]! - similarities[i]!);
}

/** As `auspex embed` writes them. */
async function writeFeatures(file: string, values: Float32Array<ArrayBuffer>, names: string[], width: number) {
  await writeSafetensors(file, new Map([['features', f32([names.length, width], values)]]), {
    names: JSON.stringify(names),
  });
}
