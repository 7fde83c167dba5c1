/** A checkpoint that ranks are writing, and when the next one is due: one at a time, and again where one has failed. */
import type { CheckpointEntry } from '../checkpoints/open-checkpoint.ts';
import type { SavedFile, Sharding } from '../checkpoints/shards.ts';
import { shardingOf } from '../training/rank-checkpoint.ts';
import type { RunRecord } from '../training/run-record.ts';
import type { CoordinatedWorld } from './coordinated-world.ts';

/** Milliseconds after which a save that failed is tried again, and how often the last one is. */
const AGAIN_AFTER = 5000;
const LAST_TRIES = 60;

interface Save {
  readonly step: number;
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
  readonly #record: RunRecord;
  #save: Save | undefined;
  #notBefore = 0;
  #failures = 0;
  #lastTime = Date.now();

  constructor(record: RunRecord) {
    this.#record = record;
  }

  /** The step that is being saved. */
  get step(): number | undefined {
    return this.#save?.step;
  }

  get underWay(): boolean {
    return this.#save !== undefined;
  }

  get mayBegin(): boolean {
    return !this.#save && Date.now() >= this.#notBefore;
  }

  /** By the clock, or because the last one has failed. */
  get dueByTime(): boolean {
    const { everyMinutes } = this.#record.config.checkpoint;
    const again = this.#failures > 0 && Date.now() >= this.#notBefore;
    return again || (everyMinutes !== null && Date.now() - this.#lastTime >= everyMinutes * 60_000);
  }

  /** Whether even the last checkpoint has been tried often enough. */
  get hopeless(): boolean {
    return this.#failures >= LAST_TRIES;
  }

  /** @returns the folder that the ranks of the world are to write into. @throws CheckpointError, RunError */
  async begin({ step, size, layouts }: CoordinatedWorld): Promise<string> {
    const begun = performance.now();
    const { folder, state } = await this.#record.beginSave(step);
    const sharding = shardingOf(this.#record.config, layouts, size);
    this.#save = { step, begun, worldSize: size, sharding, state, files: [], saved: new Set(), publishing: false };
    return folder;
  }

  /** A rank has written its part. @returns the publication, if it was the last */
  add(step: number, rank: number, files: readonly SavedFile[]): Promise<CheckpointEntry> | undefined {
    const save = this.#save;
    if (save?.step !== step) return undefined;
    save.files.push(...files);
    save.saved.add(rank);
    if (save.saved.size < save.worldSize) return undefined;
    save.publishing = true;
    const { state, sharding } = save;
    const sorted = save.files.sort((one, other) => (one.name < other.name ? -1 : 1));
    return this.#record.publish(step, { files: sorted, state, sharding });
  }

  /** @returns the seconds that it took */
  published(entry: CheckpointEntry): number {
    const begun = this.#save?.begun ?? performance.now();
    this.#save = undefined;
    this.#failures = 0;
    this.#lastTime = Date.now();
    this.#record.published(entry);
    return (performance.now() - begun) / 1000;
  }

  /** What could not be begun or finished; it is tried again later. */
  async failed(): Promise<void> {
    await this.#discard();
    this.#failures += 1;
    this.#notBefore = Date.now() + AGAIN_AFTER;
  }

  /** The ranks give their world up; what is being published already is left to its end. */
  async abandon(): Promise<void> {
    if (this.#save && !this.#save.publishing) await this.#discard();
  }

  async #discard(): Promise<void> {
    if (this.#save) await this.#record.discardSave(this.#save.step);
    this.#save = undefined;
  }
}
