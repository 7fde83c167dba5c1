/**
 * A run's checkpoints:
 *
 *     checkpoints/
 *       step-00001000/            complete as soon as it has this name
 *         trunk.safetensors       one file for each group of tensors, e.g. the trunk's under timm's names,
 *         head.safetensors        head and prototypes,
 *         optimizer.safetensors   and momentum
 *         state.json              {formatVersion, step, state}: all that resuming needs besides
 *         tensors.json            a checksum of each tensor, to tell which one is damaged
 *         SHA256SUMS              checksums of the above
 *       latest                    the name of the newest complete one, written last
 *
 * A save writes into a `.tmp-` folder, flushes it, renames it into place, moves `latest`, and only then removes old
 * checkpoints; so a crash at any point leaves `latest` at a complete one. One process publishes; any number may read.
 *
 * With several ranks a save has two phases, and `shards.ts` shows its files:
 *
 *     coordinator   begin ──▶ folder                          ▶ publish (or discard)
 *     every rank                 └──▶ writeShard ──▶ confirmed ┘
 *
 * Nothing can be seen before `publish`, which checks that what the ranks confirmed is really there.
 */

import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { syncFolder, writeError, writeFileAtomically } from './atomic-file.ts';
import { CheckpointError } from './errors.ts';
import { finishFolder, type SavedCheckpoint } from './finish-folder.ts';
import { type CheckpointEntry, type LoadedCheckpoint, type OpenOptions, openCheckpoint } from './open-checkpoint.ts';
import { type RetentionPolicy, removeCheckpoint, removeFolder, retained } from './retention.ts';
import type { TensorSource } from './safetensors.ts';
import { writeTensors } from './shards.ts';
import { TENSOR_SUFFIX } from './state-file.ts';

/** Holds the name of the newest complete checkpoint. */
export const LATEST_FILE = 'latest';
/** Of what is being written. */
export const TEMPORARY_PREFIX = '.tmp-';
/** A checkpoint that makes way for another of the same step. */
const REPLACED_SUFFIX = '.replaced';

export interface CheckpointContents {
  /** Tensors by the file that they go to (`trunk` becomes trunk.safetensors) and by name. */
  readonly tensors: ReadonlyMap<string, ReadonlyMap<string, TensorSource>>;
  /** Text pairs for the files' headers, for those who load them without Auspex. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Anything that JSON can hold. */
  readonly state: unknown;
}

export class CheckpointStore {
  readonly #folder: string;
  readonly #retention: RetentionPolicy;
  #lastSave: Promise<unknown> = Promise.resolve();
  /** The save that several ranks write at the moment. */
  #begun: { readonly step: number; readonly folder: string } | undefined;
  /** Steps that were newer than the checkpoint that was loaded: what is saved next does not come from them. */
  #abandoned = new Set<number>();

  /** @param folder - made by the first save. */
  constructor(folder: string, retention: RetentionPolicy = { keepLast: 2 }) {
    if (!(Number.isInteger(retention.keepLast) && retention.keepLast >= 1)) {
      throw new RangeError(`keepLast must be at least 1, not ${retention.keepLast}`);
    }
    this.#folder = folder;
    this.#retention = retention;
  }

  /**
   * Saves a checkpoint and removes those that the policy no longer keeps. Saves run one after another.
   * @throws CheckpointError CHECKPOINT_WRITE_FAILED; all earlier checkpoints and `latest` are then intact.
   */
  save(step: number, contents: CheckpointContents): Promise<CheckpointEntry> {
    const save = this.#lastSave.then(() => this.#save(step, contents));
    // The next save does not depend on how this one ended; its caller is told.
    this.#lastSave = save.catch(() => undefined);
    return save;
  }

  /**
   * Begins a save that several ranks write. What an interrupted one left behind is cleared.
   * @returns the folder for `writeShard` and `writeReplicated`; it appears as a checkpoint only when it is published.
   * @throws CheckpointError CHECKPOINT_WRITE_FAILED; all earlier checkpoints and `latest` are then intact.
   */
  async begin(step: number): Promise<string> {
    await this.#lastSave;
    return this.#begin(step);
  }

