/**
 * TensorFlow's operations as functions of tensors. Every tensor that is made belongs to the scope in which it was made, and is
 * deleted with it unless it is kept: so an operation of a program may write down what it computes and forget about lifetimes.
 */
import { type Attribute, attribute, type Binding, type Tensor, type TensorType, TYPES } from './binding.ts';

const KEEP_DIMENSIONS = [attribute.bool('keep_dims', true)];
const DROP_DIMENSIONS = [attribute.bool('keep_dims', false)];
const AXIS_0 = attribute.int('axis', 0);

export class Tensors {
  readonly #binding: Binding;
  /** Made since the scope began. */
  #scope = new Map<number, Tensor>();
  /** Small tensors that every run needs again: shapes, axes, factors. */
  readonly #constants = new Map<string, Tensor>();

  constructor(binding: Binding) {
    this.#binding = binding;
  }

  /** Runs `body`, and deletes what it made and did not keep. */
  scope(body: () => void): void {
    const outer = this.#scope;
    this.#scope = new Map();
    try {
      body();
    } finally {
      for (const id of this.#scope.keys()) this.#binding.deleteTensor(id);
      this.#scope = outer;
    }
  }

  /** Takes the tensor out of its scope; one that is not of this scope is kept as another name for the same numbers. */
  keep(tensor: Tensor): Tensor {
    if (this.#scope.delete(tensor.id)) return tensor;
    const [alias] = this.#binding.executeOp('Identity', [], [tensor.id], 1);
    return alias!;
  }

  delete(tensor: Tensor): void {
    this.#binding.deleteTensor(tensor.id);
  }

  run(name: string, inputs: readonly Tensor[], attributes: readonly Attribute[] = [], outputs = 1): Tensor[] {
    const made = this.#binding.executeOp(
      name,
      attributes,
      inputs.map(({ id }) => id),
      outputs,
    );
    for (const tensor of made) this.#scope.set(tensor.id, tensor);
    return made;
  }

  one(name: string, inputs: readonly Tensor[], attributes: readonly Attribute[] = []): Tensor {
    return this.run(name, inputs, attributes)[0]!;
  }

  // ── numbers in and out ───────────────────────────────────────────────────────────────────────────────────────────

  /** The numbers must not change while the tensor lives. */
  from(numbers: Float32Array | Int32Array | Uint8Array, shape: readonly number[]): Tensor {
    const type = numbers instanceof Float32Array ? 'f32' : numbers instanceof Int32Array ? 'i32' : 'u8';
    const tensor = { id: this.#binding.createTensor(shape, TYPES[type], numbers), shape, dtype: TYPES[type] };
    this.#scope.set(tensor.id, tensor);
    return tensor;
  }

  /** Copied; waits until the device has computed them. */
  numbers(tensor: Tensor): Float32Array {
    let numbers: Float32Array | Int32Array | Uint8Array = new Float32Array();
    this.scope(() => {
      numbers = this.#binding.tensorDataSync(this.cast(tensor, 'f32').id);
    });
    return numbers as Float32Array;
  }

  /** f32, of no dimension unless there are several. Lives as long as the program. */
  constant(value: number | readonly number[]): Tensor {
    const list = typeof value === 'number' ? [value] : value;
    return this.#constant(`f${typeof value === 'number' ? '' : '['}${list}`, () =>
      this.from(Float32Array.from(list), typeof value === 'number' ? [] : [list.length]),
    );
  }

  /** i32: a shape, axes, a perm. */
  integers(value: number | readonly number[]): Tensor {
    const list = typeof value === 'number' ? [value] : value;
    return this.#constant(`i${typeof value === 'number' ? '' : '['}${list}`, () =>
      this.from(Int32Array.from(list), typeof value === 'number' ? [] : [list.length]),
    );
  }

