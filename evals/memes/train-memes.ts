/** Trains a perceptron on features of pictures and of their texts, and watches how well it tells classes of other rows. */
import { permute } from '../../data/order.ts';
import { EvaluationError } from '../errors.ts';
import { rank } from '../metrics/ranking.ts';
import { rocAuc } from '../metrics/roc-auc.ts';
import { Perceptron } from './perceptron.ts';

/** Pictures and texts side by side: (rows, widths of both), and the class of each row, 0 or 1. */
export interface MemeRows {
  readonly image: Float32Array;
  readonly text: Float32Array;
  readonly classes: Int32Array;
}

export interface MemeTraining {
  readonly hidden: readonly number[];
  readonly iterations: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly warmupIterations: number;
  /** What is taken off the rate each time, and how often. */
  readonly decay: number;
  readonly decayEvery: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  readonly evaluateEvery: number;
}

/** How it was after so many iterations. */
export interface MemePoint {
  readonly iteration: number;
  /** Mean since the point before. */
  readonly loss: number;
  readonly auc: number;
  /** Of each row that is scored: by how much more it looks hateful than not. */
  readonly scores: Float32Array;
}

/** The rate of an iteration, counted from 0. */
export function memeRate(
  { learningRate, warmupIterations, decay, decayEvery }: MemeTraining,
  iteration: number,
): number {
  if (iteration < warmupIterations) return (learningRate * (iteration + 1)) / warmupIterations;
  if (decay === 0) return learningRate;
  // In whole decays, for differences of such small numbers are not exact.
  const left = learningRate / decay - Math.floor((iteration - warmupIterations) / decayEvery);
  return left > 1e-9 ? left * decay : 0;
}

/** Iterations up to the last whose rate is not 0: those behind it would change nothing. */
export function usefulIterations(training: MemeTraining): number {
  const { learningRate, warmupIterations, decay, decayEvery, iterations } = training;
  if (decay === 0) return iterations;
  return Math.min(iterations, warmupIterations + decayEvery * Math.ceil(learningRate / decay - 1e-9));
}

/** @throws EvaluationError LOSS_NOT_FINITE, or the signal's reason */
export async function trainOnMemes(
  train: MemeRows,
  dev: MemeRows,
  training: MemeTraining,
  seed: number,
  { signal, onProgress }: { signal?: AbortSignal; onProgress?: (done: number, total: number) => void } = {},
): Promise<MemePoint[]> {
  const count = train.classes.length;
  const widths = { image: train.image.length / count, text: train.text.length / count };
  const { hidden, epsilon, weightDecay, evaluateEvery } = training;
  const batchSize = Math.min(training.batchSize, count);
  const inputs = widths.image + widths.text;
  const perceptron = new Perceptron({ batchSize, inputs, hidden, classes: 2, seed }, { epsilon, weightDecay });
  const rows = new Float32Array(batchSize * inputs);
  const labels = new Float32Array(batchSize);
  const take = (from: MemeRows, row: number, place: number) => {
    rows.set(from.image.subarray(row * widths.image, (row + 1) * widths.image), place * inputs);
    rows.set(from.text.subarray(row * widths.text, (row + 1) * widths.text), place * inputs + widths.image);
  };
  const score = async (): Promise<Float32Array> => {
    const scores = new Float32Array(dev.classes.length);
    for (let first = 0; first < scores.length; first += batchSize) {
      const some = Math.min(batchSize, scores.length - first);
      for (let place = 0; place < some; place++) take(dev, first + place, place);
      const both = await perceptron.scores(rows);
      for (let place = 0; place < some; place++) scores[first + place] = both[2 * place + 1]! - both[2 * place]!;
    }
    return scores;
  };

  const total = usefulIterations(training);
  const points: MemePoint[] = [];
  const losses: number[] = [];
  try {
    for (let iteration = 0; iteration < total; iteration++) {
      signal?.throwIfAborted();
      for (let place = 0; place < batchSize; place++) {
        const drawn = iteration * batchSize + place;
        const row = permute(drawn % count, count, seed, Math.floor(drawn / count));
        take(train, row, place);
        labels[place] = train.classes[row]!;
      }
      const loss = await perceptron.step(rows, labels, memeRate(training, iteration));
      if (!Number.isFinite(loss)) {
        const message = `The loss of iteration ${iteration + 1} with seed ${seed} is ${loss}; lower learningRate.`;
        throw new EvaluationError('LOSS_NOT_FINITE', message);
      }
      losses.push(loss);
      const done = iteration + 1;
      onProgress?.(done, total);
      if (done < total && done % evaluateEvery !== 0) continue;
      const scores = await score();
      const mean = losses.splice(0).reduce((sum, each, _, { length }) => sum + each / length, 0);
      points.push({ iteration: done, loss: mean, auc: rocAuc(rank(scores, dev.classes)), scores });
    }
  } finally {
    perceptron.free();
  }
  return points;
}
