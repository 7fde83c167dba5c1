import assert from 'node:assert/strict';
import { LinearMap } from '../../evals/linear-algebra/matrix-products.ts';
import {
  type MapShape,
  normaliseRows,
  type Pooling,
  poolMap,
  regionsOf,
  sumRows,
} from '../../evals/retrieval/pooling.ts';
import { averagePrecision, positiveRanks, precisionAt, rankBySimilarity } from '../../evals/retrieval/ranking.ts';
import { type Whitening, WhiteningFit, whiteningMap } from '../../evals/retrieval/whitening.ts';
import { assertClose, loadFixture } from './fixture.ts';

interface Config {
  rmac_levels: number;
  pca_components: number;
  channels: number;
  gem_powers: number[];
  gem_eps: number;
}

interface Scores {
  mAP: number;
  AP: (number | null)[];
  'precision@1,5,10': number[];
}

interface Scalars {
  rmac: { map: string; regions: number; levels: number }[];
  pca_eigenvalues: number[];
  ranking: {
    positives: number[][];
    junk: number[][];
    with_junk: Scores;
    without_junk: Scores;
    holidays_AP_without_junk: (number | null)[];
    'rectangle_AP_without_junk (scikit-learn)': (number | null)[];
    rectangle_mAP_without_junk: number;
  };
}