  #constant(key: string, make: () => Tensor): Tensor {
    let found = this.#constants.get(key);
    if (!found) {
      found = make();
      this.#scope.delete(found.id);
      this.#constants.set(key, found);
    }
    return found;
  }

  free(): void {
    for (const tensor of this.#constants.values()) this.delete(tensor);
    this.#constants.clear();
  }

  // ── shapes and types ─────────────────────────────────────────────────────────────────────────────────────────────

  cast(tensor: Tensor, type: TensorType): Tensor {
    if (tensor.dtype === TYPES[type]) return tensor;
    return this.one('Cast', [tensor], [attribute.type('DstT', TYPES[type])]);
  }

  reshape(tensor: Tensor, shape: readonly number[]): Tensor {
    if (tensor.shape.length === shape.length && tensor.shape.every((extent, i) => extent === shape[i])) return tensor;
    return this.one('Reshape', [tensor, this.integers(shape)]);
  }

  transpose(tensor: Tensor, order: readonly number[]): Tensor {
    return this.one('Transpose', [tensor, this.integers(order)]);
  }

  /** Consecutive parts along the first axis. */
  split(tensor: Tensor, sizes: readonly number[]): Tensor[] {
    if (sizes.length === 1) return [tensor];
    const inputs = [tensor, this.integers(sizes), this.integers(0)];
    return this.run('SplitV', inputs, [attribute.int('num_split', sizes.length)], sizes.length);
  }

  slice(tensor: Tensor, begin: readonly number[], size: readonly number[]): Tensor {
    return this.one('Slice', [tensor, this.integers(begin), this.integers(size)]);
  }

  /** Zeros around: pairs of numbers before and after, for each axis. */
  pad(tensor: Tensor, paddings: readonly (readonly [number, number])[]): Tensor {
    const flat = this.integers(paddings.flat());
    return this.one('Pad', [tensor, this.reshape(flat, [paddings.length, 2])]);
  }

  concat(tensors: readonly Tensor[], axis = 0): Tensor {
    if (tensors.length === 1) return tensors[0]!;
    const attributes = [attribute.int('N', tensors.length), attribute.type('T', tensors[0]!.dtype)];
    return this.one('ConcatV2', [...tensors, this.integers(axis)], attributes);
  }

  /** (n, ...) of n tensors of one shape. */
  stack(tensors: readonly Tensor[]): Tensor {
    const attributes = [attribute.int('N', tensors.length), attribute.type('T', tensors[0]!.dtype), AXIS_0];
    return this.one('Pack', tensors, attributes);
  }

  unstack(tensor: Tensor): Tensor[] {
    const count = tensor.shape[0]!;
    return this.run('Unpack', [tensor], [attribute.int('num', count), AXIS_0], count);
  }

  zeros(shape: readonly number[], type: TensorType): Tensor {
    return this.cast(this.one('Fill', [this.integers(shape), this.constant(0)]), type);
  }

  // ── elementwise ──────────────────────────────────────────────────────────────────────────────────────────────────

  add = (left: Tensor, right: Tensor) => this.one('AddV2', [left, right]);
  subtract = (left: Tensor, right: Tensor) => this.one('Sub', [left, right]);
  multiply = (left: Tensor, right: Tensor) => this.one('Mul', [left, right]);
  divide = (left: Tensor, right: Tensor) => this.one('RealDiv', [left, right]);
  maximum = (left: Tensor, right: Tensor) => this.one('Maximum', [left, right]);
  minimum = (left: Tensor, right: Tensor) => this.one('Minimum', [left, right]);
  square = (tensor: Tensor) => this.one('Square', [tensor]);
  sqrt = (tensor: Tensor) => this.one('Sqrt', [tensor]);
  exp = (tensor: Tensor) => this.one('Exp', [tensor]);
  negative = (tensor: Tensor) => this.one('Neg', [tensor]);
  /** Compares with a number. */
  is = (tensor: Tensor, relation: 'Greater' | 'GreaterEqual' | 'Less' | 'Equal' | 'NotEqual', value: number) =>
    this.one(relation, [tensor, this.constant(value)]);
  and = (left: Tensor, right: Tensor) => this.one('LogicalAnd', [left, right]);
  select = (condition: Tensor, yes: Tensor, no: Tensor) => this.one('SelectV2', [condition, yes, no]);
  scale = (tensor: Tensor, factor: number) => this.multiply(tensor, this.constant(factor));

  // ── sums and products ────────────────────────────────────────────────────────────────────────────────────────────

  sum(tensor: Tensor, axes: readonly number[], keep = false): Tensor {
    return this.one('Sum', [tensor, this.integers(axes)], keep ? KEEP_DIMENSIONS : DROP_DIMENSIONS);
  }

  mean(tensor: Tensor, axes: readonly number[], keep = false): Tensor {
    return this.one('Mean', [tensor, this.integers(axes)], keep ? KEEP_DIMENSIONS : DROP_DIMENSIONS);
  }

  largest(tensor: Tensor, axes: readonly number[]): Tensor {
    return this.one('Max', [tensor, this.integers(axes)], KEEP_DIMENSIONS);
  }

  matMul(left: Tensor, right: Tensor, transposed: { left?: boolean; right?: boolean } = {}): Tensor {
    return this.one(
      'MatMul',
      [left, right],
      [
        attribute.bool('transpose_a', transposed.left ?? false),
        attribute.bool('transpose_b', transposed.right ?? false),
      ],
    );
  }
}
