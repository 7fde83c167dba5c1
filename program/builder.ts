/**
 * Runs a network's description (model/) and writes down its operations: the forward program, nothing fused yet.
 */
import type { Activation, BatchNormOptions, ConvolutionOptions, Layers, LinearOptions } from '../model/layers.ts';
import type { Operation, OperationKind, OperationOf } from './operations.ts';
import type { Program } from './program.ts';
import { type Grid, type Init, imageCount, type Precision, pixels, type Value, type ValueId } from './values.ts';

export const BATCH_NORM = { epsilon: 1e-5, momentum: 0.1 } as const;

/** The default of linear layers in PyTorch, which the reference implementation leaves in place for some. */
export function uniformInit(fanIn: number): Init {
  return { kind: 'uniform', bound: 1 / Math.sqrt(fanIn) };
}

const ZERO: Init = { kind: 'constant', value: 0 };
const LINEAR_INIT: Record<LinearOptions['init'], (fanIn: number, fanOut: number) => { weight: Init; bias: Init }> = {
  kaiming: (fanIn, fanOut) => ({
    weight: { kind: 'normal', deviation: Math.sqrt(2 / fanOut) },
    bias: uniformInit(fanIn),
  }),
  normal: () => ({ weight: { kind: 'normal', deviation: 0.01 }, bias: ZERO }),
  uniform: (fanIn) => ({ weight: uniformInit(fanIn), bias: uniformInit(fanIn) }),
};

export interface BuilderOptions {
  readonly name: string;
  /** Storage of feature maps and their gradients; statistics, weights, head and loss are always f32. */
  readonly precision: Precision;
  /** `train` normalises by the batch, `inference` by the running statistics. */
  readonly mode: 'train' | 'inference';
}

/** A batch normalisation of the forward program, as the update phase needs it for the running statistics. */
export interface BatchMoments {
  readonly mean: ValueId;
  readonly variance: ValueId;
  readonly runningMean: ValueId;
  readonly runningVariance: ValueId;
  /** Pixels of each resolution. */
  readonly counts: readonly number[];
}

type Draft<Kind extends OperationKind> = Pick<OperationOf<Kind>, 'inputs' | 'outputs'> &
  Partial<Pick<OperationOf<Kind>, 'attributes' | 'updates' | 'phase'>>;

export class ProgramBuilder implements Layers<ValueId> {
  readonly options: BuilderOptions;
  readonly moments: BatchMoments[] = [];
  readonly #values: Value[] = [];
  readonly #operations: Operation[] = [];
  readonly #parameters = new Map<string, ValueId>();
  #unit = 'input';

  constructor(options: BuilderOptions) {
    this.options = options;
  }

