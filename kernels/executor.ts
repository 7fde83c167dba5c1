/**
 * The native CPU executor: compiles a program into oneDNN primitives and own kernels, and runs it on a thread of its own.
 *
 * Bytes are copied in and out (`write`, `read`), but for those that are filled from a checkpoint (`memory`); reading or
 * writing while a run is under way is an error.
 */
import { availableParallelism } from 'node:os';
import { type MemoryPlan, planMemory, type Region } from '../program/memory-plan.ts';
import type { Init, Program, Value, ValueId } from '../program/program.ts';
import { byteLength, isPersistent } from '../program/program.ts';
import { loadAddon } from './addon.ts';
import { CollectiveError, type CollectiveErrorCode, ExecutorError } from './errors.ts';
import { type ChoosingAddon, keepChoices, restoreChoices } from './precision-choices.ts';

interface NativeProgram {
  workspaceBytes(): Float64Array;
  bind(
    offsets: Float64Array,
    regions: Uint8Array,
    workspaceOffsets: Float64Array,
    arenaBytes: number,
    persistentBytes: number,
    communicator: object | null,
  ): void;
  free(): void;
  write(id: ValueId, bytes: Uint8Array, byteOffset: number): void;
  read(id: ValueId, bytes: Uint8Array, byteOffset: number): void;
  view(id: ValueId): Uint8Array;
  initialise(
    id: ValueId,
    name: string,
    firstElement: number,
    distribution: Init['kind'],
    amount: number,
    seed: number,
  ): void;
  run(first: number, end: number, timed: boolean, done: (error: Error | null, times: RunTimes) => void): void;
  cancel(): void;
}

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
  readonly handle: object;
}

interface Addon extends ChoosingAddon {
  NativeProgram: new (values: readonly Value[], operations: Program['operations'], threads: number) => NativeProgram;
  hasBf16(): boolean;
}

let addon: Addon | undefined;
function native(): Addon {
  if (!addon) {
    addon = loadAddon<Addon>();
    restoreChoices(addon);
  }
  return addon;
}

/** Whether this processor multiplies bf16 sooner than f32: it has AMX, or bf16 in AVX-512 and was the quicker when measured. */
export function hasBf16(): boolean {
  const addon = native();
  const has = addon.hasBf16();
  keepChoices(addon);
  return has;
}

/** In the order in which the addon numbers them. */
const REGIONS: readonly Region[] = ['arena', 'persistent', 'shared'];

export interface ExecutorOptions {
  /** OpenMP threads. @default the number of processors */
  readonly threads?: number;
}

type Numbers = Float32Array | Uint8Array | Uint16Array;

function bytesOf(numbers: Numbers): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

/** A compiled program that has no memory yet: what it would need is known before anything is allocated. */
export class CompiledProgram {
  readonly program: Program;
  readonly plan: MemoryPlan;
  /** Workspace of each operation, in bytes; part of the plan's arena. */
  readonly workspaceBytes: readonly number[];
  readonly #native: NativeProgram;

  constructor(program: Program, options: ExecutorOptions = {}) {
    this.program = program;
    const { values, operations } = program;
    const addon = native();
    const compile = () => new addon.NativeProgram(values, operations, options.threads ?? availableParallelism());
    const compiled = compile();
    // Another process may have measured the same meanwhile, and what is kept counts for both.
    this.#native = keepChoices(addon) ? compiled : compile();
    this.workspaceBytes = [...this.#native.workspaceBytes()];
    this.plan = planMemory(program, this.workspaceBytes);
  }

  /**
   * Reserves the memory that the plan promises: arena and persistent region, and nothing else later.
   * @param communicator for a program of one rank of several: connected, with a region of `plan.sharedBytes`.
   */
  allocate(communicator?: CommunicatorHandle): Executor {
    const { offsets, regions, workspaceOffsets, arenaBytes, persistentBytes } = this.plan;
    this.#native.bind(
      Float64Array.from(offsets),
      Uint8Array.from(regions, (region) => REGIONS.indexOf(region)),
      Float64Array.from(workspaceOffsets),
      arenaBytes,
      persistentBytes,
      communicator?.handle ?? null,
    );
    return new Executor(this.program, this.plan, this.#native);
  }
}

export class Executor {
  readonly program: Program;
  readonly plan: MemoryPlan;
  readonly #native: NativeProgram;
  readonly #byName: ReadonlyMap<string, Value>;
  #running = false;

