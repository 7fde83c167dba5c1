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
import { CheckpointStore } from '../checkpoints/store.ts';
import { cropPolicy } from '../data/crop-policy.ts';
import { digestOf } from '../data/digest.ts';
import { type ImageFolder, openImageFolder } from '../data/image-folder.ts';
import { type Batch, type Loader, openLoader } from '../data/loader.ts';
import { messageOf } from '../errors.ts';
import { packageRoot } from '../kernels/addon.ts';
import type { CompiledProgram, Executor } from '../kernels/executor.ts';
import { learningRate } from '../model/schedule.ts';
import { STEP } from '../program/training-step.ts';
import { type ResolvedConfig, scheduleOf } from './config.ts';
import { divideSource } from './held-out.ts';
import { type CollapseAlarm, collapseAlarm, describeCollapse, startCollapseAlarm } from './quality/collapse-alarm.ts';
import { prototypeUse } from './quality/embedding-statistics.ts';
import { QualityProbe } from './quality-probe.ts';
import type { QualityRecord, StepRecord } from './records.ts';
import { openRunFolder, type RunFolder } from './run-folder.ts';
import { type Skip, SkipList } from './skip-list.ts';
import { compileStep, cropPolicyOf, numThreads, restore, snapshot } from './step.ts';
import { TrainingError } from './training-errors.ts';

export interface TrainOptions {
  /** Go on with the run in the folder instead of starting one. @default false */
  readonly resume?: boolean;
  /** Ends the run after the current step, with a checkpoint. Leaving the iteration ends it without one. */
  readonly signal?: AbortSignal;
}

export type TrainingEvent =
  | {
      readonly kind: 'start';
      readonly out: string;
      readonly step: number;
      readonly total: number;
      readonly images: number;
      readonly memory: { readonly arenaBytes: number; readonly persistentBytes: number };
    }
  | StepRecord
  | QualityRecord
  | { readonly kind: 'checkpoint'; readonly step: number; readonly path: string }
  | { readonly kind: 'skipped'; readonly image: string; readonly code: string; readonly reason: string }
  | { readonly kind: 'warning'; readonly message: string };

export interface TrainResult {
  readonly status: 'finished' | 'stopped';
  readonly out: string;
  readonly steps: number;
  /** Of the last step; null where it was not finite, or where there was nothing left to do. */
  readonly loss: number | null;
  /** Folder of the last checkpoint; null where the run was stopped before its first step. */
  readonly checkpoint: string | null;
  /** Images that could not be used, each counted once. */
  readonly skippedImages: number;
  readonly quality?: QualityRecord;
}

/** What a checkpoint's state.json holds besides tensors. */
interface RunState {
  readonly config: ResolvedConfig;
  /** Where the loader goes on. */
  readonly position: number;
  /** Images of the folder, held-out ones included: the order of the data depends on it. */
  readonly numImages: number;
  readonly collapse: CollapseAlarm;
  /** How often each prototype was chosen of late. */
  readonly prototypeCounts: readonly number[];
}

/** A checkpoint that the run goes on from. */
interface ResumePoint extends RunState {
  readonly step: number;
  readonly path: string;
}

/**
 * Trains, and yields what happens as it happens; the generator's return value is the result.
 *
 * @throws ConfigError, DataError, TrainingError, RunError or CheckpointError; the last good checkpoint is then intact.
 */
