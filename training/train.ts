/**
 * The training loop on one machine:
 *
 *   loader ── batch ──▶ step program ──▶ record ──▶ (every so often) quality probe, checkpoint
 *
 * What was trained on is exactly what the checkpoint says: its state holds the step and the loader's position, and a run that
 * is taken up again continues with the same bits.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadedCheckpoint } from '../checkpoints/open-checkpoint.ts';
import { requireResumable } from '../checkpoints/slice.ts';
import { CheckpointStore } from '../checkpoints/store.ts';
import { cropPolicy } from '../data/crop-policy.ts';
import { digestOf } from '../data/digest.ts';
import { type Batch, type Loader, openLoader } from '../data/loader.ts';
import { positionFromState } from '../data/order.ts';
import type { ImageCollection } from '../data/source.ts';
import { messageOf } from '../errors.ts';
import { packageRoot } from '../kernels/addon.ts';
import type { Compiled, Executor } from '../kernels/executor.ts';
import { STEP } from '../program/training-step.ts';
import { BackgroundSave, type TimedCheckpoint } from './checkpoints/background-save.ts';
import { type CheckpointCopies, checkCopies, copiesOf } from './checkpoints/checkpoint-copies.ts';
import { startFromTrunk } from './checkpoints/initial-trunk.ts';
import type { ResolvedConfig } from './config/config.ts';
import { type Device, openDevice } from './device.ts';
import { divideSource } from './held-out.ts';
import { lossScaleOf, reportLossScale } from './loss-scale.ts';
import { type OpenDataOptions, offsetsOfSource, openData } from './open-data.ts';
import { QualityProbe } from './quality/quality-probe.ts';
import { Journal, type RunState } from './run/journal.ts';
import type { QualityRecord, StepRecord } from './run/records.ts';
import { openRunFolder, type RunFolder, runFolderOf } from './run/run-folder.ts';
import { processVitals, VitalsTimes, VitalsWriter } from './run/vitals.ts';
import { compileStep, controlOf, cropPolicyOf, layersOf, numSteps, restore, snapshot } from './step.ts';
import { numThreads } from './threads.ts';
import type { TrainingEvent, TrainResult } from './training-events.ts';

export type { TrainingEvent, TrainResult } from './training-events.ts';

export interface TrainOptions extends Pick<OpenDataOptions, 'openBus'> {
  /** Go on with the run in the folder instead of starting one. @default false */
  readonly resume?: boolean;
  /** Ends the run after the current step, with a checkpoint. Leaving the iteration ends it without one. */
  readonly signal?: AbortSignal;
}

/** How often, while a batch is not there yet, it is looked whether there is something to tell or the run is to stop. */
const LOOK_MILLISECONDS = 200;

interface WaitedBatch {
  readonly batch: Batch;
  /** Milliseconds, when the waiting began. */
  readonly begin: number;
  readonly secondsWaitedForData: number;
}

/** A checkpoint that the run goes on from. */
interface ResumePoint extends RunState {
  readonly step: number;
  readonly path: string;
}

/**
 * Trains, and yields what happens as it happens; the generator's return value is the result.
 *
 * @throws ConfigError, DataError, TrainingError, RunError, CheckpointError, or DestinationError DESTINATION_TAKEN; the last good
 *   checkpoint is then intact.
 */
export async function* train(
  config: ResolvedConfig,
  options: TrainOptions = {},
): AsyncGenerator<TrainingEvent, TrainResult> {
  const warnings: string[] = [];
  const device = await openDevice(config);
  const { config: located, collection } = await openData(config, {
    ...options,
    onWait: (message) => warnings.push(message),
  });
  const run = await openRunFolderOf(config, collection, options);
  // Until the end is reached: a caller may leave the iteration at any event.
  let status: 'finished' | 'stopped' | 'failed' = 'stopped';
  let reason: string | undefined;
  try {
    const training = await Training.open(located, collection, run, warnings, options, device);
    const result = yield* training.run();
    status = result.status;
    return result;
  } catch (error) {
    [status, reason] = ['failed', messageOf(error)];
    throw error;
  } finally {
    await collection.close?.();
    await closeRun(run, status, reason);
  }
}

async function openRunFolderOf(
  config: ResolvedConfig,
  collection: ImageCollection,
  { resume }: TrainOptions,
): Promise<RunFolder> {
  try {
    const folder = runFolderOf(config);
    await checkCopies(config, folder);
    return openRunFolder(folder, resume ? 'resume' : 'new');
  } catch (error) {
    await collection.close?.();
    throw error;
  }
}

/** What ended a run matters more than a failure to note it, which most likely has the same cause: a full disk. */
async function closeRun(run: RunFolder, status: 'finished' | 'stopped' | 'failed', reason?: string): Promise<void> {
  try {
    await run.close(status, reason);
  } catch (error) {
    if (status !== 'failed') throw error;
  }
}

