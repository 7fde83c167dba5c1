/** Figures of a classifier's scores, as a dataset's authors measure them, each with its confidence interval. */

import type { Dataset, Labels, Split } from '../datasets/dataset.ts';
import { bootstrap, bootstrapMean, type Interval } from '../intervals/bootstrap.ts';
import { labelsOf } from '../labels.ts';
import { highestClass, macroF1, meanPerClass, topK } from '../metrics/accuracy.ts';
import { meanAveragePrecision, rankClasses } from '../metrics/average-precision.ts';
import type { Metric } from '../result.ts';

/** What is right for each row of scores. */
export interface Truth {
  readonly labels: Labels;
  /** Rows of a group, such as frames of one camera, are drawn together: they are not independent. */
  readonly groups?: readonly string[] | undefined;
}

/** Of images of a split, in their order. */
export function truthOf({ labels, groups }: Split, images: Int32Array, numClasses: number): Truth {
  return {
    labels: labelsOf(labels, images, numClasses),
    groups: groups && Array.from(images, (image) => groups[image]!),
  };
}

/**
 * @param scores (rows, classes); minus infinity for what cannot be
 * @param of what the figures are of
 * @returns the dataset's own figure first
 * @throws EvaluationError TOO_FEW_CLASSES
 */
export function scoreMetrics(
  scores: Float32Array,
  { labels, groups }: Truth,
  { classes, score }: Pick<Dataset, 'classes' | 'score'>,
  of: NonNullable<Metric['of']>,
): Metric[] {
  const numClasses = classes.length;
  const count = scores.length / numClasses;
  const metric = (name: string, interval: Interval): Metric => ({ name, ...interval, count, of });
  if (labels.kind === 'sets') {
    const rankings = rankClasses(scores, labels.present, numClasses);
    // The area below the curve, as the reference code has it for VOC07 too.
    return [
      metric(
        'mAP',
        bootstrap(count, (counts) => meanAveragePrecision(rankings, 'full', counts), { groups }),
      ),
    ];
  }
  const truth = labels.classes;
  const top = (k: number) => metric(`top${k}`, bootstrapMean(hitsOf(scores, numClasses, truth, k), { groups }));
  const figures = [top(1), ...(numClasses > 5 ? [top(5)] : [])];
  const ofClasses = score === 'mean-per-class' ? meanPerClass : score === 'macro-F1' ? macroF1 : undefined;
  if (!ofClasses) return figures;
  const predicted = highestClass(scores, numClasses);
  const own = bootstrap(count, (counts) => ofClasses(predicted, truth, numClasses, counts), { groups });
  return [metric(score, own), ...figures];
}

/** What cannot be is not among the first, however few classes can. */
function hitsOf(scores: Float32Array, numClasses: number, truth: Int32Array, k: number): Uint8Array {
  const hits = topK(scores, numClasses, truth, k);
  return hits.map((hit, row) => (scores[row * numClasses + truth[row]!] === Number.NEGATIVE_INFINITY ? 0 : hit));
}
