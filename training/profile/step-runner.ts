/** A step that can be run and timed, alone or as one rank of several. */
import { Communicator } from '../../kernels/communicator.ts';
import type { Executor, RunTimes } from '../../kernels/executor.ts';
import type { Program } from '../../program/program.ts';
import { SHARDED } from '../../program/shard.ts';
import { STEP } from '../../program/training-step.ts';
import type { ResolvedConfig } from '../config/config.ts';
import { type Device, openRankDevice, transportOf } from '../device.ts';
import { compileLarc, compileRankStep, type RankOf } from '../rank-step.ts';
import { compileStep } from '../step.ts';
import { monotonicSeconds, type NamedSpan, type TimedStep, timed } from './timed-step.ts';

export interface StepRunner {
  readonly program: Program;
  /** One step. @param crops of this rank's images */
  step(crops: readonly Uint8Array[]): Promise<Omit<TimedStep, 'loading'>>;
  /** After the last step: waits until the other ranks are done with what is this one's. */
  leave(): Promise<void>;
  /** Gives memory and collectives back; nothing may be under way. */
  close(): void;
}

/**
 * A learning rate of 0: made-up crops teach nothing, and a step that changes no weight costs the same every time.
 * The update reads and writes as much as ever.
 */
const CONTROL = Float32Array.of(0, 0);

/** @throws BudgetError as `compileStep` */
export function openStep(config: ResolvedConfig, device?: Device): StepRunner {
  const executor = compileStep(config, device).allocate();
  executor.initialise(config.training.seed);
  return {
    program: executor.program,
    async step(crops) {
      const written = await timed('copy crops in', () => writeInputs(executor, crops));
      const { computed, communicated } = await executor.runTimed();
      const read = await timed('read the loss', () => executor.read(STEP.loss));
      return {
        begin: written.span.begin,
        end: read.span.end,
        computed,
        communicated,
        beside: [written.span, read.span],
      };
    },
    leave: async () => undefined,
    close: () => executor.free(),
  };
}

/** Hands this rank's address to all ranks and brings those of all, in their order. */
export type Meet = (address: Uint8Array) => Promise<readonly Uint8Array[]>;

/**
 * One rank of several on this host: all of them run as many steps, at the same time.
 * @throws TrainingError BAD_WORLD_SIZE, BudgetError; CollectiveError where the ranks cannot meet
 */
export async function openRankStep(config: ResolvedConfig, rankOf: RankOf, meet: Meet): Promise<StepRunner> {
  const device = await openRankDevice(config);
  const { compiled, updateStart, inspectStart, numParameters } = compileRankStep(config, rankOf, { device });
  const communicator = Communicator.open({
    ...transportOf(config, 1),
    rank: rankOf.rank,
    size: rankOf.worldSize,
    regionBytes: device ? 0 : compiled.plan.sharedBytes,
    timeoutSeconds: config.ranks.collectiveTimeout,
  });
  try {
    await communicator.connect(await meet(communicator.address));
  } catch (error) {
    communicator.close();
    throw error;
  }
  const executor = compiled.allocate(communicator);
  executor.initialise(config.training.seed);
  const larc = compileLarc(config, numParameters).allocate(communicator);
  return {
    program: executor.program,
    async step(crops) {
      const written = await timed('copy crops in', () => writeInputs(executor, crops));
      const passes = await executor.runTimed(0, updateStart);
      const exchanged = await timed('exchange norms', () => exchangeNorms(executor, larc));
      const update = await executor.runTimed(updateStart, inspectStart);
      const beside: NamedSpan[] = [written.span, exchanged.span];
      return { begin: written.span.begin, end: monotonicSeconds(), ...joined(passes, update), beside };
    },
    leave: () => communicator.barrier(),
    close() {
      communicator.close();
      executor.free();
      larc.free();
    },
  };
}

function writeInputs(executor: Executor, crops: readonly Uint8Array[]): void {
  executor.write(STEP.control, CONTROL);
  let offset = 0;
  for (const some of crops) {
    executor.write(STEP.crops, some, offset);
    offset += some.byteLength;
  }
}

/** Trust ratios from the norms of all ranks. */
async function exchangeNorms(executor: Executor, larc: Executor): Promise<void> {
  larc.write(SHARDED.norms, executor.read(SHARDED.norms));
  larc.write(STEP.loss, executor.read(STEP.loss));
  await larc.run();
  for (const name of [STEP.ratios, STEP.applied]) executor.write(name, larc.read(name));
}

/** The times of a program's two parts: where one did not run, it has 0. */
function joined(one: RunTimes, other: RunTimes): Pick<RunTimes, 'computed' | 'communicated'> {
  return {
    computed: one.computed.map((second, i) => second + other.computed[i]!),
    communicated: one.communicated.map((second, i) => second + other.communicated[i]!),
  };
}
