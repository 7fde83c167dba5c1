/**
 * A run as its coordinator keeps it: records, checkpoints, and the point from which a world goes on. A world that is given up
 * takes the records back to that point.
 */

import path from 'node:path';
import type { CheckpointError } from '../../checkpoints/errors.ts';
import type { SavedCheckpoint } from '../../checkpoints/finish-folder.ts';
import type { CheckpointEntry } from '../../checkpoints/open-checkpoint.ts';
import { requireResumable } from '../../checkpoints/slice.ts';
import { CheckpointStore } from '../../checkpoints/store.ts';
import { type DataPosition, positionFromState } from '../../data/order.ts';
import type { ImageCollection } from '../../data/source.ts';
import { checkCopies } from '../checkpoints/checkpoint-copies.ts';
import type { ResolvedConfig } from '../config/config.ts';
import { divideSource } from '../held-out.ts';
import { offsetsOfSource } from '../open-data.ts';
import type { Measurement } from '../quality/quality-probe.ts';
import { numSteps } from '../step.ts';
import { dueEvery, versions } from '../train.ts';
import type { TrainingError } from '../training-errors.ts';
import type { TrainingEvent, TrainResult } from '../training-events.ts';
import { divisionProblem } from '../world-size.ts';
import { RanksCost } from './costs.ts';
import { Journal, type JournalOptions, type RunState, type StepReport } from './journal.ts';
import type { QualityRecord } from './records.ts';
import { openRunFolder, type RunFolder } from './run-folder.ts';
import { type VitalsSource, VitalsWriter } from './vitals.ts';

export interface OpenRunRecord {
  /** As openData gives it. */
  readonly config: ResolvedConfig;
  readonly folder: ImageCollection;
  readonly out: string;
  readonly resume: boolean;
}

/** Where a world begins. */
export interface ResumePoint {
  readonly step: number;
  /** Null at the very beginning. */
  readonly position: DataPosition | null;
  /** Folder of a checkpoint; null at the very beginning. */
  readonly checkpoint: string | null;
}

interface Published {
  readonly entry: CheckpointEntry;
  readonly state: RunState;
  /** What is wrong with a newer one, which was passed over. */
  readonly damage?: CheckpointError;
}

async function newestGood(store: CheckpointStore): Promise<Published> {
  const found = await store.loadNewestGood();
  requireResumable(found);
  const { step, path, state, damage } = found;
  return { entry: { step, path }, state: state as RunState, ...(damage && { damage }) };
}

export class RunRecord {
  readonly config: ResolvedConfig;
  /** Steps of the whole training. */
  readonly total: number;
  /** Number of the last world before this coordinator: they are counted on. */
  readonly lastWorld: number;
  readonly #folder: ImageCollection;
  readonly #run: RunFolder;
  readonly #store: CheckpointStore;
  readonly #numTraining: number;
  /** Of a topic: lanes, which ranks share, and from which offsets a position is read. */
  readonly #numLanes: number | undefined;
  readonly #offsetsOf: JournalOptions['offsetsOf'];
  readonly #saving = new Map<number, RunState>();
  #published: Published | undefined;
  #journal: Journal;
  #loss: number | null = null;
  #quality: QualityRecord | undefined;
  #recordsWait = false;
  #vitals: VitalsWriter | undefined;
  readonly #cost = new RanksCost();

  /** @throws ConfigError, RunError, CheckpointError, DestinationError DESTINATION_TAKEN */
  static async open({ config, folder, out, resume }: OpenRunRecord): Promise<RunRecord> {
    await checkCopies(config, path.resolve(out));
    const run = openRunFolder(path.resolve(out), resume ? 'resume' : 'new');
    try {
      const store = new CheckpointStore(path.join(run.folder, 'checkpoints'), config.checkpoint);
      // Every file is verified here, once; ranks verify what they read.
      const published = resume && !(await store.isEmpty()) ? await newestGood(store) : undefined;
      const step = published?.entry.step ?? 0;
      await run.begin({ config, versions: await versions(), step, numImages: folder.length, patient: true });
      const lastWorld = await run.prepareWorlds();
      return new RunRecord(config, folder, run, store, published, lastWorld);
    } catch (error) {
      await run.close('failed');
      throw error;
    }
  }

  private constructor(
    config: ResolvedConfig,
    folder: ImageCollection,
    run: RunFolder,
    store: CheckpointStore,
    published: Published | undefined,
    lastWorld: number,
  ) {
    this.config = config;
    this.lastWorld = lastWorld;
    this.#folder = folder;
    this.#run = run;
    this.#store = store;
    this.#published = published;
    const { training } = divideSource(folder, config.data.heldOutShare, config.training.seed);
    this.#numTraining = training.length;
    this.#numLanes = training.order?.(config.training.batchSize, config.training.seed).lanes;
    this.#offsetsOf = offsetsOfSource(training, config);
    this.total = numSteps(config, training);
    this.#journal = this.#newJournal();
  }

