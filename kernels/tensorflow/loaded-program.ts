/** A program on the thread that owns the binding: walks its operations, and deletes every tensor after its last use. */
import { messageOf } from '../../errors.ts';
import type { Operation } from '../../program/operations.ts';
import type { Program } from '../../program/program.ts';
import type { Value, ValueId } from '../../program/values.ts';
import type { Tensor } from './binding.ts';
import type { Collectives } from './collectives.ts';
import { TensorFlowError } from './errors.ts';
import type { Frame } from './frame.ts';
import { endsAfter } from './lifetimes.ts';
import { emit } from './operations/table.ts';
import { Storage } from './storage.ts';
import type { Tensors } from './tensors.ts';

export interface RunOptions {
  readonly first: number;
  readonly end: number;
  readonly timed: boolean;
  /** Asked before every operation. */
  isCancelled(): boolean;
}

export class LoadedProgram implements Frame {
  readonly t: Tensors;
  readonly isGpu: boolean;
  readonly collectives: Collectives | undefined;
  readonly #program: Program;
  readonly #storage: Storage;
  readonly #ends: readonly (readonly ValueId[])[];
  /** Ended with the last run, and readable until the next. */
  #ended: readonly ValueId[] = [];
  /** Taken during this run, until the value changes. */
  readonly #numbers = new Map<ValueId, Float32Array>();

  constructor(program: Program, t: Tensors, isGpu: boolean, collectives?: Collectives) {
    this.t = t;
    this.isGpu = isGpu;
    this.collectives = collectives;
    this.#program = program;
    this.#storage = new Storage(program, t);
    this.#ends = endsAfter(program);
  }

  value(id: ValueId): Value {
    return this.#program.values[id]!;
  }

  tensor(id: ValueId): Tensor {
    return this.#storage.get(id);
  }

  put(id: ValueId, tensor: Tensor): void {
    this.#numbers.delete(id);
    this.#storage.put(id, tensor);
  }

  numbers(id: ValueId): Float32Array {
    let found = this.#numbers.get(id);
    if (!found) {
      found = this.t.numbers(this.tensor(id));
      this.#numbers.set(id, found);
    }
    return found;
  }

  /** @param bytes become the value's own. */
  write(id: ValueId, bytes: Uint8Array): void {
    this.#numbers.delete(id);
    this.#storage.putBytes(id, bytes);
  }

  read(id: ValueId): Uint8Array<ArrayBuffer> {
    return this.#storage.bytes(id);
  }

  /**
   * @returns (operations, 2), begin and end of each in seconds of process.hrtime(), if it is timed.
   * @throws TensorFlowError that names the operation
   */
  run({ first, end, timed, isCancelled }: RunOptions): Float64Array<ArrayBuffer> {
    const { operations } = this.#program;
    const times = new Float64Array(timed ? operations.length * 2 : 0);
    this.#numbers.clear();
    this.#drop(this.#ended);
    this.#ended = this.#ends[end - 1] ?? [];
    for (let index = first; index < end; index++) {
      if (isCancelled()) throw new TensorFlowError('TENSORFLOW_FAILED', 'The run was cancelled.');
      if (timed) times[2 * index] = seconds();
      const operation = operations[index]!;
      try {
        this.t.scope(() => emit(operation, this));
      } catch (error) {
        throw this.#named(operation, error);
      }
      if (index < end - 1) this.#drop(this.#ends[index]!);
      if (timed) times[2 * index + 1] = seconds();
    }
    this.collectives?.settle(this.t);
    return times;
  }

  #drop(ids: readonly ValueId[]): void {
    for (const id of ids) this.#storage.dropWhole(id);
  }

  free(): void {
    this.#storage.free();
    this.collectives?.free(this.t);
  }

  #named(operation: Operation, error: unknown): TensorFlowError {
    const operands = Object.entries({ ...operation.inputs, ...operation.updates, ...operation.outputs } as Record<
      string,
      ValueId | readonly ValueId[] | undefined
    >).flatMap(([name, ids]) =>
      typeof ids === 'number' ? [`${name}=${this.#describe(ids)}`] : ids ? [`${name}=${ids.length} values`] : [],
    );
    const code = error instanceof TensorFlowError ? error.code : 'TENSORFLOW_FAILED';
    return new TensorFlowError(code, `${operation.kind}: ${messageOf(error)} (${operands.join(' ')})`, {
      cause: error,
    });
  }

  #describe(id: ValueId): string {
    const { name, dtype, shape } = this.value(id);
    return `${name} ${dtype}[${shape.join()}]`;
  }
}

function seconds(): number {
  return Number(process.hrtime.bigint()) / 1e9;
}