  program(): Program {
    return { name: this.options.name, values: this.#values, operations: this.#operations };
  }

  value(draft: Omit<Value, 'id' | 'role' | 'dtype'> & Partial<Pick<Value, 'role' | 'dtype'>>): ValueId {
    const id = this.#values.length;
    this.#values.push({ role: 'intermediate', dtype: 'f32', ...draft, id });
    return id;
  }

  /** The parameter of that name, created at its first use: both the loss and the queue may ask for the prototypes. */
  parameter(name: string, shape: readonly number[], init: Init): ValueId {
    const known = this.#parameters.get(name);
    if (known !== undefined) return known;
    const id = this.value({ name, shape, init, role: 'parameter' });
    this.#parameters.set(name, id);
    return id;
  }

  emit<Kind extends OperationKind>(kind: Kind, draft: Draft<Kind>): void {
    const base = { kind, unit: this.#unit, phase: 'forward', attributes: {}, updates: {} };
    this.#operations.push({ ...base, ...draft } as unknown as Operation);
  }

  unit(name: string): void {
    this.#unit = name;
  }

  channels(input: ValueId): number {
    return this.#shape(input).at(-1)!;
  }

  /** Decoded crops (u8, channels-last), the large ones first, as network input. */
  images(grids: readonly Grid[], mean: readonly number[], deviation: readonly number[]): ValueId {
    const input = this.value({ name: 'crops', role: 'input', dtype: 'u8', shape: [pixels(grids), 3], grids });
    const output = this.#featureMap('images', grids, 3);
    this.emit('normalizeImages', { inputs: { input }, outputs: { output }, attributes: { mean, deviation } });
    return output;
  }

  /** Images that were normalised elsewhere: an f32 input, converted if feature maps are of another type. */
  normalizedImages(grids: readonly Grid[]): ValueId {
    const input = this.value({ name: 'images', role: 'input', shape: [pixels(grids), 3], grids });
    if (this.options.precision === 'f32') return input;
    const output = this.#featureMap('converted images', grids, 3);
    const attributes = { mean: [0, 0, 0], deviation: [1, 1, 1] };
    this.emit('normalizeImages', { inputs: { input }, outputs: { output }, attributes });
    return output;
  }

  convolution(input: ValueId, name: string, options: ConvolutionOptions): ValueId {
    const { outputChannels, kernel, stride, groups } = options;
    const shape = [outputChannels, this.channels(input) / groups, kernel, kernel];
    // Kaiming for the fan out, groups ignored, as the reference implementation does.
    const deviation = Math.sqrt(2 / (kernel * kernel * outputChannels));
    const weight = this.parameter(`${name}.weight`, shape, { kind: 'normal', deviation });
    const grids = this.#grids(input).map(({ images, height, width }) => ({
      images,
      height: Math.ceil(height / stride),
      width: Math.ceil(width / stride),
    }));
    const output = this.#featureMap(name, grids, outputChannels);
    this.emit('convolution', {
      inputs: { input, weight },
      outputs: { output },
      attributes: { kernel, stride, groups },
    });
    return output;
  }

  batchNorm(input: ValueId, name: string, options: BatchNormOptions = {}): ValueId {
    const channels = this.channels(input);
    const affine = options.affine ?? true;
    const perChannel = (suffix: string, value: number) => ({
      name: `${name}.${suffix}`,
      shape: [channels],
      init: { kind: 'constant', value } as const,
    });
    const parameter = (suffix: string, value: number) => {
      const { name: full, shape, init } = perChannel(suffix, value);
      return this.parameter(full, shape, init);
    };
    const scale = affine ? parameter('weight', 1) : undefined;
    const shift = affine ? parameter('bias', 0) : undefined;
    const runningMean = this.value({ ...perChannel('running_mean', 0), role: 'state' });
    const runningVariance = this.value({ ...perChannel('running_var', 1), role: 'state' });
    const { mean, variance } =
      this.options.mode === 'train'
        ? this.#batchMoments(input, name, runningMean, runningVariance)
        : { mean: runningMean, variance: runningVariance };
    const output = this.#like(name, input);
    this.emit('batchNorm', {
      inputs: { input, mean, variance, scale, shift },
      outputs: { output },
      attributes: { epsilon: BATCH_NORM.epsilon, activation: 'none' },
    });
    return output;
  }

  activation(input: ValueId, activation: Exclude<Activation, 'none'>): ValueId {
    const output = this.#like(`${activation}(${this.#name(input)})`, input);
    this.emit('activation', { inputs: { input }, outputs: { output }, attributes: { activation } });
    return output;
  }

  add(left: ValueId, right: ValueId): ValueId {
    const output = this.#like(`${this.#name(left)}+${this.#name(right)}`, left);
    this.emit('add', { inputs: { left, right }, outputs: { output } });
    return output;
  }

  globalPool(input: ValueId): ValueId {
    const shape = [imageCount(this.#grids(input)), this.channels(input)];
    const output = this.value({ name: `pool(${this.#name(input)})`, shape });
    this.emit('globalPool', { inputs: { input }, outputs: { output } });
    return output;
  }

  gate(input: ValueId, gate: ValueId): ValueId {
    const output = this.#like(`gated(${this.#name(input)})`, input);
    this.emit('gate', { inputs: { input, gate }, outputs: { output } });
    return output;
  }

  linear(input: ValueId, name: string, outputFeatures: number, options: LinearOptions): ValueId {
    const inputFeatures = this.channels(input);
    const shape = options.pointwise ? [outputFeatures, inputFeatures, 1, 1] : [outputFeatures, inputFeatures];
    const init = LINEAR_INIT[options.init](inputFeatures, outputFeatures);
    const weight = this.parameter(`${name}.weight`, shape, init.weight);
    const bias = options.bias ? this.parameter(`${name}.bias`, [outputFeatures], init.bias) : undefined;
    const output = this.value({ name, shape: [this.#shape(input)[0]!, outputFeatures] });
    const factors = options.asMaps && this.options.precision === 'bf16' ? 'bf16' : 'f32';
    this.emit('linear', { inputs: { input, weight, bias }, outputs: { output }, attributes: { factors } });
    return output;
  }

  l2Normalize(input: ValueId): ValueId {
    const output = this.#like(`unit(${this.#name(input)})`, input);
    this.emit('l2Normalize', { inputs: { input }, outputs: { output } });
    return output;
  }

  #batchMoments(input: ValueId, name: string, runningMean: ValueId, runningVariance: ValueId) {
    const { grids, shape } = this.#values[input]!;
    const counts = grids ? grids.map((grid) => pixels([grid])) : [shape[0]!];
    const moment = (kind: string) => this.value({ name: `${name}.${kind}`, shape: [counts.length, shape.at(-1)!] });
    const [mean, variance] = [moment('mean'), moment('variance')];
    this.emit('batchNormMoments', { inputs: { input }, outputs: { mean, variance } });
    this.moments.push({ mean, variance, runningMean, runningVariance, counts });
    return { mean, variance };
  }

  #featureMap(name: string, grids: readonly Grid[], channels: number): ValueId {
    return this.value({ name, grids, shape: [pixels(grids), channels], dtype: this.options.precision });
  }

  #like(name: string, input: ValueId): ValueId {
    const { shape, dtype, grids } = this.#values[input]!;
    return this.value({ name, shape, dtype, grids });
  }

  #grids(input: ValueId): readonly Grid[] {
    const { grids, name } = this.#values[input]!;
    if (!grids) throw new Error(`${name} is not a feature map`);
    return grids;
  }

  #shape(input: ValueId): readonly number[] {
    return this.#values[input]!.shape;
  }

  #name(input: ValueId): string {
    return this.#values[input]!.name;
  }
}