  #newJournal(): Journal {
    const numbers = { numImages: this.#folder.length, numTraining: this.#numTraining, total: this.total };
    const { config } = this;
    return new Journal({
      config,
      run: this.#run,
      ...numbers,
      state: this.#published?.state,
      offsetsOf: this.#offsetsOf,
      vitals: { step: (make) => this.#vitals?.step(make) },
    });
  }

  /** Why so many ranks cannot share this training; undefined where they can. */
  divisionProblem(ranks: number): TrainingError | undefined {
    return divisionProblem(this.config, ranks, this.#numLanes);
  }

  get lastCheckpoint(): CheckpointEntry | undefined {
    return this.#published?.entry;
  }

  resumePoint(): ResumePoint {
    const { entry, state } = this.#published ?? {};
    return {
      step: entry?.step ?? 0,
      position: positionFromState(state?.position) ?? null,
      checkpoint: entry?.path ?? null,
    };
  }

  /** From now on it is written down how the training is. */
  watch(source: VitalsSource): void {
    this.#vitals = new VitalsWriter(this.#run.folder, source);
  }

  /** What is told before the first step. */
  start(step: number, memory: { readonly arenaBytes: number; readonly persistentBytes: number }): TrainingEvent[] {
    const { folder: out } = this.#run;
    const { batchSize } = this.config.training;
    const events: TrainingEvent[] = [
      { kind: 'start', out, step, total: this.total, images: this.#numTraining, batchSize, memory },
    ];
    const held = this.#published?.state.numImages;
    if (held !== undefined && held !== null && held !== this.#folder.length) {
      const message =
        `${this.#folder.root} holds ${this.#folder.length} images now, and held ${held} when the run began: it goes on, ` +
        'but with other batches than it would have had.';
      events.push({ kind: 'warning', message });
    }
    events.push(...damageWarning(this.#published));
    return [...events, ...this.#journal.passedOver(step, this.#folder.passedOver)];
  }

  /** @throws TrainingError NOT_FINITE where the config says that it ends the training; RunError */
  step(report: StepReport): TrainingEvent[] {
    this.#loss = report.applied ? report.loss : null;
    const { record, events } = this.#journal.step(report);
    if (report.ranks) this.#cost.add(report.ranks, report.seconds);
    return [...events, record, ...this.#watchDisk()];
  }

  /** That the disk is full, and that it has room again, is told once. */
  #watchDisk(): TrainingEvent[] {
    const waits = this.#run.waiting > 0;
    if (waits === this.#recordsWait) return [];
    this.#recordsWait = waits;
    const { folder } = this.#run;
    const message = waits
      ? `The disk of ${folder} is full: records wait in memory and checkpoints are not saved. Free some space; the training goes on meanwhile.`
      : `The disk of ${folder} has room again, and the records that waited are written.`;
    return [{ kind: 'warning', message }];
  }

  measured(step: number, measurement: Measurement): TrainingEvent[] {
    const { record, events } = this.#journal.measured(step, measurement);
    this.#quality = record ?? this.#quality;
    return events;
  }

  measurementDue(step: number): boolean {
    return step === this.total || dueEvery(this.config.quality.everyIterations, step);
  }

  checkpointDue(step: number): boolean {
    return dueEvery(this.config.checkpoint.everyIterations, step);
  }

  // ── checkpoints ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** Records are on the disk first: a checkpoint must not know more than they do. Call it while no step is taken. */
  async beginSave(step: number): Promise<{ folder: string; state: RunState }> {
    await this.#run.sync();
    const state = this.#journal.state();
    const folder = await this.#store.begin(step);
    this.#saving.set(step, state);
    return { folder, state };
  }

  publish(step: number, saved: SavedCheckpoint): Promise<CheckpointEntry> {
    return this.#store.publish(step, saved);
  }

  published(entry: CheckpointEntry): void {
    this.#published = { entry, state: this.#saving.get(entry.step)! };
    this.#saving.clear();
  }

  async discardSave(step: number): Promise<void> {
    if (this.#saving.delete(step)) await this.#store.discard(step);
  }

  /** Seconds that a rank's steps waited for the copy that a checkpoint is written from. */
  copied(seconds: number): void {
    this.#cost.copied(seconds);
  }

  // ── worlds ───────────────────────────────────────────────────────────────────────────────────────────────────────

  worldStarted(world: number, ranks: readonly string[], step: number): void {
    this.#run.world({ kind: 'began', world, ranks, step, time: new Date().toISOString() });
  }

  worldEnded(world: number, step: number, reason: string): void {
    this.#run.world({ kind: 'ended', world, step, reason, time: new Date().toISOString() });
  }

  /**
   * Looks at the last checkpoint once more, because a rank found it damaged. If it is, the newest good one before it takes
   * its place. @throws CheckpointError CHECKPOINT_DAMAGED where none is good
   */
  async verifyCheckpoint(): Promise<TrainingEvent[]> {
    this.#published = await newestGood(this.#store);
    return damageWarning(this.#published);
  }

  /** Takes records and counters back to the last checkpoint. */
  async rewind(): Promise<void> {
    await this.#run.rewind(this.resumePoint().step);
    this.#journal = this.#newJournal();
  }

  result(status: TrainResult['status'], steps: number): TrainResult {
    return {
      status,
      out: this.#run.folder,
      steps,
      loss: this.#loss,
      checkpoint: this.#published?.entry.path ?? null,
      skippedImages: this.#journal.skippedImages,
      quality: this.#quality,
      copyingShare: this.#cost.copyingShare,
      ranks: this.#cost.summary(),
    };
  }

  /** Brings records that waited to the disk, and writes how the run has ended; it may be tried again. @throws RunError */
  async end(status: TrainResult['status']): Promise<void> {
    await this.#run.sync();
    await this.#run.end(status);
  }

  async close(status: 'finished' | 'stopped' | 'failed', reason?: string): Promise<void> {
    await this.#vitals?.settle();
    await this.#run.close(status, reason);
  }
}

function damageWarning(published: Published | undefined): TrainingEvent[] {
  if (!published?.damage) return [];
  const { entry, damage } = published;
  const message = `The newest checkpoint is damaged, and the run goes on from step ${entry.step}: ${damage.message}`;
  return [{ kind: 'warning', message }];
}
