/** Products of tall matrices, whose rows come some at a time, as small programs for the native executor. */
import { CompiledProgram, type Executor } from '../../kernels/executor.ts';
import { ProgramBuilder } from '../../program/builder.ts';

/** Rows of one run; a last one that is not full is filled up with zeros. */
const ROWS_AT_ONCE = 512;

/** (rows, inputs) to (rows, outputs): rows * weight^T + bias. */
export class LinearMap {
  readonly #executor: Executor;
  readonly #inputs: number;
  readonly #outputs: number;

  /** @param weight (outputs, inputs) */
  constructor(weight: Float32Array, inputs: number, bias?: Float32Array) {
    this.#inputs = inputs;
    this.#outputs = weight.length / inputs;
    const builder = new ProgramBuilder({ name: 'linear map', precision: 'f32', mode: 'inference' });
    const input = builder.value({ name: 'rows', role: 'input', shape: [ROWS_AT_ONCE, inputs] });
    const matrix = builder.value({ name: 'weight', role: 'parameter', shape: [this.#outputs, inputs] });
    const shift = bias && builder.value({ name: 'bias', role: 'parameter', shape: [this.#outputs] });
    const output = builder.value({ name: 'mapped', role: 'output', shape: [ROWS_AT_ONCE, this.#outputs] });
    builder.emit('linear', {
      inputs: { input, weight: matrix, bias: shift },
      outputs: { output },
      attributes: { factors: 'f32' },
    });
    this.#executor = new CompiledProgram(builder.program()).allocate();
    this.#executor.write('weight', weight);
    if (bias) this.#executor.write('bias', bias);
  }

  /** One call after another. */
  async apply(rows: Float32Array): Promise<Float32Array> {
    const count = rows.length / this.#inputs;
    const mapped = new Float32Array(count * this.#outputs);
    const batch = new Float32Array(ROWS_AT_ONCE * this.#outputs);
    for (let first = 0; first < count; first += ROWS_AT_ONCE) {
      const last = Math.min(first + ROWS_AT_ONCE, count);
      this.#executor.write('rows', rows.subarray(first * this.#inputs, last * this.#inputs), 0);
      await this.#executor.run();
      this.#executor.read('mapped', batch);
      mapped.set(batch.subarray(0, (last - first) * this.#outputs), first * this.#outputs);
    }
    return mapped;
  }

  free(): void {
    this.#executor.free();
  }
}

/** X^T X of a matrix X of any number of rows: memory for one square matrix, however many there are. */
export class GramSum {
  readonly #executor: Executor;
  readonly #batch: Float32Array;
  readonly #dimension: number;
  readonly #product: Float32Array;
  /** (dimension, dimension), in double precision: it is a sum of many. */
  readonly sum: Float64Array;

  constructor(dimension: number) {
    this.#dimension = dimension;
    const builder = new ProgramBuilder({ name: 'gram', precision: 'f32', mode: 'inference' });
    const rows = builder.value({ name: 'rows', role: 'input', shape: [ROWS_AT_ONCE, dimension] });
    const gram = builder.value({ name: 'gram', role: 'output', shape: [dimension, dimension] });
    builder.emit('linearBackwardWeights', {
      inputs: { input: rows, outputGradient: rows },
      outputs: { weightGradient: gram },
      attributes: { factors: 'f32' },
    });
    this.#executor = new CompiledProgram(builder.program()).allocate();
    this.#batch = new Float32Array(ROWS_AT_ONCE * dimension);
    this.#product = new Float32Array(dimension * dimension);
    this.sum = new Float64Array(dimension * dimension);
  }

  /** One call after another. */
  async add(rows: Float32Array): Promise<void> {
    const size = this.#batch.length;
    for (let first = 0; first < rows.length; first += size) {
      const some = rows.subarray(first, first + size);
      this.#batch.set(some);
      this.#batch.fill(0, some.length);
      this.#executor.write('rows', this.#batch);
      await this.#executor.run();
      this.#executor.read('gram', this.#product);
      for (let i = 0; i < this.#dimension ** 2; i++) this.sum[i]! += this.#product[i]!;
    }
  }

  free(): void {
    this.#executor.free();
  }
}
