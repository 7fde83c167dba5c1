/** What is computed of features natively, off the JavaScript thread: nearest neighbours and linear classifiers. Matrices are row-major. */
import { availableParallelism } from 'node:os';
import { loadAddon } from './addon.ts';

interface NativeNeighbourSearch {
  add(rows: Float32Array): Promise<void>;
  indices(): Int32Array;
  similarities(): Float64Array;
}

interface NativeLinearTraining {
  run(order: Int32Array, batch: number, rate: number): Promise<Float64Array>;
  read(name: LinearParameter): Float32Array;
  write(name: LinearParameter, values: Float32Array): void;
}

interface NativeFeatures {
  NativeNeighbourSearch: new (
    queries: Float32Array,
    width: number,
    k: number,
    settings: NeighbourSearchSettings,
    threads: number,
  ) => NativeNeighbourSearch;
  NativeLinearTraining: new (
    values: Float32Array,
    width: number,
    labels: Int32Array | Int8Array,
    classes: number,
    settings: LinearTrainingSettings,
    threads: number,
  ) => NativeLinearTraining;
  addToGroups(
    rows: Float32Array,
    width: number,
    starts: Uint32Array,
    members: Uint32Array,
    sums: Float64Array,
    threads: number,
  ): Promise<void>;
  linearScores(
    rows: Float32Array,
    width: number,
    weight: Float32Array,
    bias: Float32Array,
    threads: number,
  ): Promise<Float32Array>;
  fitSupportVectors(
    rows: Float32Array,
    width: number,
    targets: Int8Array,
    costs: Float64Array,
    settings: SupportVectorSettings,
    threads: number,
  ): Promise<Float32Array>;
}

let addon: NativeFeatures | undefined;

function native(): NativeFeatures {
  addon ??= loadAddon<NativeFeatures>();
  return addon;
}

export interface NeighbourSearchSettings {
  /** Whether products are divided by the norms of both rows. */
  readonly cosine: boolean;
  /** Whether the first look is in bf16, where that helps; what is found is the same. */
  readonly bf16: boolean;
}

/** Exact search for the nearest rows of a database that comes block after block. */
export class NeighbourSearch {
  readonly #native: NativeNeighbourSearch;

  /** @param queries (queries, width); they must stay as they are */
  constructor(queries: Float32Array, width: number, k: number, settings: NeighbourSearchSettings) {
    const { NativeNeighbourSearch } = native();
    this.#native = new NativeNeighbourSearch(queries, width, k, settings, availableParallelism());
  }

  /** The next rows of the database, (rows, width). Await one block before the next. */
  add(rows: Float32Array): Promise<void> {
    return this.#native.add(rows);
  }

  /** (queries, k), the most similar first, ties by row; -1 where there were not so many rows. */
  get indices(): Int32Array {
    return this.#native.indices();
  }

  /** (queries, k) */
  get similarities(): Float64Array {
    return this.#native.similarities();
  }
}

export interface LinearTrainingSettings {
  readonly momentum: number;
  readonly weightDecay: number;
  /** Of the batch normalisation, as is `momentsMomentum`: how much a batch changes the running moments. */
  readonly epsilon: number;
  readonly momentsMomentum: number;
  /** Whether scales and shifts of the normalisation decay too. */
  readonly decayNorm: boolean;
  /** Whether features and weights are rounded to bf16 where they are multiplied; they stay f32 where they are kept. */
  readonly bf16: boolean;
}

/** `weight` is (width, classes). */
export type LinearParameter = 'weight' | 'bias' | 'scale' | 'shift' | 'runningMean' | 'runningVariance';

/** Batch normalisation and a linear layer in training, by SGD with Nesterov's momentum. Weights and biases begin at 0. */
export class LinearTraining {
  readonly #native: NativeLinearTraining;

  /**
   * @param values (rows, width)
   * @param labels a class for each row (Int32Array, cross-entropy), or (rows, classes) of 1, 0, and -1 where nobody judged
   *   (Int8Array, a logistic loss for each class, whose mean is over what was judged)
   */
  constructor(
    values: Float32Array,
    width: number,
    labels: Int32Array | Int8Array,
    classes: number,
    settings: LinearTrainingSettings,
  ) {
    const { NativeLinearTraining } = native();
    this.#native = new NativeLinearTraining(values, width, labels, classes, settings, availableParallelism());
  }

  /** A step for each batch of rows, in this order. @returns the mean loss of each batch, before its step */
  run(order: Int32Array, batch: number, rate: number): Promise<Float64Array> {
    return this.#native.run(order, batch, rate);
  }

  /** Not while it runs, as with `write`. */
  read(name: LinearParameter): Float32Array {
    return this.#native.read(name);
  }

  write(name: LinearParameter, values: Float32Array): void {
    this.#native.write(name, values);
  }
}

/** rows (rows, width) times weight (width, classes), plus bias. */
export function linearScores(
  rows: Float32Array,
  width: number,
  weight: Float32Array,
  bias: Float32Array,
): Promise<Float32Array> {
  return native().linearScores(rows, width, weight, bias, availableParallelism());
}

export interface SupportVectorSettings {
  /** How much more a row that belongs costs than one that does not. */
  readonly positiveWeight: number;
  readonly tolerance: number;
  readonly maximumPasses: number;
}

/**
 * Linear support vector machines with squared hinge loss: of each problem one for each cost.
 * @param targets (problems, rows): 1 belongs, -1 does not, 0 is left out
 * @returns (problems, costs, width + 1), the bias last
 */
export function fitSupportVectors(
  rows: Float32Array,
  width: number,
  targets: Int8Array,
  costs: Float64Array,
  settings: SupportVectorSettings,
): Promise<Float32Array> {
  return native().fitSupportVectors(rows, width, targets, costs, settings, availableParallelism());
}

/**
 * Adds each row, (rows, width), to the sums of its groups, (groups, width). Sums do not depend on the number of threads.
 * @param starts (rows + 1): the groups of row i are members[starts[i]] to members[starts[i + 1] - 1]
 */
export function addToGroups(
  rows: Float32Array,
  width: number,
  starts: Uint32Array,
  members: Uint32Array,
  sums: Float64Array,
): Promise<void> {
  return native().addToGroups(rows, width, starts, members, sums, availableParallelism());
}
