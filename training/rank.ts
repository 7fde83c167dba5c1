/** One rank of several at work: its executor and its communicator, step by step. */
import { openReader } from '../checkpoints/open-checkpoint.ts';
import { Communicator, type CommunicatorOptions } from '../kernels/communicator.ts';
import type { Executor } from '../kernels/executor.ts';
import { SHARDED } from '../program/shard.ts';
import { STEP } from '../program/training-step.ts';
import { startRankFromTrunk } from './checkpoints/initial-trunk.ts';
import { type RankSnapshot, restoreRank, snapshotRank } from './checkpoints/rank-checkpoint.ts';
import type { ResolvedConfig } from './config/config.ts';
import type { Device } from './device.ts';
import { type LossScaleReport, lossScaleOf, reportLossScale } from './loss-scale.ts';
import { type CompiledRankStep, compileRankStep, type RankOf } from './rank-step.ts';
import { layersOf } from './step.ts';
import { TrainingError } from './training-errors.ts';

export interface RankOptions extends RankOf, Pick<CommunicatorOptions, 'transport' | 'meetBy' | 'host'> {
  readonly config: ResolvedConfig;
  /** Threads that compute on this rank. */
  readonly threads: number;
  /** Where the step runs. @default processors, by oneDNN */
  readonly device?: Device | undefined;
}

/** What comes back for a rank's norms. */
export interface Trust {
  /** (L, 2). */
  readonly ratios: Float32Array;
  readonly applied: boolean;
}

export interface StepOutcome<Answer extends Trust> {
  /** Of all ranks. */
  readonly loss: number;
  readonly prototypeUse: Float32Array;
  readonly trust: Answer;
  /** In fp16 only. */
  readonly lossScale?: LossScaleReport;
  readonly seconds: StepSeconds;
}

export interface StepSeconds {
  /** In the step's programs. */
  readonly running: number;
  readonly communicating: number;
  /** The computation waiting for the communication queue. */
  readonly exposed: number;
  /** The computation waiting for other ranks within its operations. */
  readonly exchanging: number;
}

export class Rank {
  readonly options: RankOptions;
  readonly communicator: Communicator;
  readonly #step: CompiledRankStep;
  #executor: Executor | undefined;

  private constructor(options: RankOptions, step: CompiledRankStep, communicator: Communicator) {
    this.options = options;
    this.#step = step;
    this.communicator = communicator;
  }

  /** Compiles this rank's step and opens its end of the collectives; other ranks are not needed for that. */
  static open(options: RankOptions): Rank {
    const { config, rank, worldSize: size, transport, meetBy, host, threads, device } = options;
    const step = compileRankStep(config, options, { threads, device });
    // TensorFlow's tensors lie in its own memory.
    const regionBytes = device ? 0 : step.compiled.plan.sharedBytes;
    const timeoutSeconds = config.ranks.collectiveTimeout;
    const opened = { transport, meetBy, rank, size, regionBytes, timeoutSeconds, host };
    return new Rank(options, step, Communicator.open(opened));
  }

