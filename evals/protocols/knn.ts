/**
 * kNN: an image's class is the one for which the most similar training images vote. Nothing is trained, so it shows the features as
 * they are.
 *
 * The paper has no such table; settings are DINOv2's: cosine, each of k neighbours votes with exp(similarity / 0.07), k one of 10,
 * 20, 100 and 200. (VISSL, which SEER was measured with, has k 200, temperature 0.1 and raw features.)
 */
import * as z from 'zod';
import { FEATURE_LAYERS } from '../../program/encoder.ts';
import type { Dataset, Split, SplitName } from '../datasets/dataset.ts';
import { EvaluationError } from '../errors.ts';
import { labelsOf, requireEveryClass, requireSeveralClasses } from '../labels.ts';
import { voteOf } from '../neighbours/knn.ts';
import { nearestNeighbours } from '../neighbours/nearest-neighbours.ts';
import type { Metric } from '../result.ts';
import { writeClassifiedExamples } from './classified-examples.ts';
import type { Outcome, Protocol, Workbench } from './protocol.ts';
import { scoreMetrics, truthOf } from './scoring.ts';

const options = z.strictObject({
  layers: z.array(z.enum(FEATURE_LAYERS)).min(1).default(['pool']),
  size: z.int().min(8).max(4096).default(224),
  k: z.array(z.int().min(1).max(10_000)).min(1).default([10, 20, 100, 200]),
  temperature: z.number().positive().default(0.07),
});

export type KnnProtocolOptions = z.output<typeof options>;

export const knnProtocol: Protocol<KnnProtocolOptions> = {
  name: 'knn',
  description: 'classes of held-out images by votes of the most similar training images',
  source: 'not in the paper; settings of DINOv2',
  options,
  splits: ['train', 'test'],
  layers: ({ layers }) => layers,
  check,
  run,
};

/** @throws EvaluationError LABELS_UNSUITABLE, TOO_FEW_CLASSES, CLASS_WITHOUT_IMAGES, NEIGHBOURS_OUT_OF_RANGE */
function check({ k }: KnnProtocolOptions, splits: ReadonlyMap<SplitName, Split>, data: Dataset): void {
  const [train, test] = [splits.get('train')!, splits.get('test')!];
  if (train.labels.kind !== 'classes') {
    const message = `Images of ${data.name} have several classes each, for which neighbours cannot vote; take linear-probe.`;
    throw new EvaluationError('LABELS_UNSUITABLE', message);
  }
  requireEveryClass(train, 'train', data);
  requireSeveralClasses(test, 'test', data);
  const largest = Math.max(...k);
  if (largest <= train.images.length) return;
  const message = `${largest} neighbours were asked for, and there are ${train.images.length} training images; give fewer, such as --set k=[${Math.min(10, train.images.length)}].`;
  throw new EvaluationError('NEIGHBOURS_OUT_OF_RANGE', message);
}

async function run({ layers, size, k, temperature }: KnnProtocolOptions, bench: Workbench): Promise<Outcome> {
  const numClasses = bench.data.classes.length;
  const [train, test] = [await bench.split('train'), await bench.split('test')];
  const metrics: Metric[] = [];
  let files: Outcome['files'] = {};
  for (const layer of layers) {
    const database = await bench.features({ split: 'train', layer, size, average: true });
    const queries = await bench.features({ split: 'test', layer, size, average: true });
    const known = labelsOf(train.labels, database.rows, numClasses);
    const wanted = truthOf(test, queries.rows, numClasses);
    if (known.kind !== 'classes') continue;
    const neighbours = await nearestNeighbours(queries.features, database.features, Math.max(...k), 'cosine', {
      signal: bench.signal,
      onProgress: (done, total) => bench.progress(`neighbours by ${layer}`, done, total),
    });
    for (const voters of k) {
      const { probabilities } = voteOf(neighbours, known.classes, numClasses, { k: voters, temperature });
      // A class without a vote is never among the first.
      const scores = probabilities.map((share) => (share > 0 ? share : Number.NEGATIVE_INFINITY));
      if (metrics.length === 0) {
        const caption = `Held-out images and the class for which the ${voters} nearest by ${layer} vote.`;
        const { classes } = bench.data;
        files = await writeClassifiedExamples(bench.out, { split: test, classes, scores, rows: queries.rows, caption });
      }
      metrics.push(...scoreMetrics(scores, wanted, bench.data, { layer, k: `${voters}` }));
    }
  }
  return { metrics, files };
}
