/**
 * The network's description, run with layers that write down ONNX nodes: the same description that the executor's programs
 * come from. Feature maps are (N, C, H, W), as ONNX has them; pooled features (N, C, 1, 1) until somebody needs rows.
 *
 * A normalisation right behind a convolution or a linear layer is a factor and an offset for each of its channels, since
 * running statistics no longer change; folded, it disappears into their weights.
 */
import type { BatchNormOptions, ConvolutionOptions, Layers, LinearOptions } from '../../model/layers.ts';
import { BATCH_NORM } from '../../program/builder.ts';
import { elementsOf } from '../safetensors-header.ts';
import { affineOf, offsetBias, scaleRows, type WeightSource } from './fold.ts';

export type Attribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'float'; readonly value: number };

export interface OnnxNode {
  readonly operator: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** An initialiser; its values are made when they are written. */
export interface OnnxWeight {
  readonly name: string;
  readonly shape: readonly number[];
  values(): Float32Array;
}

/** A value of the graph: its name, its channels, and whether it has the shape (N, C) instead of (N, C, H, W). */
export interface OnnxValue {
  readonly name: string;
  readonly channels: number;
  readonly rows: boolean;
  /** The layer that a normalisation could be folded into: it made this value, and nothing else reads it. */
  readonly foldable?: { readonly layer: string; readonly bias: boolean };
}

const int = (value: number): Attribute => ({ kind: 'int', value });
const ints = (...value: number[]): Attribute => ({ kind: 'ints', value });

export class OnnxGraph implements Layers<OnnxValue> {
  readonly nodes: OnnxNode[] = [];
  readonly #weights = new Map<string, OnnxWeight>();
  readonly #source: WeightSource;
  readonly #fold: boolean;

  /** @param fold whether normalisations disappear into the layer before them */
  constructor(source: WeightSource, fold: boolean) {
    this.#source = source;
    this.#fold = fold;
  }

  get weights(): OnnxWeight[] {
    return [...this.#weights.values()];
  }

  convolution(input: OnnxValue, name: string, options: ConvolutionOptions): OnnxValue {
    const { outputChannels, kernel, stride, groups } = options;
    const padding = Math.floor(kernel / 2);
    const weight = this.#parameter(`${name}.weight`, [outputChannels, input.channels / groups, kernel, kernel]);
    const output = this.#emit('Conv', name, [input.name, weight], {
      kernel_shape: ints(kernel, kernel),
      strides: ints(stride, stride),
      pads: ints(padding, padding, padding, padding),
      group: int(groups),
    });
    return { name: output, channels: outputChannels, rows: false, foldable: { layer: name, bias: false } };
  }

  batchNorm(input: OnnxValue, name: string, { affine = true }: BatchNormOptions = {}): OnnxValue {
    if (this.#fold && input.foldable) return this.#folded(input, input.foldable, name, affine);
    const statistic = (suffix: string, constant?: number) =>
      this.#weight(`${name}.${suffix}`, [input.channels], () =>
        constant === undefined ? this.#source(`${name}.${suffix}`) : new Float32Array(input.channels).fill(constant),
      );
    const inputs = [
      statistic('weight', affine ? undefined : 1),
      statistic('bias', affine ? undefined : 0),
      statistic('running_mean'),
      statistic('running_var'),
    ];
    const epsilon: Attribute = { kind: 'float', value: BATCH_NORM.epsilon };
    const output = this.#emit('BatchNormalization', name, [input.name, ...inputs], { epsilon });
    return { name: output, channels: input.channels, rows: input.rows };
  }

