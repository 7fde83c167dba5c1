/** A program on TensorFlow, seen from JavaScript's thread. What is written waits here until the next run takes it along. */
import type { MemoryPlan } from '../../program/memory-plan.ts';
import { byteLength, isPersistent, type Program, type Value, type ValueId } from '../../program/program.ts';
import { Executor, type RunTimes } from '../base-executor.ts';
import { CompiledProgram } from '../executor.ts';
import type { TensorFlowDevice } from './device.ts';
import type { RanksOf } from './messages.ts';

export class TensorFlowExecutor extends Executor {
  readonly #device: TensorFlowDevice;
  readonly #id: number;
  /** Bytes that the next run takes along. */
  readonly #written = new Map<ValueId, Uint8Array<ArrayBuffer>>();
  /** Values that the device has something of. */
  readonly #onDevice = new Set<ValueId>();
  #cancelled = new Int32Array(new SharedArrayBuffer(4));

  /** Use `TensorFlowDevice.compile`. */
  constructor(device: TensorFlowDevice, id: number, program: Program, plan: MemoryPlan, ranks?: RanksOf) {
    super(program, plan);
    this.#device = device;
    this.#id = id;
    device.tell({ kind: 'load', program: id, contents: program, ...(ranks && { ranks }) });
  }

  protected writeBytes(value: Value, bytes: Uint8Array, byteOffset: number): void {
    const isWhole = bytes.byteLength === byteLength(value);
    this.#staged(value, isWhole).set(bytes, byteOffset);
  }

  protected readBytes({ id }: Value, into: Uint8Array): void {
    into.set(this.#written.get(id) ?? this.#device.read(this.#id, id));
  }

  protected memoryOf(value: Value): Uint8Array {
    return this.#staged(value, false);
  }

  /** The bytes that will be written: as the value is, unless all of them are to be replaced. */
  #staged(value: Value, isReplaced: boolean): Uint8Array<ArrayBuffer> {
    let staged = this.#written.get(value.id);
    if (!staged) {
      staged = new Uint8Array(byteLength(value));
      // What a run left of an input is nobody's, so only what is kept is worth fetching.
      if (!isReplaced && isPersistent(value) && this.#onDevice.has(value.id)) {
        staged.set(this.#device.read(this.#id, value.id));
      }
      this.#written.set(value.id, staged);
    }
    return staged;
  }

  /** First values are those of the executor on oneDNN, to the bit. */
  protected initialiseAll(seed: number): void {
    const kept = this.program.values.filter(isPersistent);
    // Pieces of parameters have the first values that shards, in which they lie, have not.
    const needed = [...kept, ...this.program.values.filter(({ piece }) => piece)];
    // Numbered anew: a program's values are known by their place in the list.
    const numbers = new Map(needed.map((value, id) => [value.id, id]));
    const values = needed.map(({ view, ...value }, id) => ({
      ...{ ...value, id, shared: false },
      ...(view && { view: { ...view, of: numbers.get(view.of)! } }),
    }));
    const source = new CompiledProgram({ name: this.program.name, values, operations: [] }, { threads: 1 }).allocate();
    source.initialise(seed);
    for (const value of kept) this.write(value.name, source.read(value.name));
    source.free();
  }

  protected async launch(first: number, end: number, timed: boolean): Promise<RunTimes> {
    const writes = [...this.#written].map(([value, bytes]) => ({ value, bytes }));
    this.#written.clear();
    for (const { value } of writes) this.#onDevice.add(value);
    this.#cancelled = new Int32Array(new SharedArrayBuffer(4));
    const cancelled = this.#cancelled.buffer as SharedArrayBuffer;
    const { times, exchanging } = await this.#device.run({ program: this.#id, first, end, timed, writes, cancelled });
    // Exchanges hold the thread up: the computation waits for all of them.
    return {
      ...{ computed: times, communicated: new Float64Array(times.length) },
      ...{ communicating: exchanging, awaiting: exchanging },
    };
  }

  protected cancel(): void {
    Atomics.store(this.#cancelled, 0, 1);
  }

  protected release(): void {
    this.#written.clear();
    this.#device.tell({ kind: 'free', program: this.#id });
  }
}
