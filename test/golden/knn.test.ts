import assert from 'node:assert/strict';
import { features } from '../../evals/features/features.ts';
import { knnClassify, topAccuracy } from '../../evals/neighbours/knn.ts';
import { assertClose, loadFixture } from './fixture.ts';

interface KnnCase {
  name: string;
  k: number;
  T: number;
  l2_normalise: boolean;
  top1: number;
  top5: number;
}

describe('golden knn_probe: the kNN classifier', () => {
  const fixture = loadFixture<unknown, { knn: KnnCase[] }>('knn_probe');
  const matrix = (name: string) => features(fixture.values(name), fixture.tensor(name).shape[1]!);

  for (const { name, k, T, l2_normalise, top1, top5 } of fixture.scalars.knn) {
    it(`${name}: predictions, probabilities and accuracies`, async () => {
      const numClasses = fixture.tensor(`${name}.probabilities`).shape[1]!;
      const result = await knnClassify(matrix('test'), matrix('train'), fixture.values('train_labels'), numClasses, {
        k,
        temperature: T,
        similarity: l2_normalise ? 'cosine' : 'dot',
      });
      assert.deepEqual([...result.predictions], [...fixture.values(`${name}.predictions`)]);
      const probabilities = fixture.values(`${name}.probabilities`);
      assertClose(result.probabilities, probabilities, fixture.tolerances['probabilities']!, `${name}.probabilities`);
      const labels = fixture.values('test_labels');
      const accuracies = [100 * topAccuracy(result, labels, 1), 100 * topAccuracy(result, labels, 5)];
      assertClose(accuracies, [top1, top5], fixture.tolerances['top1, top5']!, `${name} top-1 and top-5`);
    });
  }
});