  activation(input: OnnxValue, kind: 'relu' | 'silu' | 'sigmoid'): OnnxValue {
    const { channels, rows } = input;
    const name = `${input.name}/${kind}`;
    if (kind === 'relu') return { name: this.#emit('Relu', name, [input.name]), channels, rows };
    const sigmoid = this.#emit('Sigmoid', kind === 'sigmoid' ? name : `${name}/sigmoid`, [input.name]);
    if (kind === 'sigmoid') return { name: sigmoid, channels, rows };
    return { name: this.#emit('Mul', name, [input.name, sigmoid]), channels, rows };
  }

  add(left: OnnxValue, right: OnnxValue): OnnxValue {
    const { channels, rows } = left;
    return { name: this.#emit('Add', `${left.name}/add`, [left.name, right.name]), channels, rows };
  }

  globalPool(input: OnnxValue): OnnxValue {
    return {
      name: this.#emit('GlobalAveragePool', `${input.name}/pool`, [input.name]),
      channels: input.channels,
      rows: false,
    };
  }

  gate(input: OnnxValue, gate: OnnxValue): OnnxValue {
    const { channels, rows } = input;
    return { name: this.#emit('Mul', `${input.name}/gate`, [input.name, gate.name]), channels, rows };
  }

  linear(input: OnnxValue, name: string, outputFeatures: number, { bias, pointwise }: LinearOptions): OnnxValue {
    const shape = [outputFeatures, input.channels];
    const inputs = [this.#parameter(`${name}.weight`, pointwise ? [...shape, 1, 1] : shape)];
    if (bias) inputs.push(this.#parameter(`${name}.bias`, [outputFeatures]));
    const channels = outputFeatures;
    const foldable = { layer: name, bias };
    // On pooled maps a linear layer is a convolution of one pixel, which is how its weight is stored.
    if (pointwise) return { name: this.#emit('Conv', name, [input.name, ...inputs]), channels, rows: false, foldable };
    const output = this.#emit('Gemm', name, [this.rows(input).name, ...inputs], { transB: int(1) });
    return { name: output, channels, rows: true, foldable };
  }

  l2Normalize(input: OnnxValue): OnnxValue {
    const rows = this.rows(input);
    const output = this.#emit('LpNormalization', `${rows.name}/unit`, [rows.name], { axis: int(1), p: int(2) });
    return { ...rows, name: output };
  }

  channels(input: OnnxValue): number {
    return input.channels;
  }

  unit(): void {}

  /** (N, C, 1, 1) as (N, C). */
  rows(input: OnnxValue): OnnxValue {
    if (input.rows) return input;
    const output = this.#emit('Flatten', `${input.name}/rows`, [input.name], { axis: int(1) });
    return { name: output, channels: input.channels, rows: true };
  }

  /** Gives a value the name by which the graph is asked for it. */
  output(value: OnnxValue, name: string): void {
    this.#emit('Identity', name, [value.name]);
  }

  /** y = (x - mean) / sqrt(variance + epsilon) * scale + shift, as other weights of the layer that made x. */
  #folded(
    input: OnnxValue,
    { layer, bias }: { layer: string; bias: boolean },
    name: string,
    affine: boolean,
  ): OnnxValue {
    const affineFactors = () => affineOf(this.#source, name, affine);
    const weight = this.#weights.get(`${layer}.weight`)!;
    this.#weights.set(weight.name, { ...weight, values: () => scaleRows(weight.values(), affineFactors().factor) });
    const biasName = `${layer}.bias`;
    const old = bias ? this.#weights.get(biasName)!.values : undefined;
    const values = () => offsetBias(old?.(), affineFactors());
    this.#weights.set(biasName, { name: biasName, shape: [input.channels], values });
    const index = this.nodes.findLastIndex((node) => node.output === input.name);
    const node = this.nodes[index]!;
    if (!bias) this.nodes[index] = { ...node, inputs: [...node.inputs, biasName] };
    const { foldable: _, ...output } = input;
    return output;
  }

  #parameter(name: string, shape: readonly number[]): string {
    return this.#weight(name, shape, () => this.#source(name));
  }

  #weight(name: string, shape: readonly number[], values: () => Float32Array): string {
    const checked = () => {
      const read = values();
      if (read.length !== elementsOf(shape))
        throw new RangeError(`${name} has ${read.length} values and not [${shape}]`);
      return read;
    };
    this.#weights.set(name, { name, shape, values: checked });
    return name;
  }

  #emit(
    operator: string,
    name: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string {
    this.nodes.push({ operator, name, inputs, output: name, attributes });
    return name;
  }
}
