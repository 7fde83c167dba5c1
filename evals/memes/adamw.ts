/** AdamW (Loshchilov and Hutter 2019), of parameters that are given as arrays. */

export interface AdamWOptions {
  /** @default 0.9 and 0.999 */
  readonly betas?: readonly [number, number];
  readonly epsilon: number;
  readonly weightDecay: number;
}

/** The moments of one parameter. */
export class AdamW {
  readonly #first: Float32Array;
  readonly #second: Float32Array;
  readonly #options: Required<AdamWOptions>;
  #step = 0;

  constructor(size: number, { betas = [0.9, 0.999], ...options }: AdamWOptions) {
    this.#first = new Float32Array(size);
    this.#second = new Float32Array(size);
    this.#options = { betas, ...options };
  }

  /** Changes `weights` in place. Decay is apart from the gradient, and in proportion to the rate. */
  update(weights: Float32Array, gradient: Float32Array, rate: number): void {
    const { betas, epsilon, weightDecay } = this.#options;
    const [beta1, beta2] = betas;
    this.#step++;
    const size = rate / (1 - beta1 ** this.#step);
    const root = Math.sqrt(1 - beta2 ** this.#step);
    const kept = 1 - rate * weightDecay;
    const [first, second] = [this.#first, this.#second];
    for (let i = 0; i < weights.length; i++) {
      const g = gradient[i]!;
      const m = beta1 * first[i]! + (1 - beta1) * g;
      const v = beta2 * second[i]! + (1 - beta2) * g * g;
      first[i] = m;
      second[i] = v;
      weights[i] = kept * weights[i]! - (size * m) / (Math.sqrt(v) / root + epsilon);
    }
  }
}
