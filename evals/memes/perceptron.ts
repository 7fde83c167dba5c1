/**
 * A multilayer perceptron on two inputs side by side, trained by cross-entropy and AdamW. Scores and gradients come from a compiled
 * program; the update, which programs have none of, is computed here.
 */
import { CompiledProgram, type Executor } from '../../kernels/executor.ts';
import { ProgramBuilder } from '../../program/builder.ts';
import { differentiate } from '../../program/differentiate.ts';
import { fuse } from '../../program/fuse.ts';
import type { Program } from '../../program/program.ts';
import { renameValues } from '../../program/training-step.ts';
import { AdamW, type AdamWOptions } from './adamw.ts';

export interface PerceptronSpec {
  /** Rows of a step. */
  readonly batchSize: number;
  readonly inputs: number;
  /** Widths of hidden layers, each with a ReLU. */
  readonly hidden: readonly number[];
  readonly classes: number;
  readonly seed: number;
}

const NAMES = { rows: 'rows', labels: 'labels', scores: 'scores', loss: 'loss' } as const;
const gradientName = (parameter: string) => `gradient of ${parameter}`;

interface Trained {
  readonly name: string;
  readonly weights: Float32Array;
  readonly gradient: Float32Array;
  readonly optimizer: AdamW;
}

export class Perceptron {
  readonly spec: PerceptronSpec;
  readonly #executor: Executor;
  readonly #parameters: readonly Trained[];
  readonly #scores: Float32Array;

  constructor(spec: PerceptronSpec, optimizer: AdamWOptions) {
    this.spec = spec;
    const program = programOf(spec);
    this.#executor = new CompiledProgram(program).allocate();
    this.#executor.initialise(spec.seed);
    this.#parameters = program.values
      .filter(({ role }) => role === 'parameter')
      .map(({ name }) => {
        const weights = this.#executor.read(name);
        const gradient = new Float32Array(weights.length);
        return { name, weights, gradient, optimizer: new AdamW(weights.length, optimizer) };
      });
    this.#scores = new Float32Array(spec.batchSize * spec.classes);
  }

  /**
   * @param rows (batchSize, inputs) @param labels the class of each
   * @returns the mean loss before the step; where it is not finite nothing has changed
   */
  async step(rows: Float32Array, labels: Float32Array, rate: number): Promise<number> {
    await this.#run(rows, labels);
    const loss = this.#executor.read(NAMES.loss)[0]!;
    if (!Number.isFinite(loss)) return loss;
    for (const { name, weights, gradient, optimizer } of this.#parameters) {
      this.#executor.read(gradientName(name), gradient);
      optimizer.update(weights, gradient, rate);
      this.#executor.write(name, weights);
    }
    return loss;
  }

  /** (batchSize, classes), of which the next call writes over. @param rows (batchSize, inputs) */
  async scores(rows: Float32Array): Promise<Float32Array> {
    await this.#run(rows, new Float32Array(this.spec.batchSize));
    return this.#executor.read(NAMES.scores, this.#scores);
  }

  async #run(rows: Float32Array, labels: Float32Array): Promise<void> {
    this.#executor.write(NAMES.rows, rows);
    this.#executor.write(NAMES.labels, labels);
    await this.#executor.run();
  }

  free(): void {
    this.#executor.free();
  }
}

function programOf({ batchSize, inputs, hidden, classes }: PerceptronSpec): Program {
  const builder = new ProgramBuilder({ name: 'perceptron', precision: 'f32', mode: 'train' });
  builder.unit('perceptron');
  let x = builder.value({ name: NAMES.rows, role: 'input', shape: [batchSize, inputs] });
  for (const [i, width] of hidden.entries()) {
    x = builder.activation(builder.linear(x, `layer${i}`, width, { bias: true, init: 'uniform' }), 'relu');
  }
  const scores = builder.linear(x, 'classifier', classes, { bias: true, init: 'uniform' });
  const labels = builder.value({ name: NAMES.labels, role: 'input', shape: [batchSize] });
  const loss = builder.value({ name: NAMES.loss, role: 'output', shape: [1] });
  builder.emit('crossEntropy', { inputs: { scores, labels }, outputs: { loss }, attributes: { form: 'softmax' } });
  const { program, gradients } = differentiate(fuse(builder.program()));
  const names = new Map([[scores, NAMES.scores as string]]);
  for (const [parameter, gradient] of gradients) names.set(gradient, gradientName(program.values[parameter]!.name));
  return renameValues(program, names, new Set([scores, ...gradients.values()]));
}
