/**
 * A linear classifier on frozen features (Sec. 4.2.5): batch normalisation and one linear layer, trained by SGD with Nesterov's
 * momentum. Once trained, the normalisation is folded into the layer.
 */
import { permute } from '../../data/order.ts';
import { normalNumbers } from '../../data/random.ts';
import { LinearTraining, linearScores } from '../../kernels/features.ts';
import type { Labels } from '../datasets/dataset.ts';
import { EvaluationError } from '../errors.ts';
import type { Features } from '../features/features.ts';

export interface LinearClassifier {
  readonly numClasses: number;
  readonly dimension: number;
  /** (dimension, classes) */
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

export interface WorkOptions {
  /** Ends the work soon, with its reason. */
  readonly signal?: AbortSignal;
  /** Told of steps. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** The defaults are the paper's. */
export interface LinearTrainingOptions {
  /** @default 28 */
  readonly epochs?: number;
  /** @default 256 */
  readonly batchSize?: number;
  /** For a batch of 256, and in proportion for others. @default 0.01 */
  readonly learningRate?: number;
  /** Epochs at which the rate is divided by ten. @default [8, 16, 24] */
  readonly milestones?: readonly number[];
  /** @default 0.9 */
  readonly momentum?: number;
  /** @default 5e-4 */
  readonly weightDecay?: number;
  /** Whether scale and shift of the normalisation decay too; VISSL's linear probes leave them out. @default false */
  readonly decayNorm?: boolean;
  /** Of the factors of products; weights and sums are f32 in any case. @default 'fp32' */
  readonly precision?: 'fp32' | 'bf16';
  /** Of the first weights and of the order of the rows. @default 0 */
  readonly seed?: number;
  /** In place of random ones: (dimension, classes) and (classes). */
  readonly initial?: { readonly weight: Float32Array; readonly bias: Float32Array };
  /** In place of a random one. */
  readonly orderOf?: (epoch: number) => Int32Array;
}

export interface TrainedClassifier extends LinearClassifier {
  /** The mean loss of each batch, before its step. */
  readonly losses: Float64Array;
  /** The two layers before they were folded; `weight` is (dimension, classes). */
  readonly layers: Readonly<Record<(typeof LAYERS)[number], Float32Array>>;
}

const LAYERS = ['weight', 'bias', 'scale', 'shift', 'runningMean', 'runningVariance'] as const;
const BATCH_NORM = { epsilon: 1e-5, momentsMomentum: 0.1 };
/** Multiply-adds between two looks at the signal: some tenths of a second. */
const OPERATIONS_AT_ONCE = 2 ** 34;

/**
 * Labels of one class each are learned by cross-entropy; sets by a logistic loss for each class, whose mean is over what was judged.
 * Several layers are several calls.
 * @throws EvaluationError SHAPES_DIFFER, TOO_FEW_CLASSES, LABELS_OUT_OF_RANGE, or the signal's reason
 */
export async function trainLinearClassifier(
  train: Features,
  labels: Labels,
  numClasses: number,
  options: LinearTrainingOptions = {},
  { signal, onProgress }: WorkOptions = {},
): Promise<TrainedClassifier> {
  checkLabels(train, labels, numClasses);
  const { epochs = 28, batchSize = 256, learningRate = 0.01, milestones = [8, 16, 24], seed = 0 } = options;
  const { momentum = 0.9, weightDecay = 5e-4, decayNorm = false, precision = 'fp32' } = options;
  const { values, count, dimension } = train;
  const given = labels.kind === 'classes' ? labels.classes : labels.present;
  const settings = { momentum, weightDecay, decayNorm, bf16: precision === 'bf16', ...BATCH_NORM };
  const training = new LinearTraining(values, dimension, given, numClasses, settings);
  const initial = options.initial ?? initialWeights(dimension, numClasses, seed);
  training.write('weight', initial.weight);
  training.write('bias', initial.bias);

  const steps = Math.ceil(count / batchSize);
  const losses = new Float64Array(epochs * steps);
  const atOnce = batchSize * Math.max(1, Math.floor(OPERATIONS_AT_ONCE / (batchSize * dimension * numClasses)));
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order =
      options.orderOf?.(epoch) ?? Int32Array.from({ length: count }, (_, i) => permute(i, count, seed, epoch));
    const rate =
      ((learningRate * batchSize) / 256) * 0.1 ** milestones.filter((milestone) => milestone <= epoch).length;
    for (let first = 0; first < count; first += atOnce) {
      signal?.throwIfAborted();
      const done = epoch * steps + first / batchSize;
      const batches = await training.run(order.subarray(first, first + atOnce), batchSize, rate);
      losses.set(batches, done);
      onProgress?.(done + batches.length, losses.length);
    }
  }
  const layers = Object.fromEntries(LAYERS.map((name) => [name, training.read(name)])) as TrainedClassifier['layers'];
  return { numClasses, dimension, losses, layers, ...fold(layers) };
}

/** (rows, classes). @throws EvaluationError SHAPES_DIFFER, or the signal's reason */
export async function scoresOf(
  { weight, bias, dimension, numClasses }: LinearClassifier,
  { values, count, dimension: width }: Features,
  { signal, onProgress }: WorkOptions = {},
): Promise<Float32Array> {
  if (width !== dimension) {
    const message = `Features have ${width} numbers and the classifier was trained on ${dimension}; give both of one layer.`;
    throw new EvaluationError('SHAPES_DIFFER', message);
  }
  const scores = new Float32Array(count * numClasses);
  const rows = Math.max(1, Math.floor(OPERATIONS_AT_ONCE / (dimension * numClasses)));
  for (let first = 0; first < count; first += rows) {
    signal?.throwIfAborted();
    const part = values.subarray(first * dimension, (first + rows) * dimension);
    scores.set(await linearScores(part, dimension, weight, bias), first * numClasses);
    onProgress?.(Math.min(first + rows, count), count);
  }
  return scores;
}

/** Of deviation 0.01, and no bias, as VISSL begins. */
function initialWeights(dimension: number, numClasses: number, seed: number) {
  const weight = normalNumbers(dimension * numClasses, seed).map((number) => 0.01 * number);
  return { weight, bias: new Float32Array(numClasses) };
}

/** What scales and shifts each feature, as part of weights and biases. */
function fold({ weight, bias, ...norm }: TrainedClassifier['layers']): Pick<LinearClassifier, 'weight' | 'bias'> {
  const classes = bias.length;
  const folded = new Float32Array(weight.length);
  const sums = Float64Array.from(bias);
  for (const [channel, scale] of norm.scale.entries()) {
    const factor = scale / Math.sqrt(norm.runningVariance[channel]! + BATCH_NORM.epsilon);
    const rest = norm.shift[channel]! - norm.runningMean[channel]! * factor;
    for (let k = 0; k < classes; k++) {
      const own = weight[channel * classes + k]!;
      folded[channel * classes + k] = own * factor;
      sums[k]! += own * rest;
    }
  }
  return { weight: folded, bias: Float32Array.from(sums) };
}

/** @throws EvaluationError SHAPES_DIFFER, TOO_FEW_CLASSES, LABELS_OUT_OF_RANGE */
export function checkLabels({ count }: Features, labels: Labels, numClasses: number): void {
  const most = labels.kind === 'classes' ? numClasses - 1 : 1;
  const least = labels.kind === 'classes' ? 0 : -1;
  const given = labels.kind === 'classes' ? labels.classes : labels.present;
  const expected = labels.kind === 'classes' ? count : count * numClasses;
  if (given.length !== expected || count === 0) {
    const message = `There are ${given.length} labels for ${count} rows of ${numClasses} classes; give one label for each row.`;
    throw new EvaluationError('SHAPES_DIFFER', message);
  }
  const wrong = given.findIndex((label) => label < least || label > most);
  if (wrong >= 0) {
    const message = `Label ${wrong} is ${given[wrong]}, but only ${least} to ${most} have a meaning among ${numClasses} classes.`;
    throw new EvaluationError('LABELS_OUT_OF_RANGE', message);
  }
  if (labels.kind === 'classes' && labels.classes.every((label) => label === labels.classes[0])) {
    const message = `All ${count} rows are of class ${labels.classes[0]}; give rows of at least two classes.`;
    throw new EvaluationError('TOO_FEW_CLASSES', message);
  }
}
