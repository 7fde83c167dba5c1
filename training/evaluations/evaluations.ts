/**
 * Evaluations of a training's checkpoints, one at a time beside it. Nothing here throws: what goes wrong becomes a record or a warning,
 * and the training goes on.
 */
import path from 'node:path';
import { messageOf } from '../../errors.ts';
import type { Metric } from '../../evals/result.ts';
import { filterJsonLines, JsonLinesWriter, readJsonLines } from '../run/json-lines.ts';
import type { TrainingEvent } from '../training-events.ts';
import { EVALUATIONS_FILE, type EvaluationRecord, type EvaluationsRecord } from './evaluation-records.ts';
import {
  type KeptCheckpoint,
  keepCheckpoint,
  keptCheckpoints,
  releaseAll,
  releaseCheckpoint,
} from './keep-checkpoint.ts';
import { LatestOnly } from './latest-only.ts';
import { type EvaluationConfig, watchedMetric, worseRecords } from './watch.ts';

export interface EvaluationRequest {
  readonly evaluation: EvaluationConfig;
  /** Folder of the checkpoint. */
  readonly checkpoint: string;
  /** Of the checkpoint. */
  readonly step: number;
  /** Folder of results. */
  readonly out: string;
  /** Ends it at once: its reason is {@link BUDGET_SPENT}, or the training stopped. */
  readonly signal: AbortSignal;
}

/** Why an evaluation is ended for good. */
export const BUDGET_SPENT = new Error('It took longer than its budget.');

export interface EvaluationsOptions {
  readonly run: EvaluationRunner;
  /** Writes the run's page anew, after each evaluation. */
  readonly writePage?: ((folder: string) => Promise<void>) | undefined;
}

/** Evaluates a checkpoint without getting into the way of this process. @throws whatever keeps it from figures */
export type EvaluationRunner = (request: EvaluationRequest) => Promise<readonly Metric[]>;

interface Due {
  readonly evaluation: EvaluationConfig;
  readonly step: number;
  readonly checkpoint: string;
}

export class Evaluations {
  readonly #configs: readonly EvaluationConfig[];
  readonly #folder: string;
  readonly #run: EvaluationRunner;
  readonly #records: EvaluationsRecord[];
  readonly #writer: JsonLinesWriter<EvaluationsRecord> | undefined;
  /** Step of the last checkpoint that each was due at. */
  readonly #last = new Map<string, number>();
  readonly #stop = new AbortController();
  #waiting: Due[] = [];
  #events: TrainingEvent[] = [];
  #working: Promise<void> | undefined;
  readonly #page: LatestOnly | undefined;
  #isAtEnd = false;
  #resumes = false;
  #hasUndone = false;
  #newest: { readonly step: number; readonly path: string } | undefined;

  /**
   * Takes up what a stop, or a crash, has left undone.
   * @param step from which the training goes on: records of later checkpoints are dropped
   */
  static async open(
    configs: readonly EvaluationConfig[],
    folder: string,
    step: number,
    options: EvaluationsOptions,
  ): Promise<Evaluations> {
    const file = path.join(folder, EVALUATIONS_FILE);
    const kept = await keptCheckpoints(folder);
    try {
      await filterJsonLines<EvaluationsRecord>(file, (record) => record.step <= step);
      const records = readJsonLines<EvaluationsRecord>(file);
      const writer = new JsonLinesWriter<EvaluationsRecord>(file, { patient: true });
      const evaluations = new Evaluations(configs, folder, step, options, records, writer);
      await evaluations.#takeUp(kept, step);
      return evaluations;
    } catch (error) {
      const evaluations = new Evaluations(configs, folder, step, options, [], undefined);
      await releaseAll(folder);
      evaluations.#warn(`Evaluations are not written down: ${messageOf(error)}`);
      return evaluations;
    }
  }

  private constructor(
    configs: readonly EvaluationConfig[],
    folder: string,
    step: number,
    { run, writePage }: EvaluationsOptions,
    records: EvaluationsRecord[],
    writer: JsonLinesWriter<EvaluationsRecord> | undefined,
  ) {
    this.#configs = configs;
    this.#folder = folder;
    this.#run = run;
    this.#records = records;
    this.#writer = writer;
    this.#page =
      writePage &&
      new LatestOnly(async () => {
        try {
          await writePage(folder);
        } catch (error) {
          this.#warn(`The run's page is not written yet: ${messageOf(error)}`);
        }
      });
    for (const { name } of configs) this.#last.set(name, step);
  }

  /** What has happened since somebody asked. */
  events(): TrainingEvent[] {
    return this.#events.splice(0);
  }

  /** Whether the training's stop has ended any, which wait to be taken up again. */
  get hasUndone(): boolean {
    return this.#hasUndone;
  }