  /**
   * Makes what the ranks have written a checkpoint, and removes those that the policy no longer keeps. Call it when all
   * ranks have confirmed.
   * @throws CheckpointError CHECKPOINT_WRITE_FAILED, which names a file that is not what its rank confirmed;
   *   CHECKPOINT_DAMAGED, which names a tensor that does not fit the sharding. The save is then discarded, and all earlier
   *   checkpoints and `latest` are intact.
   */
  async publish(step: number, saved: SavedCheckpoint): Promise<CheckpointEntry> {
    const { folder } = this.#theBegun(step);
    const entry = { step, path: path.join(this.#folder, stepFolder(step)) };
    try {
      await finishFolder(folder, step, saved);
      await this.#rename(folder, entry.path);
      await writeFileAtomically(path.join(this.#folder, LATEST_FILE), (file) =>
        file.writeFile(`${stepFolder(step)}\n`),
      );
    } catch (cause) {
      await this.discard(step);
      throw writeError(entry.path, cause);
    }
    this.#abandoned.delete(step);
    // It is published. An old checkpoint that could not be removed is removed after the next save.
    await this.#prune(step).catch(() => undefined);
    this.#begun = undefined;
    return entry;
  }

  /**
   * Gives up a save that was begun; what ranks have written for it is removed. One that has failed or was given up already
   * is no error, and it rejects never: the next save clears the rest.
   */
  async discard(step: number): Promise<void> {
    if (this.#begun?.step !== step) return;
    const { folder } = this.#begun;
    this.#begun = undefined;
    await removeFolder(folder).catch(() => undefined);
  }

  /** Whether nothing was ever saved here; a first save that was cut short counts as nothing. */
  async isEmpty(): Promise<boolean> {
    if ((await this.list()).length > 0) return false;
    return readFile(path.join(this.#folder, LATEST_FILE)).then(
      () => false,
      () => true,
    );
  }

  /** All complete checkpoints, the oldest step first. */
  async list(): Promise<CheckpointEntry[]> {
    const names = await readdir(this.#folder).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return [];
      throw new CheckpointError('CHECKPOINT_NOT_FOUND', `${this.#folder}: cannot be listed (${cause.message})`, {
        cause,
      });
    });
    return names
      .flatMap((name) => {
        const match = /^step-(\d+)$/.exec(name);
        return match ? [{ step: Number(match[1]), path: path.join(this.#folder, name) }] : [];
      })
      .sort((one, other) => one.step - other.step);
  }

  /**
   * Opens a checkpoint after verifying its checksums.
   * @throws CheckpointError CHECKPOINT_NOT_FOUND, CHECKPOINT_DAMAGED (which names the file and the newest good
   * checkpoint before it) or CHECKPOINT_TOO_NEW.
   */
  async load(which: 'latest' | number = 'latest', options: OpenOptions = {}): Promise<LoadedCheckpoint> {
    const entry = which === 'latest' ? await this.latest() : await this.#find(which);
    try {
      return await this.#goOnFrom(await openCheckpoint(entry, options));
    } catch (error) {
      if (!(error instanceof CheckpointError) || error.code !== 'CHECKPOINT_DAMAGED') throw error;
      const good = await this.#newestGoodBefore(entry.step);
      const advice = good ? `step ${good.step} is good: ${good.path}` : 'no older checkpoint is good';
      throw new CheckpointError('CHECKPOINT_DAMAGED', `${error.message}; ${advice}`, { cause: error });
    }
  }

  /**
   * The newest checkpoint that is whole: `latest`, or where that is damaged the newest good one before it, with what is
   * wrong as `damage`. So a training can go on by itself, and loses no more than the steps in between.
   * @throws CheckpointError as `load`, where none is good
   */
  async loadNewestGood(): Promise<LoadedCheckpoint & { readonly damage?: CheckpointError }> {
    try {
      return await this.load();
    } catch (error) {
      if (!(error instanceof CheckpointError) || error.code !== 'CHECKPOINT_DAMAGED') throw error;
      const damaged = await this.latest().catch(() => undefined);
      const good = await this.#newestGoodBefore(damaged?.step ?? Number.POSITIVE_INFINITY);
      if (!good) throw error;
      return { ...(await this.#goOnFrom(await openCheckpoint(good))), damage: error };
    }
  }

  async #goOnFrom(loaded: LoadedCheckpoint): Promise<LoadedCheckpoint> {
    const steps = (await this.list()).map(({ step }) => step);
    this.#abandoned = new Set(steps.filter((step) => step > loaded.step));
    return loaded;
  }

  async #save(step: number, { tensors, metadata, state }: CheckpointContents): Promise<CheckpointEntry> {
    const folder = await this.#begin(step);
    const writes = [...tensors].map(([name, group]) =>
      writeTensors(folder, `${name}${TENSOR_SUFFIX}`, group, metadata),
    );
    // All of them, also where one has failed: nothing may be written to a folder that is given up.
    await Promise.allSettled(writes);
    const files = await Promise.all(writes).catch(async (cause: unknown): Promise<never> => {
      await this.discard(step);
      throw writeError(path.join(this.#folder, stepFolder(step)), cause);
    });
    return this.publish(step, { files, state });
  }

  async #begin(step: number): Promise<string> {
    if (!(Number.isSafeInteger(step) && step >= 0)) throw new RangeError(`a step must be a whole number, not ${step}`);
    if (this.#begun) throw new Error(`step ${this.#begun.step} is being saved: publish or discard it first`);
    // A name of its own: a rank that was left over from an earlier save of this step finds its folder gone.
    const folder = path.join(this.#folder, `${TEMPORARY_PREFIX}${stepFolder(step)}-${randomUUID().slice(0, 8)}`);
    this.#begun = { step, folder };
    try {
      await mkdir(this.#folder, { recursive: true });
      await this.#removeLeftovers();
      await mkdir(folder);
      return folder;
    } catch (cause) {
      await this.discard(step);
      throw writeError(path.join(this.#folder, stepFolder(step)), cause);
    }
  }

  #theBegun(step: number): { readonly step: number; readonly folder: string } {
    if (this.#begun?.step !== step) throw new Error(`no save of step ${step} was begun`);
    return this.#begun;
  }

  /** Gives a complete folder its name, in place of an earlier checkpoint of the same step if there is one. */
  async #rename(temporary: string, target: string): Promise<void> {
    const replaced = `${target}${REPLACED_SUFFIX}`;
    const exists = await rename(target, replaced).then(
      () => true,
      (cause: NodeJS.ErrnoException) => {
        if (cause.code === 'ENOENT') return false;
        throw cause;
      },
    );
    await rename(temporary, target);
    await syncFolder(this.#folder);
    if (exists) await rm(replaced, { recursive: true });
  }

  /** Clears what an interrupted save left behind. */
  async #removeLeftovers(): Promise<void> {
    const names = await readdir(this.#folder);
    for (const name of names) {
      const file = path.join(this.#folder, name);
      if (name.startsWith(TEMPORARY_PREFIX)) await removeFolder(file).catch(ignoreMissing);
      if (!name.endsWith(REPLACED_SUFFIX)) continue;
      const original = name.slice(0, -REPLACED_SUFFIX.length);
      if (names.includes(original)) await rm(file, { recursive: true });
      else await rename(file, path.join(this.#folder, original));
    }
  }

  /** Removes what the policy does not keep, now that a step was saved; and what the run has abandoned and has now come past. */
  async #prune(savedStep: number): Promise<void> {
    const entries = await this.list();
    const steps = entries.map(({ step }) => step).filter((step) => step >= savedStep || !this.#abandoned.has(step));
    const kept = retained(steps, savedStep, this.#retention);
    for (const { step, path: folder } of entries) if (!kept.get(step)?.length) await removeCheckpoint(folder);
  }

  /** What `latest` names; nothing of it is verified. @throws CheckpointError as `load`. */
  async latest(): Promise<CheckpointEntry> {
    const pointer = path.join(this.#folder, LATEST_FILE);
    const text = await readFile(pointer, 'utf8').catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return undefined;
      throw new CheckpointError('CHECKPOINT_NOT_FOUND', `${pointer}: cannot be read (${cause.message})`, { cause });
    });
    if (text === undefined) {
      // A crash between the very first checkpoint and its pointer.
      const newest = (await this.list()).at(-1);
      if (newest) return newest;
      throw new CheckpointError('CHECKPOINT_NOT_FOUND', `${this.#folder}: there is no checkpoint yet`);
    }
    const step = parseLatest(text);
    if (step === undefined) {
      const good = await this.#newestGoodBefore(Number.POSITIVE_INFINITY);
      const advice = good ? `; step ${good.step} is good: ${good.path}` : '';
      throw new CheckpointError(
        'CHECKPOINT_DAMAGED',
        `${pointer}: names no checkpoint but ${JSON.stringify(text.trim())}${advice}`,
      );
    }
    return this.#find(step);
  }

  async #find(step: number): Promise<CheckpointEntry> {
    const entries = await this.list();
    const found = entries.find((entry) => entry.step === step);
    if (found) return found;
    // A crash between the two renames of a replacement leaves the earlier checkpoint of this step.
    const target = path.join(this.#folder, stepFolder(step));
    const replaced = `${target}${REPLACED_SUFFIX}`;
    if (
      await readdir(replaced).then(
        () => true,
        () => false,
      )
    )
      return { step, path: replaced };
    const steps = entries.map((entry) => entry.step).join(', ') || 'none';
    throw new CheckpointError('CHECKPOINT_NOT_FOUND', `${target}: no such checkpoint; there are steps: ${steps}`);
  }

  async #newestGoodBefore(step: number): Promise<CheckpointEntry | undefined> {
    const older = (await this.list()).filter((entry) => entry.step < step).reverse();
    for (const entry of older) {
      const good = await openCheckpoint(entry).then(
        () => true,
        () => false,
      );
      if (good) return entry;
    }
    return undefined;
  }
}

/** Another process published or cleared it first. */
function ignoreMissing(cause: NodeJS.ErrnoException): void {
  if (cause.code !== 'ENOENT') throw cause;
}

/** Name of a checkpoint's folder. */
export function stepFolder(step: number): string {
  return `step-${String(step).padStart(8, '0')}`;
}

/** The step that the content of `latest` names, or undefined if it names none. */
export function parseLatest(text: string): number | undefined {
  const step = /^step-(\d+)$/.exec(text.trim())?.[1];
  return step === undefined ? undefined : Number(step);
}
