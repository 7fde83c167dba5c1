import assert from 'node:assert/strict';
import { features } from '../../evals/features/features.ts';
import { tsne } from '../../evals/hashtags/tsne.ts';
import { principalComponents } from '../../evals/linear-algebra/principal-components.ts';
import { trustworthiness } from '../../evals/metrics/trustworthiness.ts';
import { assertClose, loadFixture } from './fixture.ts';

interface Config {
  pca_components: number;
  perplexity: number;
  learning_rate: number;
  iterations: number;
}
interface Scalars {
  trustworthiness_12: number[];
  trustworthiness_min: number;
  kl_max: number;
  kl_min_plausible: number;
}

describe('golden t-SNE', () => {
  const { config, scalars, tolerances, ...fixture } = loadFixture<Config, Scalars>('tsne');
  const matrix = (name: string) => features(fixture.values(name), fixture.tensor(name).shape[1]!);
  const pca = () => principalComponents(matrix('data'), config.pca_components);

  it('principal components: variances, scores and distances', async () => {
    const { scores, explainedVariance, explainedShare } = await pca();
    const tolerance = tolerances['pca.explained_variance']!;
    assertClose(explainedVariance, fixture.values('pca.explained_variance'), tolerance, 'variance');
    assertClose(explainedShare, fixture.values('pca.explained_variance_ratio'), tolerance, 'share of the variance');
    const expected = fixture.values('pca.sq_distances_first40');
    const distances = expected.map((_, i) => squared(scores.values, scores.dimension, Math.floor(i / 40), i % 40));
    assertClose(distances, expected, tolerances['pca.sq_distances_first40']!, 'distances');
    assertClose(scores.values.map(Math.abs), fixture.values('pca.abs_scores'), tolerances['pca.abs_scores']!, 'scores');
  });

  it('trustworthiness of the example, which is one of the four runs', async () => {
    const trust = trustworthiness((await pca()).scores, fixture.values('example_embedding'));
    assert.ok(
      scalars.trustworthiness_12.some((known) => Math.abs(known - trust) < 2e-3),
      `${trust}`,
    );
  });

  for (const [repulsion, initial] of [
    ['exact', 'random'],
    ['exact', 'columns'],
    ['grid', 'random'],
  ] as const) {
    it(`a map as good as scikit-learn's, ${repulsion}, from ${initial} places`, async () => {
      const { scores } = await pca();
      const { perplexity, learning_rate: learningRate, iterations } = config;
      const map = await tsne(scores, { perplexity, learningRate, iterations, repulsion, initial });
      const trust = trustworthiness(scores, map.points);
      assert.ok(trust >= scalars.trustworthiness_min, `trustworthiness ${trust}`);
      assert.ok(map.divergence <= scalars.kl_max && map.divergence >= scalars.kl_min_plausible, `${map.divergence}`);
    });
  }
});

function squared(values: Float32Array, width: number, one: number, other: number): number {
  let sum = 0;
  for (let i = 0; i < width; i++) sum += (values[one * width + i]! - values[other * width + i]!) ** 2;
  return sum;
}