describe('golden retrieval: R-MAC, GeM, whitening, mean average precision', () => {
  const fixture = loadFixture<Config, Scalars>('retrieval');
  const { config, scalars, tolerances } = fixture;
  const exactly = tolerances['rmac_raw, gem*']!;
  const roughly = tolerances['grams and distances']!;
  const rmac: Pooling = { kind: 'rmac', levels: config.rmac_levels };

  /** The maps of a tensor (N, C, H, W), each (H, W, C). */
  function maps(name: string): { shape: MapShape; maps: Float32Array[] } {
    const [count, channels, height, width] = fixture.tensor(name).shape as [number, number, number, number];
    const values = fixture.values(name);
    const cells = height * width;
    return {
      shape: [height, width, channels],
      maps: Array.from({ length: count }, (_, n) =>
        Float32Array.from({ length: cells * channels }, (__, i) => {
          const [cell, channel] = [Math.floor(i / channels), i % channels];
          return values[(n * channels + channel) * cells + cell]!;
        }),
      ),
    };
  }

  const regionVectors = ({ maps: all, shape }: ReturnType<typeof maps>) =>
    all.map((map) => normaliseRows(poolMap(map, shape, rmac), shape[2]));

  async function fitted(components?: number): Promise<Whitening> {
    const fit = new WhiteningFit(config.channels);
    // Some at a time, as they come from an encoder.
    for (const rows of regionVectors(maps('whiten_features'))) await fit.add(rows);
    return fit.finish(components);
  }

  function gram(rows: Float32Array, dimension: number): number[] {
    const count = rows.length / dimension;
    const row = (i: number) => rows.subarray(i * dimension, (i + 1) * dimension);
    return Array.from({ length: count ** 2 }, (_, i) => dot(row(Math.floor(i / count)), row(i % count)));
  }

  const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

  for (const { map, regions, levels } of scalars.rmac) {
    it(`${map}: regions, and their vectors`, () => {
      const given = maps(map);
      const found = regionsOf({ kind: 'rmac', levels }, given.shape);
      assert.equal(found.length, regions);
      assert.deepEqual(
        found.flatMap(({ x, y, width, height }) => [x, y, width, height]),
        [...fixture.values(`${map}.rmac_regions`)],
      );
      const vectors = regionVectors(given).flatMap((rows) => [...rows]);
      assertClose(vectors, fixture.values(`${map}.rmac_raw`), exactly, `${map}.rmac_raw`);
    });

    it(`${map}: whitened`, async () => {
      const whitening = await fitted(config.pca_components);
      const whiten = whiteningMap(whitening);
      const vectors: Float32Array[] = [];
      const dimension = whitening.eigenvalues.length;
      for (const rows of regionVectors(maps(map))) {
        vectors.push(sumRows(normaliseRows(await whiten.apply(rows), dimension), dimension));
      }
      whiten.free();
      const all = Float32Array.from(vectors.flatMap((vector) => [...vector]));
      const expected = fixture.values(`${map}.rmac_whitened_gram`);
      assertClose(gram(all, dimension), expected, roughly, `${map}.rmac_whitened_gram`);
    });

    for (const power of config.gem_powers) {
      it(`${map}: GeM of power ${power}`, () => {
        const given = maps(map);
        const pooled = given.maps.flatMap((each) => [...poolMap(each, given.shape, { kind: 'gem', power })]);
        assertClose(pooled, fixture.values(`${map}.gem${power}`), exactly, `${map}.gem${power}`);
      });
    }
  }

  it('the vectors that whitening is fitted to', () => {
    const vectors = regionVectors(maps('whiten_features')).flatMap((rows) => [...rows]);
    assertClose(vectors, fixture.values('whiten_vectors'), exactly, 'whiten_vectors');
  });

  it('principal components: mean, eigenvalues, components up to sign', async () => {
    const { mean, components, eigenvalues } = await fitted(config.pca_components);
    assertClose(mean, fixture.values('pca.mean'), exactly, 'pca.mean');
    assertClose(eigenvalues, scalars.pca_eigenvalues, roughly, 'pca_eigenvalues');
    // The reference keeps them divided by the roots of their eigenvalues.
    const expected = fixture.values('pca.components');
    const channels = config.channels;
    const scaled = components.map((value, i) => value / Math.sqrt(eigenvalues[Math.floor(i / channels)]!));
    for (let k = 0; k < eigenvalues.length; k++) {
      const [ours, theirs] = [scaled, expected].map((all) => all.subarray(k * channels, (k + 1) * channels));
      const sign = Math.sign(dot(ours!, theirs!));
      assertClose(
        ours!.map((value) => sign * value),
        theirs!,
        roughly,
        `component ${k}`,
      );
    }
  });

  for (const [name, components] of [
    ['pca', config.pca_components],
    ['pca_all', config.channels],
  ] as const) {
    it(`${name}: what whitening does to vectors`, async () => {
      const whiten = whiteningMap(await fitted(components));
      const first = fixture.values('whiten_vectors').subarray(0, 40 * config.channels);
      const whitened = await whiten.apply(first);
      whiten.free();
      const products = gram(whitened, components);
      assertClose(products, fixture.values(`${name}.whitened_gram_first40`), roughly, `${name}.whitened_gram`);
      if (name !== 'pca') return;
      const distances = products.map((product, i) => {
        const [a, b] = [Math.floor(i / 40), i % 40];
        return products[a * 41]! + products[b * 41]! - 2 * product;
      });
      assertClose(distances, fixture.values('pca.whitened_sq_distances_first40'), roughly, 'squared distances');
    });
  }

  describe('ranking', () => {
    const { positives, junk, with_junk, without_junk, ...other } = scalars.ranking;
    const precisely = tolerances['mAP, AP']!;
    const dimension = fixture.tensor('queries').shape[1]!;
    const unit = (name: string) => normaliseRows(fixture.values(name).slice(), dimension);
    let rankings: Int32Array[];

    before(async () => {
      const database = new LinearMap(unit('database'), dimension);
      const similarities = await database.apply(unit('queries'));
      database.free();
      const width = similarities.length / positives.length;
      rankings = positives.map((_, query) =>
        rankBySimilarity(similarities.subarray(query * width, (query + 1) * width)),
      );
    });

    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const found = (ignored: boolean) =>
      rankings.map((ranking, q) =>
        positiveRanks(ranking, { positives: positives[q]!, ...(ignored && { junk: junk[q]! }) }),
      );
    const known = (values: readonly (number | null)[]) => values.filter((value) => value !== null);

    it('by cosine', () => {
      assert.deepEqual(
        rankings.flatMap((ranking) => [...ranking]),
        [...fixture.values('ranking')],
      );
    });

    for (const [name, scores, ignored] of [
      ['with junk', with_junk, true],
      ['without junk', without_junk, false],
    ] as const) {
      it(`${name}: average precision and precision at 1, 5, 10`, () => {
        const queries = found(ignored).filter((ranks) => ranks.length > 0);
        const precisions = queries.map((ranks) => averagePrecision(ranks, ranks.length));
        assertClose(precisions, known(scores.AP), precisely, 'AP');
        assertClose([mean(precisions)], [scores.mAP], precisely, 'mAP');
        const at = [1, 5, 10].map((k) => mean(queries.map((ranks) => precisionAt(ranks, k))));
        assertClose(at, scores['precision@1,5,10'], precisely, 'precision at k');
      });
    }

    it('trapezoids of the Holidays evaluation, and the rectangles of scikit-learn', () => {
      const queries = found(false).filter((ranks) => ranks.length > 0);
      const areas = (rule: 'trapezoid' | 'rectangle') =>
        queries.map((ranks) => averagePrecision(ranks, ranks.length, rule));
      assertClose(areas('trapezoid'), known(other.holidays_AP_without_junk), precisely, 'trapezoid AP');
      const rectangles = areas('rectangle');
      assertClose(rectangles, known(other['rectangle_AP_without_junk (scikit-learn)']), precisely, 'rectangle AP');
      assertClose([mean(rectangles)], [other.rectangle_mAP_without_junk], precisely, 'rectangle mAP');
    });

    it('a query without positives has no precision', () => {
      assert.ok(Number.isNaN(averagePrecision([], 0)) && Number.isNaN(precisionAt([], 1)));
    });
  });
});
