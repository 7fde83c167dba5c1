/**
 * The run folder: what a training run leaves behind, beside its checkpoints.
 *
 *     run.json        which run this is, on what machine, how it ended
 *     config.yaml     the resolved config
 *     metrics.jsonl   one record per step and per measurement, no step twice
 *     skipped.jsonl   images that could not be used, with the reason
 *     worlds.jsonl    several ranks only: which processes trained together, from and to which step
 *     evaluations.jsonl  what came of evaluations of checkpoints (evaluations/)
 *     vitals.json     how the training is at this moment (vitals.ts)
 *     run.lock        there while a process writes here
 */
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { describeMachine } from '../machine.ts';
import { filterJsonLines, JsonLinesWriter, readJsonLines } from './json-lines.ts';
import type { MetricsRecord, RunDescription, RunStatus, SkippedImage, WorldRecord } from './records.ts';
import { replaceRunFile } from './replace-run-file.ts';
import { RunError, runFileError } from './run-errors.ts';
import { lockRunFolder, type RunLock } from './run-lock.ts';

const FORMAT = 1;

export interface BeginRun {
  /** The resolved config: plain data, written to config.yaml. */
  readonly config: unknown;
  /** Program versions by name, written to run.json. */
  readonly versions: Readonly<Record<string, string>>;
  /** The step of the checkpoint from which the run goes on; later records are dropped. 0 for a new run. */
  readonly step: number;
  /** Images of the folder or topic, held-out ones included; Infinity where they have no end yet. */
  readonly numImages: number;
  /** Where the disk is full, records wait in memory instead of ending the run. @default false */
  readonly patient?: boolean;
}

/** The run folder of a config, absolute: the one that it names, or a new one. */
export function runFolderOf({ training }: { readonly training: { readonly out: string | null } }): string {
  return path.resolve(training.out ?? path.join('runs', new Date().toISOString().replace(/[:.]/g, '-')));
}

/**
 * Locks a folder for one run. A new run needs a folder without one (it is made if missing); a resume needs one with a
 * run in it. Read the checkpoint, then call `begin`.
 * @throws RunError RUN_EXISTS, RUN_NOT_FOUND, RUN_FOLDER_LOCKED, RUN_FORMAT_TOO_NEW, RUN_FILE_BROKEN,
 *   RUN_FOLDER_NOT_WRITABLE, DISK_FULL
 */
