/** What the page of one job shows: its state, the run in its folder, and what its process printed. */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import { topicAddressOf } from '../../../data/topics/topic-address.ts';
import { EVALUATIONS_FILE } from '../../../training/evaluations/evaluation-records.ts';
import type { MetricsRecord, WorldRecord } from '../../../training/run/records.ts';
import { VITALS_FILE, type Vitals } from '../../../training/run/vitals.ts';
import { describeWorse } from '../../jobs/events.ts';
import type { JobBoard } from '../../jobs/job-board.ts';
import type { Source, Update } from '../channel.ts';
import { CheckpointEvaluations } from './checkpoint-evaluations.ts';
import { Curves } from './curves.ts';
import { FileTail, parseObject } from './file-tail.ts';
import { newest } from './jobs.ts';
import { LogTail } from './log-tail.ts';
import type { Lag, TopicLag } from './topic-lag.ts';

/** Milliseconds between looks at the folder. */
const LOOK_EVERY = 1000;
/** Looks between two at the topic that a training reads. */
const LAG_EVERY = 5;
const MOST_WORLDS = 20;
const MOST_CHILDREN = 40;

export interface RunPlaces {
  readonly id: string;
  /** Of the job's results. */
  readonly folder: string;
}

export class RunSource implements Source {
  readonly #board: JobBoard;
  readonly #lag: TopicLag;
  readonly #id: string;
  readonly #files: Readonly<Record<'run' | 'config' | 'vitals', WatchedFile>>;
  readonly #metrics: FileTail;
  readonly #worlds: FileTail;
  readonly #evaluationsFile: FileTail;
  readonly #evaluations = new CheckpointEvaluations();
  readonly #log: LogTail;
  #curves = new Curves();
  #worldRecords: WorldRecord[] = [];
  #lagOfData: Lag | undefined;
  #looks = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  #unsubscribe: () => void = () => undefined;
  #problem: string | undefined;

