/**
 * Evaluations of a training's checkpoints, one at a time beside it. Nothing here throws: what goes wrong becomes a record or a warning,
 * and the training goes on.
 */
import path from 'node:path';
import { messageOf } from '../../errors.ts';
import type { Metric } from '../../evals/result.ts';
import { filterJsonLines, JsonLinesWriter, readJsonLines } from '../json-lines.ts';
import type { TrainingEvent } from '../training-events.ts';
import { EVALUATIONS_FILE, type EvaluationRecord, type EvaluationsRecord } from './evaluation-records.ts';
import { keepCheckpoint, releaseAll, releaseCheckpoint } from './keep-checkpoint.ts';
import { type EvaluationConfig, watchedMetric, worseRecords } from './watch.ts';

export interface EvaluationRequest {
  readonly evaluation: EvaluationConfig;
  /** Folder of the checkpoint. */
  readonly checkpoint: string;
  /** Folder of results. */
  readonly out: string;
  /** Ends it at once: the budget is spent, or the training stopped. */
  readonly signal: AbortSignal;
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
  #newest: { readonly step: number; readonly path: string } | undefined;

  /** @param step from which the training goes on: records of later checkpoints are dropped */
  static async open(
    configs: readonly EvaluationConfig[],
    folder: string,
    step: number,
    run: EvaluationRunner,
  ): Promise<Evaluations> {
    const file = path.join(folder, EVALUATIONS_FILE);
    await releaseAll(folder);
    try {
      await filterJsonLines<EvaluationsRecord>(file, (record) => record.step <= step);
      const records = readJsonLines<EvaluationsRecord>(file);
      return new Evaluations(configs, folder, step, run, records, new JsonLinesWriter(file, { patient: true }));
    } catch (error) {
      const evaluations = new Evaluations(configs, folder, step, run, [], undefined);
      evaluations.#warn(`Evaluations are not written down: ${messageOf(error)}`);
      return evaluations;
    }
  }

  private constructor(
    configs: readonly EvaluationConfig[],
    folder: string,
    step: number,
    run: EvaluationRunner,
    records: EvaluationsRecord[],
    writer: JsonLinesWriter<EvaluationsRecord> | undefined,
  ) {
    this.#configs = configs;
    this.#folder = folder;
    this.#run = run;
    this.#records = records;
    this.#writer = writer;
    for (const { name } of configs) this.#last.set(name, step);
  }

  /** What has happened since somebody asked. */
  events(): TrainingEvent[] {
    return this.#events.splice(0);
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
    const { step, path: checkpoint } = this.#newest ?? {};
    if (!this.#stop.signal.aborted && step !== undefined && checkpoint !== undefined) {
      for (const evaluation of this.#configs) {
        if (this.#last.get(evaluation.name)! < step) this.#add(evaluation, step, checkpoint);
      }
    }
    await this.#working;
  }

  /** Ends what runs, and notes what was waiting. */
  async stop(): Promise<void> {
    const isFirst = !this.#stop.signal.aborted;
    this.#stop.abort();
    await this.#working;
    if (!isFirst) return;
    this.#writer?.close();
    await releaseAll(this.#folder);
  }

  #add(evaluation: EvaluationConfig, step: number, checkpoint: string): void {
    this.#last.set(evaluation.name, step);
    const older = this.#waiting.find((due) => due.evaluation.name === evaluation.name);
    if (older) {
      this.#waiting = this.#waiting.filter((due) => due !== older);
      void releaseCheckpoint(older.checkpoint);
      this.#note(older, 'skipped', performance.now(), `it had not begun when the checkpoint of step ${step} was there`);
    }
    this.#waiting.push({ evaluation, step, checkpoint: keepCheckpoint(checkpoint, evaluation.name) });
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
    });
  }

  async #work(): Promise<void> {
    for (let due = this.#waiting.shift(); due; due = this.#waiting.shift()) {
      if (this.#stop.signal.aborted) this.#note(due, 'stopped', performance.now(), 'the training stopped');
      else await this.#evaluate(due);
      await releaseCheckpoint(due.checkpoint);
    }
  }

  async #evaluate(due: Due): Promise<void> {
    const { evaluation, checkpoint } = due;
    const begin = performance.now();
    const budget = new AbortController();
    const timer = setTimeout(() => budget.abort(), 1000 * evaluation.budgetSeconds);
    try {
      const signal = AbortSignal.any([this.#stop.signal, budget.signal]);
      const metrics = await this.#run({ evaluation, checkpoint, out: this.#outOf(due), signal });
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
  }

  #warn(message: string): void {
    this.#events.push({ kind: 'warning', message });
  }

  #outOf({ evaluation, step }: Due): string {
    return path.join(this.#folder, 'evaluations', evaluation.name, `step-${String(step).padStart(8, '0')}`);
  }
}
