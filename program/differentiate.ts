/**
 * Reverse-mode differentiation: one explicit rule per operation, applied from the last operation to the first.
 *
 * The gradient of the loss with respect to a value is called `d(value)`. Where several consumers contribute, a pointwise
 * convolution adds to what is there in its own pass; otherwise an `add` joins them.
 */
import { ProgramError } from './errors.ts';
import {
  type ConvolutionAttributes,
  creates,
  type Operation,
  type OperationKind,
  type OperationOf,
  reads,
} from './operations.ts';
import type { Program } from './program.ts';
import type { Value, ValueId } from './values.ts';

export interface DifferentiateOptions {
  /** Gradients given from outside: pairs of a value and the input that holds its gradient. */
  readonly seeds?: readonly { readonly value: ValueId; readonly gradient: ValueId }[];
  /** Also differentiate with respect to these inputs. */
  readonly inputs?: readonly ValueId[];
}

export interface Differentiated {
  readonly program: Program;
  /** Gradient of each parameter (and wanted input). */
  readonly gradients: ReadonlyMap<ValueId, ValueId>;
}

/** Appends the backward operations. A loss seeds itself with 1; other ends need `seeds`. */
export function differentiate(program: Program, options: DifferentiateOptions = {}): Differentiated {
  const tape = new Tape(program, options);
  for (const operation of [...program.operations].reverse()) {
    if (operation.phase !== 'forward') continue;
    const rule = RULES[operation.kind] as ((tape: Tape, operation: Operation) => void) | undefined;
    if (rule && tape.wants(operation)) rule(tape, operation);
  }
  return tape.finish();
}

const LOSSES: ReadonlySet<OperationKind> = new Set(['swavLoss', 'crossEntropy']);

/** What a rule needs: the gradients so far, and a place to write operations. */
class Tape {
  readonly values: Value[];
  readonly #operations: Operation[] = [];
  readonly #program: Program;
  readonly #gradients = new Map<ValueId, ValueId>();
  readonly #active: ReadonlySet<ValueId>;
  readonly #wanted: ReadonlySet<ValueId>;
  /** Gated maps whose gradient waits for that of their pooled branch, by the input of their normalisation. */
  readonly excited = new Map<ValueId, { outputGradient: ValueId; gate: ValueId; sums: ValueId }>();