export function openRunFolder(folder: string, mode: 'new' | 'resume'): RunFolder {
  if (mode === 'resume' && !existsSync(path.join(folder, 'run.json'))) {
    throw new RunError('RUN_NOT_FOUND', `${folder} holds no run to resume; leave --resume out to start one there.`);
  }
  try {
    makeFolder(folder);
  } catch (error) {
    throw runFileError(error, folder);
  }
  const lock = lockRunFolder(folder);
  try {
    const earlier = readRun(folder);
    if (mode === 'new' && earlier) {
      throw new RunError(
        'RUN_EXISTS',
        `${folder} already holds a run, started ${earlier.startedAt}. Go on with it by --resume, or choose another ` +
          'folder with --out.',
      );
    }
    return new RunFolder(folder, lock, earlier);
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** mkdir with all folders above; Node's own `recursive` says ENOENT where a disk is read-only. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(path.dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another process may have been quicker.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

interface Writers {
  readonly metrics: JsonLinesWriter<MetricsRecord>;
  readonly skipped: JsonLinesWriter<SkippedImage>;
}

/** One process's hold on a run folder. */
export class RunFolder {
  readonly folder: string;
  readonly #lock: RunLock;
  readonly #earlier: RunDescription | undefined;
  #patient = false;
  #writers: Writers | undefined;
  #worlds: JsonLinesWriter<WorldRecord> | undefined;
  #run: RunDescription | undefined;

  /** Use {@link openRunFolder}. */
  constructor(folder: string, lock: RunLock, earlier: RunDescription | undefined) {
    this.folder = folder;
    this.#lock = lock;
    this.#earlier = earlier;
  }

  /** Writes run.json and config.yaml, and cuts the records back to `step`, so that what follows is recorded once. */
  async begin({ config, versions, step, numImages, patient = false }: BeginRun): Promise<void> {
    this.#patient = patient;
    await this.#cutBack(step);
    await replaceRunFile(this.#path('config.yaml'), stringify(config));
    await this.#describe({
      format: FORMAT,
      id: this.#earlier?.id ?? randomUUID(),
      status: 'running',
      startedAt: this.#earlier?.startedAt ?? new Date().toISOString(),
      resumedFrom: [...(this.#earlier?.resumedFrom ?? []), ...(this.#earlier ? [step] : [])],
      ...(Number.isFinite(numImages) && { numImages }),
      versions,
      machine: describeMachine(),
    });
    this.#openWriters();
  }

  /** Cuts the records back to `step`, because the run goes on from there. */
  async rewind(step: number): Promise<void> {
    const { metrics, skipped } = this.#open();
    const waitingRecords = metrics.waiting.filter((record) => record.step <= step);
    const waitingImages = skipped.waiting.filter((image) => image.step <= step);
    await this.#cutBack(step);
    this.#closeWriters();
    this.#openWriters();
    for (const record of waitingRecords) this.record(record);
    for (const image of waitingImages) this.skip(image);
  }

  async #cutBack(step: number): Promise<void> {
    const isAtOrBefore = (record: { step: number }) => record.step <= step;
    await filterJsonLines<MetricsRecord>(this.#path('metrics.jsonl'), isAtOrBefore);
    await filterJsonLines<SkippedImage>(this.#path('skipped.jsonl'), isAtOrBefore);
  }

  #openWriters(): void {
    const options = { patient: this.#patient };
    this.#writers = {
      metrics: new JsonLinesWriter(this.#path('metrics.jsonl'), options),
      skipped: new JsonLinesWriter(this.#path('skipped.jsonl'), options),
    };
  }

  #closeWriters(): void {
    this.#writers?.metrics.close();
    this.#writers?.skipped.close();
    this.#writers = undefined;
  }

  /** Drops a line that a kill has cut. @returns the number of the last world that began */
  async prepareWorlds(): Promise<number> {
    const file = this.#path('worlds.jsonl');
    await filterJsonLines<WorldRecord>(file, () => true);
    return readWorlds(this.folder).reduce((last, { world }) => Math.max(last, world), 0);
  }

  /** Notes down that a world of ranks began or ended. */
  world(record: WorldRecord): void {
    this.#worlds ??= new JsonLinesWriter(this.#path('worlds.jsonl'), { patient: this.#patient });
    this.#worlds.append(record);
  }

  /** How many records wait because the disk is full. */
  get waiting(): number {
    const { metrics, skipped } = this.#open();
    return metrics.waiting.length + skipped.waiting.length + (this.#worlds?.waiting.length ?? 0);
  }

  /** The images that this run could not use so far, those included that wait. */
  skippedSoFar(): SkippedImage[] {
    return [...readSkipped(this.folder), ...this.#open().skipped.waiting];
  }

  record(record: MetricsRecord) {
    this.#open().metrics.append(record);
  }

  skip(image: SkippedImage) {
    this.#open().skipped.append(image);
  }

  /** Brings all records to the disk; call it before a checkpoint is published, which must not know more than they do. */
  async sync() {
    const { metrics, skipped } = this.#open();
    await Promise.all([metrics.sync(), skipped.sync(), this.#worlds?.sync()]);
  }

  /** Writes how the run ended, and may be tried again where that fails. A `reason` says why it failed or stopped. */
  async end(status: Exclude<RunStatus, 'running'>, reason?: string): Promise<void> {
    if (this.#run) await this.#describe({ ...this.#run, status, reason, endedAt: new Date().toISOString() });
  }

  /** Writes how the run ended, unless that is written already, and gives the folder free. */
  async close(status: Exclude<RunStatus, 'running'>, reason?: string): Promise<void> {
    try {
      if (this.#run?.status === 'running') await this.end(status, reason);
    } finally {
      this.#closeWriters();
      this.#worlds?.close();
      this.#worlds = undefined;
      this.#run = undefined;
      this.#lock.release();
    }
  }

  async #describe(run: RunDescription): Promise<void> {
    await replaceRunFile(this.#path('run.json'), `${JSON.stringify(run, null, 2)}\n`);
    this.#run = run;
  }

  #open() {
    if (!this.#writers) throw new Error(`${this.folder} is not open for records: call begin() first.`);
    return this.#writers;
  }

  #path(file: string) {
    return path.join(this.folder, file);
  }
}

/** The records of a run in the order they were made; needs no lock. */
export function readMetrics(folder: string): MetricsRecord[] {
  return readJsonLines<MetricsRecord>(path.join(folder, 'metrics.jsonl'));
}

/** The worlds of a run on several ranks, in the order in which they began and ended; needs no lock. */
export function readWorlds(folder: string): WorldRecord[] {
  return readJsonLines<WorldRecord>(path.join(folder, 'worlds.jsonl'));
}

/** The images a run could not use, each once, with its place in the data order where a step drew it; needs no lock. */
export function readSkipped(folder: string): SkippedImage[] {
  const entries = readJsonLines<SkippedImage>(path.join(folder, 'skipped.jsonl'));
  return [...new Map(entries.map((entry) => [entry.image, entry])).values()];
}

/**
 * run.json, or undefined if there is none; needs no lock. Its status is `running` also after a kill -9.
 * @throws RunError RUN_FILE_BROKEN, RUN_FORMAT_TOO_NEW
 */
export function readRun(folder: string): RunDescription | undefined {
  const file = path.join(folder, 'run.json');
  if (!existsSync(file)) return undefined;
  const run = parseRun(readFileSync(file, 'utf8'), file);
  if (run.format > FORMAT) {
    throw new RunError(
      'RUN_FORMAT_TOO_NEW',
      `${folder} was written by a newer Auspex (format ${run.format}, this one knows ${FORMAT}). Update Auspex.`,
    );
  }
  return run;
}

function parseRun(text: string, file: string): RunDescription {
  try {
    const run = JSON.parse(text) as RunDescription;
    if (typeof run.format === 'number' && typeof run.id === 'string') return run;
  } catch {
    // The error below says what a person can do about either case.
  }
  throw new RunError('RUN_FILE_BROKEN', `${file} is not a run description. Restore it, or start in another folder.`);
}