class Training {
  readonly #config: ResolvedConfig;
  readonly #run: RunFolder;
  readonly #signal: AbortSignal | undefined;
  readonly #store: CheckpointStore;
  readonly #compiled: Compiled;
  readonly #executor: Executor;
  readonly #loader: Loader;
  readonly #probe: QualityProbe;
  readonly #collection: ImageCollection;
  readonly #journal: Journal;
  readonly #vitals: VitalsWriter;
  /** Images to train on. */
  readonly #numImages: number;
  readonly #total: number;
  /** Not told yet. */
  readonly #warnings: string[];
  readonly #copies: CheckpointCopies | undefined;
  #step = 0;
  #checkpoint: { readonly step: number; readonly path: string } | undefined;
  #checkpointTime = Date.now();
  readonly #save = new BackgroundSave();
  readonly #vitalsTimes = new VitalsTimes();
  /** Of the last checkpoint that was begun. */
  #savedStep: number;

  static async open(
    config: ResolvedConfig,
    collection: ImageCollection,
    run: RunFolder,
    warnings: string[],
    { resume, signal }: TrainOptions,
    device: Device | undefined,
  ): Promise<Training> {
    const store = new CheckpointStore(path.join(run.folder, 'checkpoints'), config.checkpoint);
    // A run that ended before its first checkpoint starts again.
    const compiled = compileStep(config, device);
    const executor = compiled.allocate();
    const receive = (checkpoint: LoadedCheckpoint) => {
      requireResumable(checkpoint);
      return restore(executor, checkpoint);
    };
    const saved = resume && !(await store.isEmpty()) ? await store.load('latest', { receive }) : undefined;
    if (!saved) executor.initialise(config.training.seed);
    if (!saved && config.model.init !== null) await startFromTrunk(executor, config.model.init, config);
    const state = saved && { ...(saved.state as RunState), step: saved.step, path: saved.path };
    await run.begin({ config, versions: await versions(), step: state?.step ?? 0, numImages: collection.length });
    return new Training(config, collection, run, warnings, signal, store, compiled, executor, state);
  }

  private constructor(
    config: ResolvedConfig,
    collection: ImageCollection,
    run: RunFolder,
    warnings: string[],
    signal: AbortSignal | undefined,
    store: CheckpointStore,
    compiled: Compiled,
    executor: Executor,
    state: ResumePoint | undefined,
  ) {
    const { training, data } = config;
    this.#config = config;
    this.#run = run;
    this.#warnings = warnings;
    this.#signal = signal;
    this.#store = store;
    this.#copies = copiesOf(config, run.folder, (message) => this.#warnings.push(message));
    this.#compiled = compiled;
    this.#executor = executor;
    this.#step = state?.step ?? 0;
    this.#checkpoint = state;
    this.#savedStep = this.#step;
    this.#collection = collection;
    if (state && state.numImages !== null && state.numImages !== collection.length) {
      this.#warnings.push(
        `${collection.root} holds ${collection.length} images now, and held ${state.numImages} when the run began: it goes on, ` +
          'but with other batches than it would have had.',
      );
    }