  constructor(program: Program, { seeds = [], inputs = [] }: DifferentiateOptions) {
    this.#program = program;
    this.values = [...program.values];
    this.#wanted = new Set([
      ...program.values.filter(({ role }) => role === 'parameter').map(({ id }) => id),
      ...inputs,
    ]);
    this.#active = dependents(program, this.#wanted);
    for (const { value, gradient } of seeds) this.#gradients.set(value, gradient);
  }

  /** Whether any output has a gradient, or the operation starts one. */
  wants(operation: Operation): boolean {
    return LOSSES.has(operation.kind) || creates(operation).some((id) => this.#gradients.has(id));
  }

  /** Whether the gradient of this value is needed by anyone. */
  needs(id: ValueId | undefined): id is ValueId {
    return id !== undefined && this.#active.has(id);
  }

  gradient(id: ValueId): ValueId {
    const found = this.#gradients.get(id);
    if (found === undefined) throw new Error(`no gradient reaches ${this.values[id]!.name}`);
    return found;
  }

  /** A value of the same shape and type to hold a gradient of `id`. */
  like(id: ValueId, overrides: Partial<Value> = {}): ValueId {
    const source = this.values[id]!;
    const { shape, dtype, grids } = source;
    return this.#value({ name: `d(${source.name})`, shape, dtype, grids, ...overrides });
  }

  emit<Kind extends OperationKind>(
    kind: Kind,
    source: Operation,
    draft: Pick<OperationOf<Kind>, 'inputs' | 'outputs'> & Partial<Pick<OperationOf<Kind>, 'attributes'>>,
  ): void {
    const { unit } = source;
    this.#operations.push({
      kind,
      unit,
      phase: 'backward',
      updates: {},
      attributes: {},
      ...draft,
    } as unknown as Operation);
  }

  /** Adds `gradient` to what is known of d(id). */
  contribute(source: Operation, id: ValueId, gradient: ValueId): void {
    const known = this.#gradients.get(id);
    if (known === undefined) {
      this.#gradients.set(id, gradient);
      return;
    }
    const output = this.like(id);
    this.emit('add', source, { inputs: { left: known, right: gradient }, outputs: { output } });
    this.#gradients.set(id, output);
  }

  /** Replaces d(id) by a gradient that already contains it. */
  supersede(id: ValueId, gradient: ValueId): void {
    this.#gradients.set(id, gradient);
  }

  known(id: ValueId): ValueId | undefined {
    return this.#gradients.get(id);
  }

  finish(): Differentiated {
    const operations = [...this.#program.operations, ...this.#operations];
    const gradients = new Map([...this.#gradients].filter(([id]) => this.#wanted.has(id)));
    return { program: { ...this.#program, values: this.values, operations }, gradients };
  }

  #value(draft: Omit<Value, 'id' | 'role'>): ValueId {
    const id = this.values.length;
    this.values.push({ ...draft, id, role: 'intermediate' });
    return id;
  }
}

/** Everything that depends on `sources` through the forward operations, codes excepted: they carry no gradient. */
function dependents(program: Program, sources: ReadonlySet<ValueId>): ReadonlySet<ValueId> {
  const found = new Set(sources);
  for (const operation of program.operations) {
    if (operation.kind === 'sinkhorn') continue;
    if (reads(operation).some((id) => found.has(id))) for (const id of creates(operation)) found.add(id);
  }
  return found;
}

type Rules = { readonly [Kind in OperationKind]?: (tape: Tape, operation: OperationOf<Kind>) => void };

/** Convolutions that are one matrix product over all pixels; only these can add to a gradient that is there. */
function isPointwise({ kernel, stride, groups }: ConvolutionAttributes): boolean {
  return kernel === 1 && stride === 1 && groups === 1;
}

/** The backward kernels differentiate the batch's moments as well, so that running ones would give wrong gradients. */
function requireBatchMoments(tape: Tape, { inputs, unit }: OperationOf<'batchNorm' | 'squeeze' | 'excite'>): void {
  const mean = tape.values[inputs.mean]!;
  if (mean.role !== 'state') return;
  const message = `${mean.name} in ${unit}: a program that normalises by running statistics has no backward pass; build it in mode 'train'`;
  throw new ProgramError('NOT_DIFFERENTIABLE', message);
}

/** Gradients of scale and shift, where there are any. */
function affineGradients(tape: Tape, operation: OperationOf<'batchNorm' | 'squeeze'>) {
  const { scale, shift } = operation.inputs;
  if (scale === undefined || shift === undefined) return {};
  const gradients = { scaleGradient: tape.like(scale), shiftGradient: tape.like(shift) };
  tape.contribute(operation, scale, gradients.scaleGradient);
  tape.contribute(operation, shift, gradients.shiftGradient);
  return gradients;
}

const RULES: Rules = {
  convolution(tape, operation) {
    const { inputs, outputs, attributes } = operation;
    const outputGradient = tape.gradient(outputs.output);
    const weightGradient = tape.like(inputs.weight);
    tape.emit('convolutionBackwardWeights', operation, {
      inputs: { input: inputs.input, outputGradient },
      outputs: { weightGradient },
      attributes,
    });
    tape.contribute(operation, inputs.weight, weightGradient);
    if (!tape.needs(inputs.input)) return;
    const inputGradient = tape.like(inputs.input);
    const accumulate = isPointwise(attributes) ? tape.known(inputs.input) : undefined;
    tape.emit('convolutionBackwardData', operation, {
      inputs: { outputGradient, weight: inputs.weight, accumulate },
      outputs: { inputGradient },
      attributes,
    });
    if (accumulate === undefined) tape.contribute(operation, inputs.input, inputGradient);
    else tape.supersede(inputs.input, inputGradient);
  },

  batchNorm(tape, operation) {
    requireBatchMoments(tape, operation);
    const { inputs, outputs, attributes } = operation;
    const { residual, ...normalised } = inputs;
    const outputGradient = tape.gradient(outputs.output);
    const inputGradient = tape.like(inputs.input);
    // Without an activation the residual's gradient is the output's own.
    const masked = residual !== undefined && attributes.activation !== 'none';
    const residualGradient = masked && tape.needs(residual) ? tape.like(residual) : undefined;
    tape.emit('batchNormBackward', operation, {
      inputs: { ...normalised, outputGradient, output: masked ? outputs.output : undefined },
      outputs: { inputGradient, residualGradient, ...affineGradients(tape, operation) },
      attributes,
    });
    tape.contribute(operation, inputs.input, inputGradient);
    if (tape.needs(residual)) tape.contribute(operation, residual, residualGradient ?? outputGradient);
  },

  excite(tape, operation) {
    requireBatchMoments(tape, operation);
    const { inputs, outputs, attributes } = operation;
    const { gate, ...normalised } = inputs;
    const outputGradient = tape.gradient(outputs.output);
    const gateGradient = tape.like(gate);
    const [images, channels] = tape.values[gate]!.shape as [number, number];
    const name = `sums(${tape.values[inputs.input]!.name})`;
    const sums = tape.like(gate, { name, shape: [images, 5, channels] });
    tape.emit('exciteBackward', operation, {
      inputs: { ...normalised, outputGradient },
      outputs: { gateGradient, sums },
      attributes,
    });
    tape.contribute(operation, gate, gateGradient);
    tape.excited.set(inputs.input, { outputGradient, gate, sums });
  },

  squeeze(tape, operation) {
    requireBatchMoments(tape, operation);
    const { inputs, outputs, attributes } = operation;
    const excited = tape.excited.get(inputs.input);
    if (!excited) {
      const map = tape.values[inputs.input]!.name;
      throw new ProgramError(
        'NOT_DIFFERENTIABLE',
        `a gradient reaches the squeeze of ${map}, and none the excite that it belongs to`,
      );
    }
    const inputGradient = tape.like(inputs.input);
    tape.emit('squeezeBackward', operation, {
      inputs: { ...inputs, ...excited, pooledGradient: tape.gradient(outputs.pooled) },
      outputs: { inputGradient, ...affineGradients(tape, operation) },
      attributes,
    });
    tape.contribute(operation, inputs.input, inputGradient);
  },

  activation(tape, operation) {
    const { input } = operation.inputs;
    const inputGradient = tape.like(input);
    tape.emit('activationBackward', operation, {
      inputs: { input, outputGradient: tape.gradient(operation.outputs.output) },
      outputs: { inputGradient },
      attributes: operation.attributes,
    });
    tape.contribute(operation, input, inputGradient);
  },

  add(tape, operation) {
    const gradient = tape.gradient(operation.outputs.output);
    for (const id of [operation.inputs.left, operation.inputs.right]) {
      if (tape.needs(id)) tape.contribute(operation, id, gradient);
    }
  },

  globalPool(tape, operation) {
    const inputGradient = tape.like(operation.inputs.input);
    tape.emit('globalPoolBackward', operation, {
      inputs: { outputGradient: tape.gradient(operation.outputs.output) },
      outputs: { inputGradient },
    });
    tape.contribute(operation, operation.inputs.input, inputGradient);
  },

  gate(tape, operation) {
    const { input, gate } = operation.inputs;
    const [inputGradient, gateGradient] = [tape.like(input), tape.like(gate)];
    tape.emit('gateBackward', operation, {
      inputs: { input, gate, outputGradient: tape.gradient(operation.outputs.output) },
      outputs: { inputGradient, gateGradient },
    });
    tape.contribute(operation, input, inputGradient);
    tape.contribute(operation, gate, gateGradient);
  },

  linear(tape, operation) {
    const { input, weight, bias } = operation.inputs;
    const outputGradient = tape.gradient(operation.outputs.output);
    const weightGradient = tape.like(weight);
    const biasGradient = bias === undefined ? undefined : tape.like(bias);
    tape.emit('linearBackwardWeights', operation, {
      inputs: { input, outputGradient },
      outputs: { weightGradient, biasGradient },
      attributes: operation.attributes,
    });
    tape.contribute(operation, weight, weightGradient);
    if (bias !== undefined && biasGradient !== undefined) tape.contribute(operation, bias, biasGradient);
    if (!tape.needs(input)) return;
    const inputGradient = tape.like(input);
    tape.emit('linearBackwardData', operation, {
      inputs: { outputGradient, weight },
      outputs: { inputGradient },
      attributes: operation.attributes,
    });
    tape.contribute(operation, input, inputGradient);
  },

  l2Normalize(tape, operation) {
    const { input } = operation.inputs;
    const inputGradient = tape.like(input);
    tape.emit('l2NormalizeBackward', operation, {
      inputs: { input, outputGradient: tape.gradient(operation.outputs.output) },
      outputs: { inputGradient },
    });
    tape.contribute(operation, input, inputGradient);
  },

  swavLoss(tape, operation) {
    const { scores, codes } = operation.inputs;
    const scoresGradient = tape.like(scores);
    tape.emit('swavLossBackward', operation, {
      inputs: { scores, codes },
      outputs: { scoresGradient },
      attributes: operation.attributes,
    });
    tape.contribute(operation, scores, scoresGradient);
  },

  crossEntropy(tape, operation) {
    const { scores, labels } = operation.inputs;
    const scoresGradient = tape.like(scores);
    tape.emit('crossEntropyBackward', operation, {
      inputs: { scores, labels },
      outputs: { scoresGradient },
      attributes: operation.attributes,
    });
    tape.contribute(operation, scores, scoresGradient);
  },
};