  constructor(board: JobBoard, lag: TopicLag, { id, folder }: RunPlaces) {
    const file = (name: string) => path.join(folder, name);
    this.#board = board;
    this.#lag = lag;
    this.#id = id;
    this.#files = {
      run: new WatchedFile(file('run.json'), (text) => JSON.parse(text)),
      config: new WatchedFile(file('config.yaml'), parse),
      vitals: new WatchedFile(file(VITALS_FILE), (text) => JSON.parse(text)),
    };
    this.#metrics = new FileTail(file('metrics.jsonl'));
    this.#worlds = new FileTail(file('worlds.jsonl'));
    this.#evaluationsFile = new FileTail(file(EVALUATIONS_FILE));
    this.#log = new LogTail(file('log.jsonl'));
  }

  async open(publish: (update: Update) => void): Promise<void> {
    await this.#look(() => undefined);
    if (this.#closed) return;
    this.#curves.takeFresh();
    this.#unsubscribe = this.#board.subscribe((event) => {
      if (event.job === this.#id) publish(this.#job());
      // Progress of those that it has asked for stands on their own pages.
      if (this.#board.get(event.job)?.parent === this.#id && event.kind !== 'progress') publish(this.#children());
    });
    const again = async () => {
      await this.#look(publish);
      if (!this.#closed) this.#timer = setTimeout(() => void again(), LOOK_EVERY);
    };
    this.#timer = setTimeout(() => void again(), LOOK_EVERY);
  }

  snapshot(): readonly Update[] {
    return [
      ...[this.#run(), this.#vitals(), this.#worldsUpdate(), this.#lagUpdate()],
      { event: 'curves', data: { ...this.#curves.all(), latest: this.#curves.latest ?? null } },
      ...[this.#evaluationsUpdate(), this.#children()],
      { event: 'log', data: { lines: this.#log.lines, reset: true } },
      this.#job(),
    ];
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#unsubscribe();
  }

  /** Nothing here may end the server: what cannot be read is told. */
  async #look(publish: (update: Update) => void): Promise<void> {
    try {
      await this.#lookAtFiles(publish);
      this.#problem = undefined;
    } catch (error) {
      const problem = `The folder of results cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'UNKNOWN'}`;
      if (problem !== this.#problem) publish({ event: 'problem', data: { message: problem } });
      this.#problem = problem;
    }
  }

  async #lookAtFiles(publish: (update: Update) => void): Promise<void> {
    const { run, config, vitals } = this.#files;
    const isNewRun = (await Promise.all([run.look(), config.look()])).includes(true);
    if (isNewRun) {
      this.#evaluations.setConfig(config.value);
      publish(this.#run());
    }
    if (await vitals.look()) publish(this.#vitals());
    await this.#lookAtMetrics(publish);
    const worldsChanged = await this.#worlds.read(
      (lines) => {
        this.#worldRecords = [...this.#worldRecords, ...(lines.map(parseObject) as unknown as WorldRecord[])]
          .filter((world) => world !== undefined)
          .slice(-MOST_WORLDS);
      },
      () => {
        this.#worldRecords = [];
      },
    );
    if (worldsChanged) publish(this.#worldsUpdate());
    const evaluationsChanged = await this.#evaluationsFile.read(
      (lines) => this.#evaluations.add(lines),
      () => this.#evaluations.clear(),
    );
    if (evaluationsChanged || isNewRun) publish(this.#evaluationsUpdate());
    const lines = await this.#log.read();
    if (lines.length > 0) publish({ event: 'log', data: { lines, reset: false } });
    if (this.#looks++ % LAG_EVERY === 0) await this.#lookAtLag(publish);
  }

  async #lookAtMetrics(publish: (update: Update) => void): Promise<void> {
    let isReset = false;
    const changed = await this.#metrics.read(
      (lines) => {
        for (const line of lines) {
          const record = parseObject(line) as unknown as MetricsRecord | undefined;
          if (record?.kind === 'step' || record?.kind === 'quality') this.#curves.add(record);
        }
      },
      () => {
        this.#curves = new Curves();
        isReset = true;
      },
    );
    if (!changed) return;
    const fresh = this.#curves.takeFresh();
    const latest = this.#curves.latest ?? null;
    if (isReset || fresh === 'thinned') publish({ event: 'curves', data: { ...this.#curves.all(), latest } });
    else publish({ event: 'points', data: { ...fresh, latest } });
  }

  async #lookAtLag(publish: (update: Update) => void): Promise<void> {
    const config = this.#files.config.value as { data?: { path?: string } } | undefined;
    const address = topicAddressOf(config?.data?.path ?? '');
    if (!address) return;
    const vitals = this.#files.vitals.value as Vitals | undefined;
    const places = new Map(vitals?.reading?.map(({ partition, offset }) => [partition, offset]));
    const before = JSON.stringify(this.#lagOfData);
    this.#lagOfData = await this.#lag.of(address.topic, places);
    if (JSON.stringify(this.#lagOfData) !== before) publish(this.#lagUpdate());
  }

  #job(): Update {
    const events = this.#board
      .eventsOf(this.#id)
      .filter(({ kind }) => kind !== 'progress')
      .map((event) => (event.kind === 'worse' ? { ...event, text: describeWorse(event) } : event));
    return { event: 'job', data: { job: this.#board.get(this.#id) ?? null, events } };
  }

  #run(): Update {
    return { event: 'run', data: { run: this.#files.run.value ?? null, config: settingsOf(this.#files.config.value) } };
  }

  #vitals(): Update {
    return { event: 'vitals', data: this.#files.vitals.value ?? null };
  }

  #worldsUpdate(): Update {
    return { event: 'worlds', data: { worlds: this.#worldRecords } };
  }

  #evaluationsUpdate(): Update {
    return { event: 'evaluations', data: this.#evaluations.all() };
  }

  /** The jobs that it has asked for. */
  #children(): Update {
    const jobs = this.#board.states().filter(({ parent }) => parent === this.#id);
    return { event: 'children', data: { jobs: newest(jobs, MOST_CHILDREN) } };
  }

  #lagUpdate(): Update {
    return { event: 'lag', data: this.#lagOfData ?? null };
  }
}

const settings = z.object({
  model: z.object({ architecture: z.unknown(), prototypes: z.number() }),
  training: z.object({ batchSize: z.number() }),
  optimizer: z.object({ larc: z.boolean() }),
  data: z.object({ path: z.string().nullish() }),
});

/** What the page needs of the config, and no more: the rest may name places that concern nobody. */
function settingsOf(config: unknown) {
  const { data: found } = settings.safeParse(config);
  if (!found) return null;
  const { model, training, optimizer, data } = found;
  const architecture = typeof model.architecture === 'string' ? model.architecture : 'custom';
  return { architecture, prototypes: model.prototypes, ...training, ...optimizer, data: data.path ?? null };
}

/** A file that is replaced as a whole, read when it was. */
class WatchedFile {
  readonly #file: string;
  readonly #parse: (text: string) => unknown;
  #identity = '';
  value: unknown;

  constructor(file: string, parseText: (text: string) => unknown) {
    this.#file = file;
    this.#parse = parseText;
  }

  /** @returns whether it is another one than before */
  async look(): Promise<boolean> {
    const found = await stat(this.#file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    const identity = found ? `${found.ino}:${found.mtimeMs}:${found.size}` : '';
    if (identity === this.#identity) return false;
    this.value = found ? this.#parse(await readFile(this.#file, 'utf8')) : undefined;
    this.#identity = identity;
    return true;
  }
}
