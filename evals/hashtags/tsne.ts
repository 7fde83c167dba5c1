/**
 * t-SNE (van der Maaten and Hinton, 2008): a map of rows in the plane, in which those that are near to each other stay so. Its settings mean
 * what they mean in scikit-learn, which the paper uses (Sec. 5.2): 250 iterations with exaggerated affinities and momentum 0.5, the rest
 * with momentum 0.8, until 300 of them bring nothing. Neighbours are exact; of many points the push on each other is interpolated on a
 * grid (`kernels/tsne/`), so that an iteration takes time in proportion to the points.
 */
import { normalNumbers } from '../../data/random.ts';
import { Descent } from '../../kernels/tsne.ts';
import { EvaluationError } from '../errors.ts';
import { type Features, features } from '../features/features.ts';
import { nearestNeighbours, withoutSelf } from '../neighbours/nearest-neighbours.ts';

/** The defaults are the paper's, where it has any. */
export interface TsneOptions {
  /** About how many neighbours a row has. @default 40 */
  readonly perplexity?: number;
  /** @default 100 */
  readonly learningRate?: number;
  /** @default 5000 */
  readonly iterations?: number;
  /** What affinities are multiplied by at first. @default 12 */
  readonly exaggeration?: number;
  /** `columns`: where the first two columns say, as of principal components; `random`: by the seed. @default 'columns' */
  readonly initial?: 'columns' | 'random';
  /** @default 0 */
  readonly seed?: number;
  /** @default 'exact' of few rows */
  readonly repulsion?: 'exact' | 'grid';
}

export interface TsneMap {
  /** (rows, 2), around the origin. */
  readonly points: Float64Array;
  /** Kullback-Leibler divergence in nats. */
  readonly divergence: number;
  /** How many there were: fewer than asked for where the map had come to rest. */
  readonly iterations: number;
}

export interface TsneWork {
  /** Ends it soon, with its reason. */
  readonly signal?: AbortSignal;
  /** Told of iterations, and how good the map is by then. */
  readonly onProgress?: (done: number, total: number, divergence: number) => void;
}

/** As in scikit-learn. */
const EXPLORATION = 250;
const NEIGHBOURS_PER_PERPLEXITY = 3;
const INITIAL_DEVIATION = 1e-4;
const PATIENCE = 300;
const LEAST_GRADIENT = 1e-7;
/** Iterations between two looks at the divergence. */
const AT_ONCE = 50;
/** Up to so many rows all pairs cost less than the grid. */
const EXACT_UP_TO = 1500;

/** @throws EvaluationError TOO_FEW_ROWS where there are not more rows than the perplexity; FEATURES_ALIKE; the signal's reason */
export async function tsne(
  rows: Features,
  options: TsneOptions = {},
  { signal, onProgress }: TsneWork = {},
): Promise<TsneMap> {
  const { perplexity = 40, learningRate = 100, iterations = 5000, exaggeration = 12 } = options;
  const { count } = rows;
  if (!(count > perplexity + 1)) {
    const message = `${count} rows cannot have neighbours of perplexity ${perplexity}; give more rows, or a perplexity below ${Math.max(2, count - 1)}.`;
    throw new EvaluationError('TOO_FEW_ROWS', message);
  }
  const initial = initialPlaces(rows, options);
  const k = Math.min(count - 1, Math.floor(NEIGHBOURS_PER_PERPLEXITY * perplexity));
  const near = await nearestByDistance(rows, k, signal);
  const exact = (options.repulsion ?? (count <= EXACT_UP_TO ? 'exact' : 'grid')) === 'exact';
  const descent = new Descent({ ...near, initial, perplexity, exact });

  const exploration = Math.min(EXPLORATION, iterations);
  let divergence = Number.NaN;
  let done = 0;
  const run = async (until: number, momentum: number, factor: number) => {
    const number = Math.min(AT_ONCE, until - done);
    const report = await descent.run(number, { learningRate, momentum, exaggeration: factor });
    done += number;
    divergence = report.divergence;
    onProgress?.(done, iterations, divergence);
    signal?.throwIfAborted();
    return report;
  };
  signal?.throwIfAborted();
  while (done < exploration) await run(exploration, 0.5, exaggeration);
  descent.restart();
  const best = { divergence: Number.POSITIVE_INFINITY, at: done };
  while (done < iterations) {
    const { gradientNorm } = await run(iterations, 0.8, 1);
    if (divergence < best.divergence) Object.assign(best, { divergence, at: done });
    if (done - best.at > PATIENCE || gradientNorm <= LEAST_GRADIENT) break;
  }
  return { points: descent.points, divergence, iterations: done };
}

/** The k nearest other rows of each by Euclidean distance. */
async function nearestByDistance(rows: Features, k: number, signal: AbortSignal | undefined) {
  const { values, count, dimension } = rows;
  // |x - y|^2 orders as |y|^2 / 2 - x y does, which is a product of longer rows. The square is kept in two numbers, or it would be too coarse.
  const width = dimension + 2;
  const queries = new Float32Array(count * width).fill(1);
  const database = new Float32Array(count * width);
  for (let row = 0; row < count; row++) {
    const own = values.subarray(row * dimension, (row + 1) * dimension);
    queries.set(own, row * width);
    database.set(own, row * width);
    const half = own.reduce((sum, value) => sum + value * value, 0) / 2;
    const coarse = Math.fround(half);
    database[row * width + dimension] = -coarse;
    database[row * width + dimension + 1] = -(half - coarse);
  }
  const found = await nearestNeighbours(features(queries, width), features(database, width), k + 1, 'dot', {
    ...(signal && { signal }),
  });
  const { indices: neighbours } = withoutSelf(found);
  const distances = new Float64Array(count * k);
  for (let row = 0; row < count; row++) {
    for (let slot = row * k; slot < (row + 1) * k; slot++) {
      distances[slot] = squaredDistance(values, dimension, row, neighbours[slot]!);
    }
  }
  return { neighbours, distances };
}

function squaredDistance(values: Float32Array, dimension: number, one: number, other: number): number {
  let sum = 0;
  const [left, right] = [one * dimension, other * dimension];
  for (let i = 0; i < dimension; i++) sum += (values[left + i]! - values[right + i]!) ** 2;
  return sum;
}

/** Close together, so that the first steps decide little. @throws EvaluationError FEATURES_ALIKE */
function initialPlaces({ values, count, dimension }: Features, { initial = 'columns', seed = 0 }: TsneOptions) {
  if (initial === 'random')
    return Float64Array.from(normalNumbers(2 * count, seed), (value) => INITIAL_DEVIATION * value);
  const places = new Float64Array(2 * count);
  for (let row = 0; row < count; row++) {
    places[2 * row] = values[row * dimension]!;
    places[2 * row + 1] = dimension > 1 ? values[row * dimension + 1]! : 0;
  }
  const mean = places.reduce((sum, value, i) => (i % 2 === 0 ? sum + value : sum), 0) / count;
  const squares = places.reduce((sum, value, i) => (i % 2 === 0 ? sum + (value - mean) ** 2 : sum), 0);
  const deviation = Math.sqrt(squares / count);
  if (!(deviation > 0)) {
    const message = `All ${count} rows are alike in their first column, and there is no map of them; give other rows.`;
    throw new EvaluationError('FEATURES_ALIKE', message);
  }
  return places.map((value) => (value / deviation) * INITIAL_DEVIATION);
}