export async function* train(
  config: ResolvedConfig,
  options: TrainOptions = {},
): AsyncGenerator<TrainingEvent, TrainResult> {
  const folder = await openData(config);
  const out = path.resolve(config.training.out ?? path.join('runs', new Date().toISOString().replace(/[:.]/g, '-')));
  const run = openRunFolder(out, options.resume ? 'resume' : 'new');
  // Until the end is reached: a caller may leave the iteration at any event.
  let status: 'finished' | 'stopped' | 'failed' = 'stopped';
  let reason: string | undefined;
  try {
    // The folder by its absolute path: a run may be resumed from another working directory.
    const located = { ...config, data: { ...config.data, path: folder.root } };
    const training = await Training.open(located, folder, run, options);
    const result = yield* training.run();
    status = result.status;
    return result;
  } catch (error) {
    [status, reason] = ['failed', messageOf(error)];
    throw error;
  } finally {
    await closeRun(run, status, reason);
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

async function openData({ data, training }: ResolvedConfig): Promise<ImageFolder> {
  if (data.path === null) {
    throw new TrainingError('NO_DATA', 'There is nothing to train on: give a folder of images with --data DIR.');
  }
  const folder = await openImageFolder(data.path);
  if (folder.length < training.batchSize) {
    throw new TrainingError(
      'TOO_FEW_IMAGES',
      `${data.path} holds ${folder.length} images; a batch needs ${training.batchSize}. ` +
        'Add images, or take smaller batches with --set training.batchSize=N.',
    );
  }
  return folder;
}

class Training {
  readonly #config: ResolvedConfig;
  readonly #run: RunFolder;
  readonly #signal: AbortSignal | undefined;
  readonly #store: CheckpointStore;
  readonly #compiled: CompiledProgram;
  readonly #executor: Executor;
  readonly #loader: Loader;
  readonly #probe: QualityProbe;
  readonly #folder: ImageFolder;
  readonly #skipped: SkipList;
  /** Images to train on. */
  readonly #numImages: number;
  readonly #total: number;
  readonly #counts: Float64Array;
  readonly #warnings: string[] = [];
  #step = 0;
  #position = 0;
  #collapse: CollapseAlarm;
  #checkpoint: { readonly step: number; readonly path: string } | undefined;
  #checkpointTime = Date.now();

  static async open(
    config: ResolvedConfig,
    folder: ImageFolder,
    run: RunFolder,
    { resume, signal }: TrainOptions,
  ): Promise<Training> {
    const store = new CheckpointStore(path.join(run.folder, 'checkpoints'), config.checkpoint);
    // A run that ended before its first checkpoint starts again.
    const saved = resume && !(await store.isEmpty()) ? await store.load() : undefined;
    const compiled = compileStep(config);
    const executor = compiled.allocate();
    if (saved) restore(executor, saved.tensors);
    else executor.initialise(config.training.seed);
    const state = saved && { ...(saved.state as RunState), step: saved.step, path: saved.path };
    await run.begin({ config, versions: await versions(), step: state?.step ?? 0, numImages: folder.length });
    return new Training(config, folder, run, signal, store, compiled, executor, state);
  }

  private constructor(
    config: ResolvedConfig,
    folder: ImageFolder,
    run: RunFolder,
    signal: AbortSignal | undefined,
    store: CheckpointStore,
    compiled: CompiledProgram,
    executor: Executor,
    state: ResumePoint | undefined,
  ) {
    const { training, data, model, quality } = config;
    this.#config = config;
    this.#run = run;
    this.#signal = signal;
    this.#store = store;
    this.#compiled = compiled;
    this.#executor = executor;
    this.#step = state?.step ?? 0;
    this.#position = state?.position ?? 0;
    this.#checkpoint = state;
    const { margin, afterIterations: patience } = quality.collapseAlarm;
    this.#collapse = state?.collapse ?? startCollapseAlarm(model.prototypes, { margin, patience });
    this.#counts = state ? Float64Array.from(state.prototypeCounts) : new Float64Array(model.prototypes);
    this.#skipped = new SkipList(run);
    this.#folder = folder;
    if (state && state.numImages !== folder.length) {
      this.#warnings.push(
        `${folder.root} holds ${folder.length} images now, and held ${state.numImages} when the run began: it goes on, ` +
          'but with other batches than it would have had.',
      );
    }

    const division = divideSource(folder, data.heldOutShare, training.seed);
    this.#numImages = division.training.length;
    this.#total = training.iterations ?? Math.ceil((training.epochs! * this.#numImages) / training.batchSize);
    this.#probe = new QualityProbe(config, division);
    this.#loader = openLoader({
      source: division.training,
      policy: cropPolicy(cropPolicyOf(config)),
      batchSize: training.batchSize,
      seed: training.seed,
      position: this.#position,
      threads: numThreads(data.loaderThreads),
      maximumSkippedShare: data.maximumSkippedShare,
      limits: { maximumPixels: data.maximumPixels },
    });
  }

  async *run(): AsyncGenerator<TrainingEvent, TrainResult> {
    const { arenaBytes, persistentBytes } = this.#compiled.plan;
    const memory = { arenaBytes, persistentBytes };
    yield {
      kind: 'start',
      out: this.#run.folder,
      step: this.#step,
      total: this.#total,
      images: this.#numImages,
      memory,
    };
    for (const message of this.#warnings) yield { kind: 'warning', message };
    yield* this.#skipped.addPassedOver(this.#step, this.#folder.passedOver).map(skipEvent);
    let loss: number | null = null;
    let quality: QualityRecord | undefined;
    try {
      while (this.#step < this.#total && !this.#signal?.aborted) {
        const { record, events } = await this.#oneStep();
        yield* events;
        yield record;
        loss = record.loss;
        const last = this.#step === this.#total;
        if (last || dueEvery(this.#config.quality.everyIterations, this.#step)) {
          const measured = await this.#measureQuality();
          yield* measured.events;
          quality = measured.record ?? quality;
        }
        if (last || this.#checkpointDue()) yield await this.#save();
      }
      if (this.#step > (this.#checkpoint?.step ?? 0)) yield await this.#save();
    } finally {
      await this.#loader.close();
    }
    const status = this.#step === this.#total ? 'finished' : 'stopped';
    return {
      status,
      out: this.#run.folder,
      steps: this.#step,
      loss,
      checkpoint: this.#checkpoint?.path ?? null,
      skippedImages: this.#skipped.count,
      quality,
    };
  }

  async #oneStep(): Promise<{ record: StepRecord; events: TrainingEvent[] }> {
    const { training, loss: lossConfig } = this.#config;
    const begin = performance.now();
    const batch = await this.#loader.next();
    const waited = performance.now() - begin;

    const rate = learningRate(scheduleOf(this.#config, this.#total), this.#step);
    const frozen = this.#step < lossConfig.prototypesFrozenIterations ? 1 : 0;
    this.#executor.write(STEP.control, Float32Array.of(rate, frozen));
    let offset = 0;
    for (const crops of batch.crops) {
      this.#executor.write(STEP.crops, crops, offset);
      offset += crops.byteLength;
    }
    this.#loader.recycle(batch);
    await this.#executor.run();
    const applied = this.#executor.read(STEP.applied)[0] === 1;
    const loss = this.#executor.read(STEP.loss)[0]!;
    this.#step++;
    this.#position = batch.position;
    const skipped = this.#skipped.add(this.#step, batch.skipped).map(skipEvent);
    const events = [...skipped, ...this.#watch(applied, loss, batch)];
    const seconds = (performance.now() - begin) / 1000;
    const { entropy, used } = this.#prototypeUse();
    const record: StepRecord = {
      kind: 'step',
      step: this.#step,
      epoch: this.#position / this.#numImages,
      loss: applied ? loss : null,
      learningRate: rate,
      imagesPerSecond: training.batchSize / seconds,
      dataWaitShare: waited / 1000 / seconds,
      prototypeEntropy: entropy,
      prototypesUsed: used,
      gradientNorm: applied ? this.#gradientNorm() : null,
      ...(!applied && { images: batch.names }),
      position: [batch.start, batch.position],
      ...(batch.skipped.length > 0 && { skipped: batch.skipped.map(({ position }) => position) }),
      digests: [digestOf(batch)],
      time: new Date().toISOString(),
    };
    this.#run.record(record);
    if (!applied && training.nanPolicy === 'stop') throw this.#notFinite(loss, batch);
    return { record, events };
  }

  #watch(applied: boolean, loss: number, batch: Batch): TrainingEvent[] {
    if (!applied) {
      return [
        { kind: 'warning', message: `Step ${this.#step} was not applied: ${this.#notFinite(loss, batch).message}` },
      ];
    }
    const before = this.#collapse.kind;
    this.#collapse = collapseAlarm(this.#collapse, loss);
    const alarm =
      this.#config.quality.collapseAlarm.enabled && this.#collapse.kind === 'collapsed' && before !== 'collapsed';
    return alarm ? [{ kind: 'warning', message: describeCollapse(this.#collapse) }] : [];
  }

  #notFinite(loss: number, batch: Batch): TrainingError {
    const what = Number.isFinite(loss) ? 'a gradient is not finite' : `the loss is ${loss}`;
    return new TrainingError(
      'NOT_FINITE',
      `In step ${this.#step} ${what}; its update was left out. Images of the batch: ${quoteNames(batch.names)}. ` +
        'A lower learning rate or a longer warm-up usually helps; training.nanPolicy=skip goes on without such steps.',
    );
  }

  /** Over recent steps: old counts fade. */
  #prototypeUse() {
    const fresh = this.#executor.read(STEP.prototypeUse);
    for (let k = 0; k < fresh.length; k++)
      this.#counts[k] = Math.floor(this.#counts[k]! * USE_MEMORY * 1e3) / 1e3 + fresh[k]!;
    return prototypeUse(this.#counts);
  }

  #gradientNorm(): number {
    const norms = this.#executor.read(STEP.norms);
    let square = 0;
    for (let i = 1; i < norms.length; i += 2) square += norms[i]!;
    return Math.sqrt(square);
  }

  async #measureQuality(): Promise<{ record?: QualityRecord; events: TrainingEvent[] }> {
    const { scores, skipped } = await this.#probe.measure((name) => this.#executor.read(name));
    const events: TrainingEvent[] = this.#skipped.add(this.#step, skipped).map(skipEvent);
    if (!scores) return { events };
    const record: QualityRecord = { kind: 'quality', ...scores, step: this.#step, time: new Date().toISOString() };
    this.#run.record(record);
    return { record, events: [...events, record] };
  }

  #checkpointDue(): boolean {
    const { everyIterations, everyMinutes } = this.#config.checkpoint;
    const byTime = everyMinutes !== null && Date.now() - this.#checkpointTime >= everyMinutes * 60_000;
    return byTime || dueEvery(everyIterations, this.#step);
  }

  async #save(): Promise<TrainingEvent> {
    await this.#run.sync();
    const state: RunState = {
      config: this.#config,
      position: this.#position,
      numImages: this.#folder.length,
      collapse: this.#collapse,
      prototypeCounts: [...this.#counts],
    };
    const metadata = { architecture: JSON.stringify(this.#config.model.architecture), step: String(this.#step) };
    const saved = await this.#store.save(this.#step, { tensors: snapshot(this.#executor), state, metadata });
    this.#checkpoint = saved;
    this.#checkpointTime = Date.now();
    return { kind: 'checkpoint', step: this.#step, path: saved.path };
  }
}

/** What remains of a prototype's count after each step. */
const USE_MEMORY = 0.95;

function skipEvent({ name: image, code, message: reason }: Skip): TrainingEvent {
  return { kind: 'skipped', image, code, reason };
}

/** Names of a batch in a message; a large batch's stand in metrics.jsonl. */
function quoteNames(names: readonly string[]): string {
  const most = 32;
  const more = names.length > most ? ` and ${names.length - most} more, listed in metrics.jsonl` : '';
  return names.slice(0, most).join(', ') + more;
}

function dueEvery(every: number | null, step: number): boolean {
  return every !== null && step % every === 0;
}

async function versions(): Promise<Record<string, string>> {
  const { version } = JSON.parse(await readFile(path.join(packageRoot, 'package.json'), 'utf8')) as { version: string };
  return { auspex: version, node: process.versions.node };
}
