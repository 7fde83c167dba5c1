/**
 * Linear probe (Sec. 4.2.5, Tables 11 and 17): how much of a dataset's classes can be read off the features by a linear layer, with the
 * trunk left as it is. A batch normalisation stands before the layer (footnote 10). 28 epochs of SGD with momentum 0.9, weight decay
 * 5e-4 and a rate of 0.01 for batches of 256, which becomes a tenth at epochs 8, 16 and 24. The momentum is Nesterov's, as in the
 * reference code. dSprites (Sec. 4.2.2, Table 8) is measured in the same way; iNaturalist18 and iWildCam (Sec. 4.2.3, Table 9) have
 * rate 0.015 and no weight decay.
 */
import * as z from 'zod';
import { FEATURE_LAYERS } from '../../program/encoder.ts';
import { scoresOf, trainLinearClassifier } from '../classifiers/linear-classifier.ts';
import { trainSupportVectors } from '../classifiers/support-vectors.ts';
import type { Dataset, Split, SplitName } from '../datasets/dataset.ts';
import { EvaluationError } from '../errors.ts';
import { type Features, unitRows } from '../features/features.ts';
import { labelsOf, requireEveryClass, requireSeveralClasses } from '../labels.ts';
import type { Metric } from '../result.ts';
import { writeClassifiedExamples } from './classified-examples.ts';
import type { Outcome, Protocol, Workbench } from './protocol.ts';
import { scoreMetrics, truthOf } from './scoring.ts';

const options = z.strictObject({
  /** One classifier for each; maps are averaged over their pixels. */
  layers: z.array(z.enum(FEATURE_LAYERS)).min(1).default(['pool']),
  size: z.int().min(8).max(4096).default(224),
  epochs: z.int().min(1).max(10_000).default(28),
  batchSize: z.int().min(2).max(1_000_000).default(256),
  /** For batches of 256, and in proportion for others. */
  learningRate: z.number().positive().default(0.01),
  /** Epochs at which the rate is divided by ten. */
  milestones: z.array(z.int().min(0)).default([8, 16, 24]),
  momentum: z.number().min(0).max(1).default(0.9),
  weightDecay: z.number().min(0).default(5e-4),
  /** Whether scale and shift of the normalisation decay too; the reference code leaves them out. */
  decayNorm: z.boolean().default(false),
  seed: z.int().min(0).default(0),
  /** Support vector machines in place of SGD, for images of several classes each: VOC07 by the older protocol. */
  svm: z.boolean().default(false),
});

export type LinearProbeOptions = z.output<typeof options>;

export const linearProbe: Protocol<LinearProbeOptions> = {
  name: 'linear-probe',
  description: 'a linear classifier on features that stay as they are',
  source: 'Sec. 4.2.5, Tables 11 and 17',
  options,
  splits: ['train', 'test'],
  layers: ({ layers }) => layers,
  check,
  run,
};

/** @throws EvaluationError LABELS_UNSUITABLE, TOO_FEW_CLASSES, CLASS_WITHOUT_IMAGES */
function check({ svm }: LinearProbeOptions, splits: ReadonlyMap<SplitName, Split>, data: Dataset): void {
  if (svm && splits.get('train')!.labels.kind !== 'sets') {
    const message = `svm is for images of several classes each, and those of ${data.name} have one; leave it out.`;
    throw new EvaluationError('LABELS_UNSUITABLE', message);
  }
  requireEveryClass(splits.get('train')!, 'train', data);
  requireSeveralClasses(splits.get('test')!, 'test', data);
}

async function run({ layers, size, svm, ...training }: LinearProbeOptions, bench: Workbench): Promise<Outcome> {
  const numClasses = bench.data.classes.length;
  const [train, test] = [await bench.split('train'), await bench.split('test')];
  const metrics: Metric[] = [];
  let files: Outcome['files'] = {};
  for (const layer of layers) {
    const known = await bench.features({ split: 'train', layer, size, average: true });
    const asked = await bench.features({ split: 'test', layer, size, average: true });
    const labels = labelsOf(train.labels, known.rows, numClasses);
    const onProgress = (done: number, total: number) =>
      bench.progress(`${svm ? 'machines' : 'steps'} on ${layer}`, done, total);
    const work = { signal: bench.signal, onProgress };
    const rows = svm ? unitRows : (features: Features) => features;
    const classifier =
      svm && labels.kind === 'sets'
        ? await trainSupportVectors(rows(known.features), labels.present, numClasses, {}, work)
        : await trainLinearClassifier(known.features, labels, numClasses, training, work);
    const scores = await scoresOf(classifier, rows(asked.features), { signal: bench.signal });
    if (metrics.length === 0) {
      const caption = `Held-out images and the class that ${svm ? 'support vectors' : 'a linear layer'} on ${layer} put first.`;
      const { classes } = bench.data;
      files = await writeClassifiedExamples(bench.out, { split: test, classes, scores, rows: asked.rows, caption });
    }
    metrics.push(...scoreMetrics(scores, truthOf(test, asked.rows, numClasses), bench.data, { layer }));
  }
  return { metrics, files };
}
