/**
 * The tensors of a program's values. TensorFlow's tensors do not change and have no addresses, so a value that is a part of
 * another (a parameter within its gathered unit, a gradient within its unit's) is cut out of it when it is read, and put
 * together with its neighbours when the whole is read. Parts may overlap, as the rows of a piece and the piece: what was put
 * last counts.
 */
import type { Program } from '../../program/program.ts';
import { BYTES, byteLength, elements, type Value, type ValueId } from '../../program/values.ts';
import { attribute, type Tensor, TYPES } from './binding.ts';
import type { Tensors } from './tensors.ts';

export class Storage {
  readonly #values: readonly Value[];
  readonly #t: Tensors;
  readonly #tensors = new Map<ValueId, Tensor>();
  /** Parts of a value, in the order in which they lie in it. */
  readonly #parts = new Map<ValueId, Value[]>();

  constructor({ values }: Program, t: Tensors) {
    this.#values = values;
    this.#t = t;
    for (const value of values) {
      if (!value.view) continue;
      this.#parts.set(value.view.of, [...(this.#parts.get(value.view.of) ?? []), value]);
    }
    for (const parts of this.#parts.values()) parts.sort((a, b) => a.view!.byteOffset - b.view!.byteOffset);
  }

  /** The value in its shape and type; zeros where nothing has been put. */
  get(id: ValueId): Tensor {
    const value = this.#values[id]!;
    if (this.#parts.has(id)) this.#assemble(value);
    this.#settleOverlaps(value);
    const found = this.#tensors.get(id);
    if (found) return found;
    return value.view ? this.#cutOut(value, value.view) : this.#t.zeros(value.shape, value.dtype);
  }

  /** Keeps a tensor, brought into the value's shape and type. */
  put(id: ValueId, tensor: Tensor): void {
    const value = this.#values[id]!;
    const { shape, dtype } = value;
    this.#settleOverlaps(value);
    const fitting = this.#t.keep(this.#t.reshape(this.#t.cast(tensor, dtype), shape));
    for (const part of this.#parts.get(id) ?? []) this.drop(part.id);
    this.drop(id);
    this.#tensors.set(id, fitting);
  }

  drop(id: ValueId): void {
    const tensor = this.#tensors.get(id);
    if (!tensor) return;
    this.#tensors.delete(id);
    this.#t.delete(tensor);
  }

  /** With all its parts. */
  dropWhole(id: ValueId): void {
    for (const part of this.#parts.get(id) ?? []) this.drop(part.id);
    this.drop(id);
  }

  putBytes(id: ValueId, bytes: Uint8Array): void {
    const { shape, dtype } = this.#values[id]!;
    this.#t.scope(() => this.put(id, this.#fromBytes(bytes, shape, dtype)));
  }

  #fromBytes(bytes: Uint8Array, shape: readonly number[], dtype: Value['dtype']): Tensor {
    if (dtype === 'f32') {
      return this.#t.from(new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / BYTES.f32), shape);
    }
    if (dtype === 'u8') return this.#t.from(bytes, shape);
    const pairs = this.#t.from(bytes, [...shape, BYTES[dtype]]);
    return this.#t.one('Bitcast', [pairs], [attribute.type('type', TYPES[dtype])]);
  }

  /** Of an f32 value. */
  bytes(id: ValueId): Uint8Array<ArrayBuffer> {
    let numbers = new Float32Array();
    this.#t.scope(() => {
      numbers = this.#t.numbers(this.get(id)) as Float32Array<ArrayBuffer>;
    });
    return new Uint8Array(numbers.buffer);
  }

  #cutOut(value: Value, { of, byteOffset }: NonNullable<Value['view']>): Tensor {
    const whole = this.#tensors.get(of);
    if (!whole) return this.#t.zeros(value.shape, value.dtype);
    const flat = this.#t.reshape(whole, [elements(this.#values[of]!)]);
    const cut = this.#t.slice(flat, [byteOffset / BYTES[value.dtype]], [elements(value)]);
    return this.#t.reshape(cut, value.shape);
  }

  /** What was put into a part that overlaps this one goes into their whole. */
  #settleOverlaps(value: Value): void {
    const { id, view } = value;
    if (!view) return;
    const end = (of: Value) => of.view!.byteOffset + byteLength(of);
    const isFresh = this.#parts
      .get(view.of)!
      .some(
        (part) =>
          part.id !== id &&
          this.#tensors.has(part.id) &&
          part.view!.byteOffset < end(value) &&
          view.byteOffset < end(part),
      );
    if (isFresh) this.#assemble(this.#values[view.of]!);
  }

  /** Where parts were put one by one, the whole is made of them, and of what lay between them. */
  #assemble(value: Value): void {
    // Of some parameters a rank has nothing.
    const fresh = this.#parts.get(value.id)!.filter((part) => this.#tensors.has(part.id) && elements(part) > 0);
    if (fresh.length === 0) return;
    const total = elements(value);
    const before = this.#tensors.get(value.id);
    const between = (first: number, end: number) =>
      before
        ? this.#t.slice(this.#t.reshape(before, [total]), [first], [end - first])
        : this.#t.zeros([end - first], value.dtype);
    const pieces: Tensor[] = [];
    let end = 0;
    for (const part of fresh) {
      const first = part.view!.byteOffset / BYTES[part.dtype];
      if (first > end) pieces.push(between(end, first));
      pieces.push(this.#t.reshape(this.#tensors.get(part.id)!, [elements(part)]));
      end = first + elements(part);
    }
    if (end < total) pieces.push(between(end, total));
    this.put(value.id, this.#t.concat(pieces));
  }

  free(): void {
    for (const id of [...this.#tensors.keys()]) this.drop(id);
  }
}
