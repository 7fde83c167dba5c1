/** What a training knows of evaluations of its checkpoints: one JSON object per line of evaluations.jsonl. */
import path from 'node:path';
import * as z from 'zod';
import type { Metric } from '../../evals/result.ts';
import { readJsonLines } from '../run/json-lines.ts';

/** In the run folder. */
export const EVALUATIONS_FILE = 'evaluations.jsonl';

/** An evaluation that has come to an end, whichever. */
export interface EvaluationRecord {
  readonly kind: 'evaluation';
  /** As the configuration calls it. */
  readonly name: string;
  readonly protocol: string;
  /** Of the checkpoint. */
  readonly step: number;
  /** `skipped`: it had not begun when a newer checkpoint was there; `stopped`: the training ended before it did. */
  readonly status: 'finished' | 'failed' | 'skipped' | 'stopped';
  /** Why it has no figures. */
  readonly reason?: string;
  readonly metrics?: readonly Metric[];
  /** Folder of its result. */
  readonly out: string;
  readonly seconds: number;
  readonly time: string;
}

/** A watched figure is worse than the best before it by more than its bound. */
export interface WorseRecord extends Readonly<z.infer<typeof worseFigure>> {
  readonly kind: 'worse';
  readonly time: string;
}

/** What is said of it, wherever that is told. */
export const worseFigure = z.object({
  name: z.string(),
  step: z.number(),
  metric: z.string(),
  of: z.record(z.string(), z.string()),
  value: z.number(),
  best: z.object({ step: z.number(), value: z.number() }),
  bound: z.number(),
});

export type EvaluationsRecord = EvaluationRecord | WorseRecord;

/** "faces: P@1 difference of attribute gender is 0.31 at step 4000, and was 0.24 at step 2000; more than 0.05 worse". */
export function worseText({ name, metric, of, value, step, best, bound }: Omit<WorseRecord, 'kind' | 'time'>): string {
  const what = Object.entries(of)
    .map(([key, each]) => `${key} ${each}`)
    .join(', ');
  const number = (each: number) => Number(each.toPrecision(3));
  return `${name}: ${metric}${what === '' ? '' : ` of ${what}`} is ${number(value)} at step ${step}, and was ${number(best.value)} at step ${best.step}; that is more than ${bound} worse`;
}

/** Of a run, in the order in which they ended; needs no lock. */
export function readEvaluations(folder: string): EvaluationsRecord[] {
  return readJsonLines<EvaluationsRecord>(path.join(folder, EVALUATIONS_FILE));
}