  /** A checkpoint is there: those begin that are due. */
  published(step: number, checkpoint: string): void {
    if (this.#stop.signal.aborted) return;
    this.#newest = { step, path: checkpoint };
    for (const evaluation of this.#configs) {
      const last = this.#last.get(evaluation.name)!;
      const { everyIterations } = evaluation;
      if (Math.floor(step / everyIterations) > Math.floor(last / everyIterations))
        this.#add(evaluation, step, checkpoint);
    }
  }

  /** The training has come to its end: its last checkpoint is evaluated, and what still runs is waited for. */
  async finish(): Promise<void> {
    this.#isAtEnd = true;
    const { step, path: checkpoint } = this.#newest ?? {};
    if (!this.#stop.signal.aborted && step !== undefined && checkpoint !== undefined) {
      for (const evaluation of this.#configs) {
        if (this.#last.get(evaluation.name)! < step) this.#add(evaluation, step, checkpoint);
      }
    }
    await this.#working;
  }

  /**
   * Ends what runs, and notes what was waiting.
   * @param resumes whether somebody may take it up again: before the training's end that is always so
   */
  async stop({ resumes = false } = {}): Promise<void> {
    this.#resumes ||= resumes;
    const isFirst = !this.#stop.signal.aborted;
    this.#stop.abort();
    await this.#working;
    if (!isFirst) return;
    this.#writer?.close();
    if (!this.#keepsUndone) await releaseAll(this.#folder);
    await this.#page?.settled();
  }

  /** A newer checkpoint has the place of the older one: otherwise the first evaluation might keep the others waiting for ever. */
  #add(evaluation: EvaluationConfig, step: number, checkpoint: string): void {
    this.#last.set(evaluation.name, step);
    const due: Due = { evaluation, step, checkpoint: keepCheckpoint(checkpoint, evaluation.name) };
    const place = this.#waiting.findIndex(({ evaluation: { name } }) => name === evaluation.name);
    if (place < 0) this.#waiting.push(due);
    else {
      const [older] = this.#waiting.splice(place, 1, due);
      void releaseCheckpoint(older!.checkpoint);
      const reason = `it had not begun when the checkpoint of step ${step} was there`;
      this.#note(older!, 'skipped', performance.now(), reason);
    }
    this.#begin();
  }

  /** Of each evaluation the newest checkpoint that has come to no end; all others are given free. */
  async #takeUp(kept: readonly KeptCheckpoint[], from: number): Promise<void> {
    for (const evaluation of this.#configs) {
      const undone = kept.filter(
        ({ name, step }) => name === evaluation.name && step <= from && !this.#hasEnded(name, step),
      );
      const newest = undone.sort((one, other) => other.step - one.step)[0];
      if (newest) this.#waiting.push({ evaluation, step: newest.step, checkpoint: newest.path });
    }
    const taken = new Set(this.#waiting.map(({ checkpoint }) => checkpoint));
    for (const { path: folder } of kept) if (!taken.has(folder)) await releaseCheckpoint(folder);
    if (this.#waiting.length > 0) this.#begin();
  }

  #hasEnded(name: string, step: number): boolean {
    return this.#records.some(
      (record) =>
        record.kind === 'evaluation' && record.name === name && record.step === step && record.status !== 'stopped',
    );
  }

  get #keepsUndone(): boolean {
    return this.#resumes || !this.#isAtEnd;
  }

  #begin(): void {
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
    });
  }

  async #work(): Promise<void> {
    for (let due = this.#waiting.shift(); due; due = this.#waiting.shift()) {
      if (this.#stop.signal.aborted) this.#note(due, 'stopped', performance.now(), 'the training stopped');
      else await this.#evaluate(due);
      if (!this.#stop.signal.aborted || !this.#keepsUndone) await releaseCheckpoint(due.checkpoint);
    }
  }

  async #evaluate(due: Due): Promise<void> {
    const { evaluation, checkpoint, step } = due;
    const begin = performance.now();
    const budget = new AbortController();
    const timer = setTimeout(() => budget.abort(BUDGET_SPENT), 1000 * evaluation.budgetSeconds);
    try {
      const signal = AbortSignal.any([this.#stop.signal, budget.signal]);
      const metrics = await this.#run({ evaluation, checkpoint, step, out: this.#outOf(due), signal });
      this.#finished(due, begin, metrics);
    } catch (error) {
      if (this.#stop.signal.aborted) this.#note(due, 'stopped', begin, 'the training stopped');
      else if (budget.signal.aborted)
        this.#note(due, 'failed', begin, `it took longer than its budget of ${evaluation.budgetSeconds} s`);
      else this.#note(due, 'failed', begin, messageOf(error));
    } finally {
      clearTimeout(timer);
    }
  }

  #finished(due: Due, begin: number, metrics: readonly Metric[]): void {
    const { evaluation } = due;
    const earlier = [...this.#records];
    const record = this.#record(due, 'finished', begin, { metrics });
    for (const worse of worseRecords(evaluation, record, earlier)) this.#keep(worse);
    for (const watched of evaluation.watch) {
      if (watchedMetric(watched, metrics)) continue;
      const has = [...new Set(metrics.map(({ name }) => name))].join(', ');
      this.#warn(
        `${evaluation.name} has no figure ${watched.metric} of ${JSON.stringify(watched.of)} to watch; it has ${has}.`,
      );
    }
  }

  #note(due: Due, status: Exclude<EvaluationRecord['status'], 'finished'>, begin: number, reason: string): void {
    this.#record(due, status, begin, { reason });
  }

  #record(
    due: Due,
    status: EvaluationRecord['status'],
    begin: number,
    rest: Pick<EvaluationRecord, 'metrics' | 'reason'>,
  ): EvaluationRecord {
    const { name, protocol } = due.evaluation;
    this.#hasUndone ||= status === 'stopped';
    const record: EvaluationRecord = {
      ...{ kind: 'evaluation', name, protocol, step: due.step, status, ...rest, out: this.#outOf(due) },
      ...{ seconds: (performance.now() - begin) / 1000, time: new Date().toISOString() },
    };
    this.#keep(record);
    return record;
  }

  #keep(record: EvaluationsRecord): void {
    this.#records.push(record);
    this.#events.push(record);
    try {
      this.#writer?.append(record);
    } catch (error) {
      this.#warn(`An evaluation is not written down: ${messageOf(error)}`);
    }
    this.#page?.ask();
  }

  #warn(message: string): void {
    this.#events.push({ kind: 'warning', message });
  }

  #outOf({ evaluation, step }: Due): string {
    return path.join(this.#folder, 'evaluations', evaluation.name, `step-${String(step).padStart(8, '0')}`);
  }
}
