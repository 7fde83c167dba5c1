/**
 * The native CPU executor: compiles a program into oneDNN primitives and own kernels, and runs it on a thread of its own.
 */
import { availableParallelism } from 'node:os';
import { type MemoryPlan, planMemory, type Region } from '../program/memory-plan.ts';
import type { Program } from '../program/program.ts';
import type { Init, Value, ValueId } from '../program/values.ts';
import { isPersistent } from '../program/values.ts';
import { loadAddon } from './addon.ts';
import { type CommunicatorHandle, type Compiled, Executor, type RunTimes } from './base-executor.ts';
import { CollectiveError, type CollectiveErrorCode } from './errors.ts';
import { type ChoosingAddon, keepChoices, restoreChoices } from './precision-choices.ts';

export { type CommunicatorHandle, type Compiled, Executor, type RunSeconds, type RunTimes } from './base-executor.ts';

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

/** A compiled program that has no memory yet: what it would need is known before anything is allocated. */
export class CompiledProgram implements Compiled {
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
    return new NativeExecutor(this.program, this.plan, this.#native);
  }
}

/** An executor on oneDNN and kernels of our own, with one thread of its own for all programs of the process. */
class NativeExecutor extends Executor {
  readonly #native: NativeProgram;

  constructor(program: Program, plan: MemoryPlan, nativeProgram: NativeProgram) {
    super(program, plan);
    this.#native = nativeProgram;
  }

  protected writeBytes({ id }: Value, bytes: Uint8Array, byteOffset: number): void {
    this.#native.write(id, bytes, byteOffset);
  }

  protected readBytes({ id }: Value, into: Uint8Array): void {
    this.#native.read(id, into, 0);
  }

  protected memoryOf({ id }: Value): Uint8Array {
    return this.#native.view(id);
  }

  protected initialiseAll(seed: number): void {
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

  protected launch(first: number, end: number, timed: boolean): Promise<RunTimes> {
    return new Promise((resolve, reject) => {
      this.#native.run(first, end, timed, (error, times) => (error ? reject(runError(error)) : resolve(times)));
    });
  }

  protected cancel(): void {
    this.#native.cancel();
  }

  protected release(): void {
    this.#native.free();
  }
}

/** An exchange with other ranks that failed comes with a code. */
function runError(error: Error & { code?: string }): Error {
  if (error.code === undefined) return error;
  return new CollectiveError(error.code as CollectiveErrorCode, error.message, { cause: error });
}