  /** Names of the L layers, in the order of the norms. */
  get layers(): string[] {
    return layersOf(this.#step.compiled.program);
  }

  get layouts() {
    return this.#step.layouts;
  }

  get plan() {
    return this.#step.compiled.plan;
  }

  /**
   * Joins the other ranks and takes its memory: first values, or those of a checkpoint's folder.
   * @throws TrainingError RANKS_DIFFER where the memory budget makes ranks recompute differently
   */
  async connect(addresses: readonly Uint8Array[], checkpoint: { step: number; path: string } | null): Promise<void> {
    await this.communicator.connect(addresses);
    await this.#requireSameGroups();
    const { config } = this.options;
    const executor = this.#step.compiled.allocate(this.communicator);
    this.#executor = executor;
    executor.initialise(config.training.seed);
    if (checkpoint) {
      await restoreRank(executor, this.layouts, config, this.options, await openReader(checkpoint));
    } else if (config.model.init !== null) {
      await startRankFromTrunk(executor, this.layouts, config.model.init, config, this.options);
    }
  }

  /** What fits into a budget depends on workspaces, and these on a rank's threads and processor; those of TensorFlow are its own. */
  async #requireSameGroups(): Promise<void> {
    const { config, worldSize, device } = this.options;
    if (config.training.memoryBudget === null || device) return;
    const groups = new Float32Array(worldSize);
    await this.communicator.allGather(Float32Array.of(this.#step.numGroups), groups);
    const most = Math.max(...groups);
    if (Math.min(...groups) === most) return;
    const each = [...groups].map((count, rank) => `rank ${rank} has ${count}`).join(', ');
    throw new TrainingError(
      'RANKS_DIFFER',
      `training.memoryBudget makes ranks recompute different groups of units, so that they would not exchange the same: ${each}. ` +
        `Set training.recomputeGroups=${most}, or give all ranks the same threads and processors.`,
    );
  }

  /**
   * One step.
   * @param control STEP.control
   * @param crops of this rank's rows
   * @param trust turns this rank's sums of squares and the loss of all into trust ratios
   * @throws CollectiveError where another rank does not come
   */
  async step<Answer extends Trust>(
    control: Float32Array,
    crops: readonly Uint8Array[],
    trust: (norms: Float32Array, loss: number) => Promise<Answer>,
  ): Promise<StepOutcome<Answer>> {
    const executor = this.#executor!;
    executor.write(STEP.control, control);
    let offset = 0;
    for (const some of crops) {
      executor.write(STEP.crops, some, offset);
      offset += some.byteLength;
    }
    const { updateStart, inspectStart } = this.#step;
    const lossScale = lossScaleOf(executor);
    const waitedBefore = this.#waited();
    const begin = performance.now();
    const { communicating, awaiting: exposed } = await executor.run(0, updateStart);
    const running = performance.now() - begin;
    const loss = executor.read(STEP.loss)[0]!;
    const prototypeUse = executor.read(STEP.prototypeUse);
    const answer = await trust(executor.read(SHARDED.norms), loss);
    executor.write(STEP.ratios, answer.ratios);
    executor.write(STEP.applied, Float32Array.of(answer.applied ? 1 : 0));
    const update = performance.now();
    await executor.run(updateStart, inspectStart);
    const seconds = {
      running: (running + performance.now() - update) / 1000,
      communicating,
      exposed,
      exchanging: this.#waited() - waitedBefore,
    };
    return { loss, prototypeUse, trust: answer, ...reportLossScale(executor, lossScale, answer.applied), seconds };
  }

  /** Seconds that the computation waited for other ranks within its operations, so far. */
  #waited(): number {
    return this.communicator.statistics().compute.waitingSeconds;
  }

  snapshot(): RankSnapshot {
    return snapshotRank(this.#executor!, this.layouts);
  }

  /**
   * Gathers the whole parameters, one unit at a time, and running statistics. Every rank calls it; `keep` decides who copies.
   * @returns by name; empty where nothing was kept
   */
  async inspect(keep: boolean): Promise<Map<string, Float32Array>> {
    const executor = this.#executor!;
    const whole = new Map<string, Float32Array>();
    let operation = this.#step.inspectStart;
    for (const { name, parameters } of this.layouts) {
      await executor.run(operation, operation + 2);
      operation += 2;
      if (!keep) continue;
      const flat = executor.read(SHARDED.inspected(name));
      for (const { name: parameter, shape, offset } of parameters) {
        const elements = shape.reduce((product, extent) => product * extent, 1);
        whole.set(parameter, flat.subarray(offset, offset + elements));
      }
    }
    if (keep) {
      const states = executor.program.values.filter(({ role }) => role === 'state');
      for (const { name } of states) whole.set(name, executor.read(name));
    }
    return whole;
  }

  /** Makes what is under way fail at once, here and on the other ranks. */
  abort(reason: string): void {
    this.communicator.abort(reason);
  }

  /** Gives memory and collectives back; nothing may be under way. */
  close(): void {
    this.communicator.close();
    this.#executor?.free();
    this.#executor = undefined;
  }
}