  /** Use `CompiledProgram.allocate`. */
  constructor(program: Program, plan: MemoryPlan, nativeProgram: NativeProgram) {
    this.program = program;
    this.plan = plan;
    this.#native = nativeProgram;
    this.#byName = new Map(program.values.map((value) => [value.name, value]));
  }

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
    this.#native.write(value.id, bytesOf(numbers), byteOffset ?? 0);
  }

  /**
   * The f32 elements of a parameter, state, input or output, copied. The bytes of an intermediate, and of an input that was
   * read for the last time, may hold something else after a run.
   * @throws ExecutorError UNKNOWN_VALUE, WRONG_DTYPE, WRONG_SIZE, PROGRAM_RUNNING
   */
  read(name: string, into?: Float32Array): Float32Array {
    const { id, dtype, ...value } = this.value(name);
    if (dtype !== 'f32') throw new ExecutorError('WRONG_DTYPE', `${name} is ${dtype}; read() returns f32 values.`);
    const target = into ?? new Float32Array(byteLength({ ...value, dtype }) / 4);
    this.#reachable(name, target.byteLength);
    this.#native.read(id, bytesOf(target), 0);
    return target;
  }

  /**
   * The bytes of a parameter or state themselves, not copied: to be filled from a file before the first run. They must not be
   * touched while the program runs.
   * @throws ExecutorError UNKNOWN_VALUE, PROGRAM_RUNNING
   */
  memory(name: string): Uint8Array {
    this.#checkIdle(`The memory of ${name} cannot be given out`);
    return this.#native.view(this.value(name).id);
  }

  /** Gives everything that outlives a run its first values. The same seed gives the same values on every machine. */
  initialise(seed: number): void {
    this.#checkIdle('Values cannot be initialised');
    const whole = this.program.values.filter(isPersistent).map((value) => ({ ...value, first: 0 }));
    const pieces = this.program.values.flatMap((value) => {
      const { piece } = value;
      return piece ? [{ ...value, name: piece.parameter, first: piece.firstElement }] : [];
    });
    // Shards first, all zero; then the pieces of parameters within them.
    for (const { id, name, first, init } of [...whole, ...pieces]) {
      const amount =
        init?.kind === 'normal' ? init.deviation : init?.kind === 'uniform' ? init.bound : (init?.value ?? 0);
      this.#native.initialise(id, name, first, init?.kind ?? 'constant', amount, seed);
    }
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

  /**
   * Runs the program once, off the JavaScript thread; or the operations from `first` up to `end`, for a program that runs in
   * parts.
   * @throws ExecutorError PROGRAM_RUNNING, CollectiveError of the ranks' exchange, as a rejection
   */
  run(first = 0, end = this.program.operations.length): Promise<RunSeconds> {
    return this.#run(first, end, false);
  }

  /**
   * As `run`, until the signal: then the run ends before its next operation, and values hold anything.
   * @throws the signal's reason
   */
  async runUntil(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const cancel = () => this.#native.cancel();
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
    this.#native.free();
  }

  /** As `run`, and takes the time of each operation. */
  runTimed(first = 0, end = this.program.operations.length): Promise<RunTimes> {
    return this.#run(first, end, true);
  }

  async #run(first: number, end: number, timed: boolean): Promise<RunTimes> {
    this.#checkIdle('a second run cannot start');
    this.#running = true;
    try {
      return await new Promise((resolve, reject) => {
        this.#native.run(first, end, timed, (error, times) => (error ? reject(runError(error)) : resolve(times)));
      });
    } finally {
      this.#running = false;
    }
  }
}

/** An exchange with other ranks that failed comes with a code. */
function runError(error: Error & { code?: string }): Error {
  if (error.code === undefined) return error;
  return new CollectiveError(error.code as CollectiveErrorCode, error.message, { cause: error });
}
