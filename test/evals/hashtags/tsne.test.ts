import assert from 'node:assert/strict';
import { features } from '../../../evals/features/features.ts';
import { tsne } from '../../../evals/hashtags/tsne.ts';
import { trustworthiness } from '../../../evals/metrics/trustworthiness.ts';
import { Descent } from '../../../kernels/tsne.ts';
import { normals, seed, uniform } from '../../program/random.ts';

const K = 20;

/** Points of a map, and neighbours that have nothing to do with where they are. */
function scene(count: number, spread: number, random: () => number) {
  const initial = Float64Array.from(normals(random, 2 * count, spread));
  const neighbours = Int32Array.from({ length: count * K }, (_, i) => {
    const row = Math.floor(i / K);
    return (row + 1 + (i % K) * 7) % count;
  });
  const distances = Float64Array.from({ length: count * K }, () => 0.1 + 3 * random());
  return { initial, neighbours, distances, perplexity: 6 };
}

/** Down the gradient once, and how good the map was before. */
async function step(input: ReturnType<typeof scene>, exact: boolean, exaggeration = 1) {
  const descent = new Descent({ ...input, exact });
  const rate = 0.5;
  const { divergence } = await descent.run(1, { learningRate: rate, momentum: 0, exaggeration });
  // A first step has gain 0.8. Points are moved to the middle, where they were not before.
  const moved = descent.points.map((value, i) => value - input.initial[i]!);
  const middle = [0, 1].map(
    (axis) => moved.reduce((sum, value, i) => (i % 2 === axis ? sum + value : sum), 0) / (moved.length / 2),
  );
  return { divergence, gradient: moved.map((value, i) => -(value - middle[i % 2]!) / (0.8 * rate)) };
}

describe('t-SNE', () => {
  it(`goes down the gradient of the divergence (finite differences, seed ${seed})`, async () => {
    const input = scene(80, 1.5, uniform(seed));
    const { gradient } = await step(input, true);
    for (const coordinate of [0, 1, 37, 88, 159]) {
      const at = async (by: number) => {
        const initial = input.initial.slice();
        initial[coordinate]! += by;
        return (await step({ ...input, initial }, true)).divergence;
      };
      const slope = ((await at(0.05)) - (await at(-0.05))) / 0.1;
      const error = Math.abs(slope - gradient[coordinate]!);
      assert.ok(
        error < 1e-3 * Math.max(...gradient.map(Math.abs)) + 2e-5,
        `${coordinate}: ${slope}, ${gradient[coordinate]}`,
      );
    }
  });

  for (const spread of [1e-4, 0.5, 3, 20, 60]) {
    it(`pushes on a grid as all pairs do, for maps of deviation ${spread} (seed ${seed})`, async () => {
      const input = scene(2000, spread, uniform(seed));
      // Without pulls, so that pushes are seen.
      const [exact, grid] = await Promise.all([step(input, true, 0), step(input, false, 0)]);
      const size = Math.hypot(...exact.gradient);
      const error = Math.hypot(...exact.gradient.map((value, i) => value - grid.gradient[i]!));
      assert.ok(error < (spread > 10 ? 0.03 : 0.006) * size, `${error / size}`);
      assert.ok(Math.abs(exact.divergence - grid.divergence) < 2e-4, `${exact.divergence} ${grid.divergence}`);
    });
  }

  it('brings the same numbers again', async () => {
    const rows = features(normals(uniform(5), 1000), 5);
    const [one, other] = [await tsne(rows, { iterations: 300 }), await tsne(rows, { iterations: 300 })];
    assert.deepEqual(one, other);
  });

  it(`keeps clusters apart (seed ${seed})`, async () => {
    const random = uniform(seed);
    const [clusters, each, width] = [6, 60, 10];
    const centres = normals(random, clusters * width, 4);
    const noise = normals(random, clusters * each * width, 0.5);
    const rows = features(
      noise.map((value, i) => value + centres[(Math.floor(i / width) % clusters) * width + (i % width)]!),
      width,
    );
    for (const repulsion of ['exact', 'grid'] as const) {
      const { points } = await tsne(rows, { perplexity: 20, iterations: 500, repulsion });
      for (let row = 0; row < rows.count; row++) {
        const nearest = nearestOf(points, row);
        assert.equal(nearest % clusters, row % clusters, `${repulsion}: neighbour of ${row}`);
      }
      assert.ok(trustworthiness(rows, points) > 0.9);
    }
  }).timeout(30_000);

  it('ends with the reason of its signal, and tells of its progress', async () => {
    const rows = features(normals(uniform(1), 600), 3);
    const told: number[] = [];
    await tsne(rows, { perplexity: 10, iterations: 120 }, { onProgress: (done) => told.push(done) });
    assert.deepEqual(told, [50, 100, 120]);
    await assert.rejects(tsne(rows, { perplexity: 10 }, { signal: AbortSignal.abort(new Error('enough')) }), {
      message: 'enough',
    });
  });

  it('refuses fewer rows than neighbours, and rows that are all alike', async () => {
    await assert.rejects(tsne(features(new Float32Array(40), 1)), {
      code: 'TOO_FEW_ROWS',
      message: /perplexity below 39/,
    });
    await assert.rejects(tsne(features(new Float32Array(200).fill(2), 2)), { code: 'FEATURES_ALIKE' });
  });
});

describe('trustworthiness', () => {
  const line = features(
    Float32Array.from({ length: 40 }, (_, i) => i),
    1,
  );
  const onLine = (order: readonly number[]) => order.flatMap((place) => [place, 0]);

  it('is 1 of a map that keeps all neighbours, and as defined of another', () => {
    const places = Array.from({ length: 40 }, (_, i) => i);
    assert.equal(trustworthiness(line, onLine(places), { k: 3 }), 1);
    // Two rows change places: 10 and 30.
    [places[10], places[30]] = [30, 10];
    const found = trustworthiness(line, onLine(places), { k: 2 });
    assert.ok(Math.abs(found - byDefinition(places, 2)) < 1e-12, `${found}`);
    assert.ok(found < 1);
    assert.throws(() => trustworthiness(line, onLine(places), { k: 20 }), { code: 'TOO_FEW_ROWS' });
  });

  /** Venna and Kaski's formula, by sorting. */
  function byDefinition(places: readonly number[], k: number): number {
    const n = places.length;
    const order = (of: readonly number[], row: number) =>
      [...of.keys()]
        .filter((i) => i !== row)
        .sort((a, b) => Math.abs(of[a]! - of[row]!) - Math.abs(of[b]! - of[row]!) || a - b);
    const rows = Array.from({ length: n }, (_, i) => i);
    let sum = 0;
    for (const row of rows) {
      // Equal distances share the better rank.
      const rank = (other: number) =>
        1 + rows.filter((i) => i !== row && Math.abs(i - row) < Math.abs(other - row)).length;
      for (const other of order(places, row).slice(0, k)) sum += Math.max(0, rank(other) - k);
    }
    return 1 - (2 * sum) / (n * k * (2 * n - 3 * k - 1));
  }
});

function nearestOf(points: Float64Array, row: number): number {
  let best = -1;
  let least = Number.POSITIVE_INFINITY;
  for (let other = 0; other < points.length / 2; other++) {
    const distance = Math.hypot(points[2 * row]! - points[2 * other]!, points[2 * row + 1]! - points[2 * other + 1]!);
    if (other !== row && distance < least) [best, least] = [other, distance];
  }
  return best;
}
