import assert from 'node:assert/strict';
import { scoresOf, trainLinearClassifier } from '../../evals/classifiers/linear-classifier.ts';
import { features } from '../../evals/features/features.ts';
import { topK } from '../../evals/metrics/accuracy.ts';
import { assertClose, loadFixture } from './fixture.ts';

interface Config {
  probe: { batch: number; epochs: number; lr: number; momentum: number; weight_decay: number };
}
type Scalars = Record<'probe' | 'probe_no_bn_decay', { test_top1: number; mean_loss_per_epoch: number[] }>;

describe('golden knn_probe: the linear classifier', () => {
  const fixture = loadFixture<Config, Scalars>('knn_probe');
  const { batch: batchSize, epochs, lr, momentum, weight_decay: weightDecay } = fixture.config.probe;
  // The fixture has the rate of its own batches.
  const learningRate = (lr * 256) / batchSize;
  const matrix = (name: string) => features(fixture.values(name), fixture.tensor(name).shape[1]!);
  const integers = (name: string) => Int32Array.from(fixture.values(name));
  const [numClasses, dimension] = fixture.tensor('probe.init.linear.weight').shape as [number, number];

  for (const name of ['probe', 'probe_no_bn_decay'] as const) {
    it(`${name}: losses, weights, statistics and scores`, async () => {
      const initial = {
        weight: transposed(fixture.values('probe.init.linear.weight'), numClasses, dimension),
        bias: fixture.values('probe.init.linear.bias'),
      };
      const classes = integers('train_labels');
      const trained = await trainLinearClassifier(matrix('train'), { kind: 'classes', classes }, numClasses, {
        ...{ batchSize, epochs, learningRate, momentum, weightDecay, initial, milestones: [] },
        decayNorm: name === 'probe',
        orderOf: (epoch) => integers(`probe.order${epoch}`),
      });
      assertClose(trained.losses, fixture.values(`${name}.losses`), fixture.tolerances['losses']!, 'losses');
      const { weight, bias, scale, shift, runningMean, runningVariance } = trained.layers;
      const final = {
        'linear.weight': transposed(weight, dimension, numClasses),
        'linear.bias': bias,
        'bn.weight': scale,
        'bn.bias': shift,
        'bn.running_mean': runningMean,
        'bn.running_var': runningVariance,
      };
      for (const [part, values] of Object.entries(final)) {
        assertClose(values, fixture.values(`${name}.final.${part}`), fixture.tolerances['final.*']!, part);
      }
      const scores = await scoresOf(trained, matrix('test'));
      assertClose(scores, fixture.values(`${name}.test_logits`), fixture.tolerances['test_logits']!, 'test_logits');
      const hits = topK(scores, numClasses, integers('test_labels'), 1);
      const top1 = (100 * hits.reduce((sum, hit) => sum + hit, 0)) / hits.length;
      assert.ok(Math.abs(top1 - fixture.scalars[name].test_top1) < 1e-9, `top-1 ${top1}`);
      const perEpoch = trained.losses.length / epochs;
      for (const [epoch, expected] of fixture.scalars[name].mean_loss_per_epoch.entries()) {
        const losses = trained.losses.subarray(epoch * perEpoch, (epoch + 1) * perEpoch);
        assertClose([mean(losses)], [expected], fixture.tolerances['losses']!, `mean loss of epoch ${epoch}`);
      }
    });
  }
});

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  return Float32Array.from(values, (_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!);
}
