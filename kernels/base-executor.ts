/**
 * What every executor is: a program with memory, whose values are written and read by name, and which runs off the JavaScript
 * thread. `CompiledProgram` (kernels/executor.ts) makes them on oneDNN, `TensorFlowDevice` (kernels/tensorflow/device.ts) on
 * TensorFlow.
 *
 * Bytes are copied in and out (`write`, `read`), but for those that are filled from a checkpoint (`memory`); reading or
 * writing while a run is under way is an error.
 */
import type { MemoryPlan } from '../program/memory-plan.ts';
import type { Program } from '../program/program.ts';
import type { Value } from '../program/values.ts';
import { byteLength } from '../program/values.ts';
import { ExecutorError } from './errors.ts';

/** Where the seconds of a run went. */
export interface RunSeconds {
  /** Of the communication queue, at work or waiting for other ranks. */
  readonly communicating: number;
  /** Of the computation, waiting for the communication queue: what was not hidden behind it. */
  readonly awaiting: number;
}

/**
 * When each operation ran: (operations, 2), begin and end in seconds of the clock of `process.hrtime()`, which all processes of
 * a host share; 0 and 0 where it did not run.
 */
export interface RunTimes extends RunSeconds {
  /** On the compute thread; communication only starts there. */
  readonly computed: Float64Array;
  /** On the communication thread. */
  readonly communicated: Float64Array;
}

/** What a rank's program needs of its Communicator. */
export interface CommunicatorHandle {
  readonly rank: number;
  readonly size: number;
  /** Of native code. */
  readonly handle: object;
  bindToTensorFlow(library: string, id: number): void;
  takeSpans(): Float64Array;
}

type Numbers = Float32Array | Uint8Array | Uint16Array;

function bytesOf(numbers: Numbers): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

/** A compiled program that has no memory yet: what it would need is known before anything is allocated. */
export interface Compiled {
  readonly program: Program;
  readonly plan: MemoryPlan;
  /** Workspace of each operation, in bytes; part of the plan's arena. */
  readonly workspaceBytes: readonly number[];
  /** @param communicator for a program of one rank of several: connected, with a region of `plan.sharedBytes`. */
  allocate(communicator?: CommunicatorHandle): Executor;
}

/** A program with its memory. */
export abstract class Executor {
  readonly program: Program;
  /** What the values need. */
  readonly plan: MemoryPlan;
  readonly #byName: ReadonlyMap<string, Value>;
  #running = false;

  protected constructor(program: Program, plan: MemoryPlan) {
    this.program = program;
    this.plan = plan;
    this.#byName = new Map(program.values.map((value) => [value.name, value]));
  }

  /** Copies bytes into a value; everything has been checked. */
  protected abstract writeBytes(value: Value, bytes: Uint8Array, byteOffset: number): void;
  /** Copies all bytes of a value. */
  protected abstract readBytes(value: Value, into: Uint8Array): void;
  protected abstract memoryOf(value: Value): Uint8Array;
  protected abstract initialiseAll(seed: number): void;
  protected abstract launch(first: number, end: number, timed: boolean): Promise<RunTimes>;
  /** Ends the run that is under way before its next operation. */
  protected abstract cancel(): void;
  protected abstract release(): void;

  /** @throws ExecutorError UNKNOWN_VALUE */
  value(name: string): Value {
    const found = this.#byName.get(name);
    if (!found)
      throw new ExecutorError('UNKNOWN_VALUE', `The program ${this.program.name} has no value named ${name}.`);
    return found;
  }

  /**
   * Writes a whole value, or the part of it that starts at `byteOffset`.
   * @throws ExecutorError UNKNOWN_VALUE, WRONG_SIZE, PROGRAM_RUNNING
   */
  write(name: string, numbers: Numbers, byteOffset?: number): void {
    const value = this.#reachable(name, numbers.byteLength, byteOffset);
    this.writeBytes(value, bytesOf(numbers), byteOffset ?? 0);
  }

  /**
   * The f32 elements of a parameter, state, input or output, copied. The bytes of an intermediate, and of an input that was
   * read for the last time, may hold something else after a run.
   * @throws ExecutorError UNKNOWN_VALUE, WRONG_DTYPE, WRONG_SIZE, PROGRAM_RUNNING
   */
  read(name: string, into?: Float32Array): Float32Array {
    const { dtype, ...value } = this.value(name);
    if (dtype !== 'f32') throw new ExecutorError('WRONG_DTYPE', `${name} is ${dtype}; read() returns f32 values.`);
    const target = into ?? new Float32Array(byteLength({ ...value, dtype }) / 4);
    this.readBytes(this.#reachable(name, target.byteLength), bytesOf(target));
    return target;
  }

  /**
   * The bytes of a parameter or state themselves, not copied: to be filled from a file before the first run. They must not be
   * touched while the program runs.
   * @throws ExecutorError UNKNOWN_VALUE, PROGRAM_RUNNING
   */
  memory(name: string): Uint8Array {
    this.#checkIdle(`The memory of ${name} cannot be given out`);
    return this.memoryOf(this.value(name));
  }

  /** Gives everything that outlives a run its first values. The same seed gives the same values on every machine. */
  initialise(seed: number): void {
    this.#checkIdle('Values cannot be initialised');
    this.initialiseAll(seed);
  }

  /**
   * Runs the program once, off the JavaScript thread; or the operations from `first` up to `end`, for a program that runs in
   * parts.
   * @throws ExecutorError PROGRAM_RUNNING, CollectiveError of the ranks' exchange, as a rejection
   */
  run(first = 0, end = this.program.operations.length): Promise<RunSeconds> {
    return this.#run(first, end, false);
  }

  /** As `run`, and takes the time of each operation. */
  runTimed(first = 0, end = this.program.operations.length): Promise<RunTimes> {
    return this.#run(first, end, true);
  }

  /**
   * As `run`, until the signal: then the run ends before its next operation, and values hold anything.
   * @throws the signal's reason
   */
  async runUntil(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const cancel = () => this.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      await this.run();
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }

  /** Gives the memory back at once; the executor is of no use afterwards. @throws ExecutorError PROGRAM_RUNNING */
  free(): void {
    this.#checkIdle('Memory cannot be given back');
    this.release();
  }

  /** The value, if so many bytes of it may be copied now: all of them, unless an offset is given. */
  #reachable(name: string, bytes: number, byteOffset?: number): Value {
    const value = this.value(name);
    const whole = byteLength(value);
    this.#checkIdle(`${name} cannot be read or written`);
    if (byteOffset === undefined ? bytes !== whole : !(byteOffset >= 0 && byteOffset + bytes <= whole)) {
      const at = byteOffset === undefined ? '' : ` from byte ${byteOffset} on`;
      const shape = `${value.dtype} [${value.shape.join(', ')}]`;
      throw new ExecutorError('WRONG_SIZE', `${name} is ${shape}, ${whole} bytes; ${bytes} bytes${at} do not fit it.`);
    }
    return value;
  }

  #checkIdle(what: string): void {
    if (!this.#running) return;
    const message = `${what} while the program ${this.program.name} runs; await its run first.`;
    throw new ExecutorError('PROGRAM_RUNNING', message);
  }

  async #run(first: number, end: number, timed: boolean): Promise<RunTimes> {
    this.#checkIdle('a second run cannot start');
    this.#running = true;
    try {
      return await this.launch(first, end, timed);
    } finally {
      this.#running = false;
    }
  }
}