    const division = divideSource(collection, data.heldOutShare, training.seed);
    this.#numImages = division.training.length;
    this.#total = numSteps(config, division.training);
    const numbers = { numImages: collection.length, numTraining: this.#numImages, total: this.#total };
    this.#vitals = new VitalsWriter(run.folder, {
      memory: { arenaBytes: compiled.plan.arenaBytes, persistentBytes: compiled.plan.persistentBytes },
      layers: layersOf(compiled.program),
      processes: () => [processVitals('training', true, [])],
    });
    this.#journal = new Journal({
      config,
      run,
      ...numbers,
      state,
      offsetsOf: offsetsOfSource(division.training, config),
      vitals: this.#vitals,
    });
    this.#probe = new QualityProbe(config, division);
    this.#loader = openLoader({
      source: division.training,
      policy: cropPolicy(cropPolicyOf(config)),
      batchSize: training.batchSize,
      seed: training.seed,
      position: positionFromState(state?.position),
      threads: numThreads(data.loaderThreads),
      maximumSkippedShare: data.maximumSkippedShare,
      limits: { maximumPixels: data.maximumPixels },
    });
  }

  async *run(): AsyncGenerator<TrainingEvent, TrainResult> {
    const { arenaBytes, persistentBytes } = this.#compiled.plan;
    const memory = { arenaBytes, persistentBytes };
    let loss: number | null = null;
    let quality: QualityRecord | undefined;
    let seconds = 0;
    try {
      yield {
        kind: 'start',
        out: this.#run.folder,
        step: this.#step,
        total: this.#total,
        images: this.#numImages,
        batchSize: this.#config.training.batchSize,
        memory,
      };
      yield* this.#newWarnings();
      yield* this.#journal.passedOver(this.#step, this.#collection.passedOver);
      const begin = performance.now();
      // Whatever ended the run before may have ended its copy, too.
      if (this.#checkpoint) this.#copies?.published(this.#checkpoint);
      while (this.#step < this.#total && !this.#signal?.aborted) {
        const batch = yield* this.#nextBatch();
        if (!batch) break;
        const { record, events } = await this.#oneStep(batch);
        yield* events;
        yield record;
        if (this.#vitalsTimes.isDue()) {
          yield {
            kind: 'processes',
            step: this.#step,
            processes: [{ rank: 0, ...processVitals('training', true, []) }],
          };
        }
        yield* this.#newWarnings();
        loss = record.loss;
        const last = this.#step === this.#total;
        if (last || dueEvery(this.#config.quality.everyIterations, this.#step)) {
          const measured = await this.#measureQuality();
          yield* measured.events;
          quality = measured.record ?? quality;
        }
        if (last || this.#checkpointDue()) yield* this.#published(await this.#beginSave());
        yield* this.#published(await this.#save.written());
      }
      seconds = (performance.now() - begin) / 1000;
      if (this.#step > this.#savedStep) yield* this.#published(await this.#beginSave());
      yield* this.#published(await this.#save.finish());
    } finally {
      await this.#save.settle();
      await this.#vitals.settle();
      await this.#loader.close();
      await this.#copies?.finish();
    }
    yield* this.#newWarnings();
    const status = this.#step === this.#total ? 'finished' : 'stopped';
    return {
      status,
      out: this.#run.folder,
      steps: this.#step,
      loss,
      checkpoint: this.#checkpoint?.path ?? null,
      skippedImages: this.#journal.skippedImages,
      quality,
      copyingShare: this.#save.secondsWaited / seconds,
    };
  }

  #newWarnings(): TrainingEvent[] {
    return this.#warnings.splice(0).map((message) => ({ kind: 'warning' as const, message }));
  }

  /** Waits for a batch, and tells meanwhile what it waits for. @returns nothing where the run is to stop before it comes */
  async *#nextBatch(): AsyncGenerator<TrainingEvent, WaitedBatch | undefined> {
    const begin = performance.now();
    let arrived: Batch | undefined;
    const coming = this.#loader.next().then((batch) => {
      arrived = batch;
    });
    while (!arrived) {
      await Promise.race([coming, sleep(LOOK_MILLISECONDS)]);
      yield* this.#newWarnings();
      if (!arrived && this.#signal?.aborted) {
        // It ends with the loader.
        coming.catch(() => undefined);
        return undefined;
      }
    }
    return { batch: arrived, begin, secondsWaitedForData: (performance.now() - begin) / 1000 };
  }

  async #oneStep(waited: WaitedBatch): Promise<{ record: StepRecord; events: TrainingEvent[] }> {
    const { batch, begin, secondsWaitedForData } = waited;
    this.#executor.write(STEP.control, controlOf(this.#config, this.#total, this.#step));
    let offset = 0;
    for (const crops of batch.crops) {
      this.#executor.write(STEP.crops, crops, offset);
      offset += crops.byteLength;
    }
    this.#loader.recycle(batch);
    const lossScale = lossScaleOf(this.#executor);
    await this.#executor.run();
    this.#step++;
    const applied = this.#executor.read(STEP.applied)[0] === 1;
    return this.#journal.step({
      step: this.#step,
      position: batch.position,
      loss: this.#executor.read(STEP.loss)[0]!,
      applied,
      ...reportLossScale(this.#executor, lossScale, applied),
      prototypeUse: this.#executor.read(STEP.prototypeUse),
      norms: this.#executor.read(STEP.norms),
      ratios: this.#executor.read(STEP.ratios),
      seconds: (performance.now() - begin) / 1000,
      secondsWaitedForData,
      start: batch.start,
      names: batch.names,
      skipped: batch.skipped,
      digests: [digestOf(batch)],
    });
  }

  async #measureQuality(): Promise<{ record?: QualityRecord; events: TrainingEvent[] }> {
    return this.#journal.measured(this.#step, await this.#probe.measure((name) => this.#executor.read(name)));
  }

  #checkpointDue(): boolean {
    const { everyIterations, everyMinutes } = this.#config.checkpoint;
    const byTime = everyMinutes !== null && Date.now() - this.#checkpointTime >= everyMinutes * 60_000;
    return byTime || dueEvery(everyIterations, this.#step);
  }

  /** @returns the checkpoint before it, where that was still being written. */
  #beginSave(): Promise<TimedCheckpoint | undefined> {
    const step = this.#step;
    this.#savedStep = step;
    this.#checkpointTime = Date.now();
    const copy = () => ({ tensors: snapshot(this.#executor), state: this.#journal.state() });
    return this.#save.begin(copy, async (contents) => {
      // Records reach the disk before the checkpoint that counts on them.
      await this.#run.sync();
      const metadata = { architecture: JSON.stringify(this.#config.model.architecture), step: String(step) };
      const saved = await this.#store.save(step, { ...contents, metadata });
      this.#copies?.published(saved);
      return saved;
    });
  }

  *#published(saved: TimedCheckpoint | undefined): Generator<TrainingEvent> {
    if (!saved) return;
    this.#checkpoint = saved;
    yield { kind: 'checkpoint', ...saved };
  }
}

export function dueEvery(every: number | null, step: number): boolean {
  return every !== null && step % every === 0;
}

export async function versions(): Promise<Record<string, string>> {
  const { version } = JSON.parse(await readFile(path.join(packageRoot, 'package.json'), 'utf8')) as { version: string };
  return { auspex: version, node: process.versions.node };
}
