/** Maps of points in the plane by t-SNE, natively and off the JavaScript thread. Matrices are row-major. */
import { availableParallelism } from 'node:os';
import { loadAddon } from './addon.ts';

export interface DescentSettings {
  readonly learningRate: number;
  readonly momentum: number;
  /** What affinities are multiplied by. */
  readonly exaggeration: number;
}

export interface DescentReport {
  /** Kullback-Leibler divergence of the map before the last step, in nats, without exaggeration. */
  readonly divergence: number;
  /** Of the gradient of the last step. */
  readonly gradientNorm: number;
}

interface NativeTsne {
  run(iterations: number, settings: DescentSettings): Promise<DescentReport>;
  restart(): void;
  points(): Float64Array;
}

interface NativeMaps {
  NativeTsne: new (
    neighbours: Int32Array,
    distances: Float64Array,
    initial: Float64Array,
    perplexity: number,
    exact: boolean,
    threads: number,
  ) => NativeTsne;
}

export interface DescentInput {
  /** (points, k) the nearest other points of each. */
  readonly neighbours: Int32Array;
  /** (points, k) squared. */
  readonly distances: Float64Array;
  /** (points, 2) where they begin. */
  readonly initial: Float64Array;
  readonly perplexity: number;
  /** Whether pairs push each other away exactly, in time that grows with their number, or by interpolation on a grid. */
  readonly exact: boolean;
}

/** t-SNE's gradient descent; one call after another. */
export class Descent {
  readonly #native: NativeTsne;

  constructor({ neighbours, distances, initial, perplexity, exact }: DescentInput) {
    const { NativeTsne } = loadAddon<NativeMaps>();
    this.#native = new NativeTsne(neighbours, distances, initial, perplexity, exact, availableParallelism());
  }

  run(iterations: number, settings: DescentSettings): Promise<DescentReport> {
    return this.#native.run(iterations, settings);
  }

  /** Forgets velocities and step sizes. */
  restart(): void {
    this.#native.restart();
  }

  /** (points, 2), once it has run. */
  get points(): Float64Array {
    return this.#native.points();
  }
}
