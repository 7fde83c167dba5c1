/** A checkpoint that ranks are writing, and when the next one is due: one at a time, and again where one has failed. */
import { folderBytes } from '../../checkpoints/folder-bytes.ts';
import type { CheckpointEntry } from '../../checkpoints/open-checkpoint.ts';
import type { SavedFile, Sharding } from '../../checkpoints/shards.ts';
import { messageOf } from '../../errors.ts';
import { shardingOf } from '../../training/checkpoints/rank-checkpoint.ts';
import { TrainingError } from '../../training/training-errors.ts';
import type { Told } from '../messages.ts';
import type { CoordinatedWorld } from './coordinated-world.ts';
import type { Coordination } from './coordination.ts';

/** Milliseconds after which a save that failed is tried again, and how often the last one is. */
const AGAIN_AFTER = 5000;
const LAST_TRIES = 60;

interface Save {
  readonly step: number;
  /** Of this attempt alone: a rank that still writes for an earlier one of the same step names another. */
  readonly folder: string;
  /** Milliseconds. */
  readonly begun: number;
  readonly worldSize: number;
  readonly sharding: Sharding;
  readonly state: unknown;
  readonly files: SavedFile[];
  readonly saved: Set<number>;
  /** All shards are there, and what they make up is being given its name: it cannot be given up any more. */
  publishing: boolean;
}

export class Saving {
  readonly #coordination: Coordination;
  #save: Save | undefined;
  #notBefore = 0;
  #failures = 0;
  #lastTime = Date.now();

  constructor(coordination: Coordination) {
    this.#coordination = coordination;
  }

  /** The step whose checkpoint is being written into this folder; undefined where that was given up. */
  stepOf(folder: string): number | undefined {
    return this.#save?.folder === folder ? this.#save.step : undefined;
  }

  get underWay(): boolean {
    return this.#save !== undefined;
  }

  get mayBegin(): boolean {
    return !this.#save && Date.now() >= this.#notBefore;
  }

  /** By the clock, or because the last one has failed: then it is due when it is tried again, and not before. */
  get dueByTime(): boolean {
    if (this.#failures > 0) return Date.now() >= this.#notBefore;
    const { everyMinutes } = this.#coordination.record.config.checkpoint;
    return everyMinutes !== null && Date.now() - this.#lastTime >= everyMinutes * 60_000;
  }

  /** @returns the folder that the ranks of the world are to write into. @throws CheckpointError, RunError */
  async begin({ step, size, layouts }: CoordinatedWorld): Promise<string> {
    const begun = performance.now();
    const { record } = this.#coordination;
    const { folder, state } = await record.beginSave(step);
    const sharding = shardingOf(record.config, layouts, size);
    this.#save = {
      step,
      folder,
      begun,
      worldSize: size,
      sharding,
      state,
      files: [],
      saved: new Set(),
      publishing: false,
    };
    return folder;
  }

  /** A rank has written its part; the last one's makes the checkpoint public. */
  saved({ folder, rank, files }: Told<'saved'>): void {
    const save = this.#save;
    if (save?.folder !== folder) return;
    save.files.push(...files);
    save.saved.add(rank);
    if (save.saved.size < save.worldSize) return;
    save.publishing = true;
    const { step, state, sharding } = save;
    const sorted = save.files.sort((one, other) => (one.name < other.name ? -1 : 1));
    const coordination = this.#coordination;
    coordination.record.publish(step, { files: sorted, state, sharding }).then(
      (entry) => coordination.tellSelf({ kind: 'published', entry }),
      (error: unknown) => coordination.tellSelf({ kind: 'publishFailed', folder, message: messageOf(error) }),
    );
  }

  async published(entry: CheckpointEntry): Promise<void> {
    const begun = this.#save?.begun ?? performance.now();
    this.#save = undefined;
    this.#failures = 0;
    this.#lastTime = Date.now();
    this.#coordination.record.published(entry);
    const seconds = (performance.now() - begun) / 1000;
    this.#coordination.emit({ kind: 'checkpoint', ...entry, seconds, bytes: await folderBytes(entry.path) });
  }

  /** The checkpoint of a step could not be begun or finished: it is tried again later, and the last one not for ever. */
  async failed(step: number, message: string): Promise<void> {
    const coordination = this.#coordination;
    await this.#discard();
    this.#failures += 1;
    this.#notBefore = Date.now() + AGAIN_AFTER;
    coordination.warn(`The checkpoint of step ${step} could not be saved and is tried again: ${message}`);
    const isLast = step === coordination.record.total || coordination.stopping;
    if (!isLast || this.#failures < LAST_TRIES) return;
    const text = `The last checkpoint could not be saved: ${message}`;
    await coordination.end({ error: new TrainingError('LAST_SAVE_FAILED', text) });
  }

  /** The ranks give their world up; what is being published already is left to its end. */
  async abandon(): Promise<void> {
    if (this.#save && !this.#save.publishing) await this.#discard();
  }

  async #discard(): Promise<void> {
    if (this.#save) await this.#coordination.record.discardSave(this.#save.step);
    this.#save = undefined;
  }
}
