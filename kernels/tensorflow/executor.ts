/** A program on TensorFlow, seen from JavaScript's thread. What is written waits here until the next run takes it along. */
import type { MemoryPlan } from '../../program/memory-plan.ts';
import { isCommunication } from '../../program/operations.ts';
import type { Program } from '../../program/program.ts';
import { byteLength, isPersistent, type Value, type ValueId } from '../../program/values.ts';
import { type CommunicatorHandle, Executor, type RunTimes } from '../base-executor.ts';
import { CompiledProgram } from '../executor.ts';
import type { RanksOf, Thread } from './messages.ts';

/** The other ranks, for a program of one of several. */
export interface Ranks {
  readonly of: RanksOf;
  readonly communicator: CommunicatorHandle;
}

export class TensorFlowExecutor extends Executor {
  readonly #thread: Thread;
  readonly #id: number;
  /** Bytes that the next run takes along. */
  readonly #written = new Map<ValueId, Uint8Array<ArrayBuffer>>();
  /** Values that the device has something of. */
  readonly #onDevice = new Set<ValueId>();
  readonly #communicator: CommunicatorHandle | undefined;
  /** Operations that have started an exchange whose times are not known yet, in their order. */
  readonly #started: number[] = [];
  #cancelled = new Int32Array(new SharedArrayBuffer(4));

  /** Use `TensorFlowDevice.compile`. */
  constructor(thread: Thread, id: number, program: Program, plan: MemoryPlan, ranks?: Ranks) {
    super(program, plan);
    this.#thread = thread;
    this.#id = id;
    this.#communicator = ranks?.communicator;
    thread.tell({ kind: 'load', program: id, contents: program, ...(ranks && { ranks: ranks.of }) });
  }

  protected writeBytes(value: Value, bytes: Uint8Array, byteOffset: number): void {
    const isWhole = bytes.byteLength === byteLength(value);
    this.#staged(value, isWhole).set(bytes, byteOffset);
  }

  protected readBytes({ id }: Value, into: Uint8Array): void {
    into.set(this.#written.get(id) ?? this.#thread.read(this.#id, id));
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
        staged.set(this.#thread.read(this.#id, value.id));
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
    const { times, awaiting } = await this.#thread.run({ program: this.#id, first, end, timed, writes, cancelled });
    return { computed: times, ...this.#exchanges(first, end, times.length), awaiting };
  }

  /** @param length of what a timed run gives, 0 of another's */
  #exchanges(first: number, end: number, length: number): Pick<RunTimes, 'communicating' | 'communicated'> {
    const communicated = new Float64Array(length);
    if (!this.#communicator) return { communicating: 0, communicated };
    for (let index = first; index < end; index++) {
      if (isCommunication(this.program.operations[index]!)) this.#started.push(index);
    }
    const spans = this.#communicator.takeSpans();
    let communicating = 0;
    for (let at = 0; at < spans.length; at += 2) {
      const span = spans.subarray(at, at + 2);
      const index = this.#started.shift()!;
      if (length > 0) communicated.set(span, 2 * index);
      communicating += span[1]! - span[0]!;
    }
    return { communicating, communicated };
  }

  protected cancel(): void {
    Atomics.store(this.#cancelled, 0, 1);
  }

  protected release(): void {
    this.#written.clear();
    this.#thread.tell({ kind: 'free', program: this.#id });
  }
}
