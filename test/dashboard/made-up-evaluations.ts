/** Records of evaluations as a training writes them, with figures that nobody has measured. */
import { appendFileSync } from 'node:fs';
import path from 'node:path';
import {
  EVALUATIONS_FILE,
  type EvaluationRecord,
  type EvaluationsRecord,
  type WorseRecord,
} from '../../training/evaluations/evaluation-records.ts';

/** As the configuration of a job has them. */
export const EVALUATIONS = [
  {
    ...{ name: 'digits', protocol: 'knn', set: { k: [3], size: 32 }, everyIterations: 100_000 },
    watch: [{ metric: 'top1', better: 'higher', bound: 0.1 }],
  },
  {
    ...{ name: 'faces', protocol: 'knn', set: { k: [3], size: 32 }, everyIterations: 100_000 },
    watch: [{ metric: 'P@1 difference', of: { attribute: 'gender' }, better: 'lower', bound: 0.03 }],
  },
];

const time = (step: number) => new Date(Date.now() - 60_000 + step * 10).toISOString();

export function digits(step: number, value: number): EvaluationRecord {
  return evaluation('digits', step, { name: 'top1', value, low: value - 0.06, high: value + 0.05, count: 400 });
}

export function faces(step: number, value: number): EvaluationRecord {
  const of = { attribute: 'gender', highest: 'male', lowest: 'female' };
  return evaluation('faces', step, {
    ...{ name: 'P@1 difference', value, low: value - 0.02, high: value + 0.025, count: 900, of },
  });
}

function evaluation(
  name: string,
  step: number,
  metric: NonNullable<EvaluationRecord['metrics']>[number],
): EvaluationRecord {
  const result = { out: '/results', seconds: 41, time: time(step) };
  return { kind: 'evaluation', name, protocol: 'knn', step, status: 'finished', metrics: [metric], ...result };
}

export const FAILED: EvaluationRecord = {
  ...{ kind: 'evaluation', name: 'faces', protocol: 'knn', step: 500, status: 'failed' },
  reason: 'it took longer than its budget of 1800 s',
  ...{ out: '/results', seconds: 1800, time: time(500) },
};

export const WORSE: WorseRecord = {
  ...{ kind: 'worse', name: 'faces', step: 400, metric: 'P@1 difference', of: { attribute: 'gender' }, value: 0.11 },
  ...{ best: { step: 200, value: 0.05 }, bound: 0.03, time: time(400) },
};

/** What a training would have found so far. */
export const FOUND: readonly EvaluationsRecord[] = [
  ...[digits(100, 0.32), faces(100, 0.08), digits(200, 0.47), faces(200, 0.05), digits(300, 0.55), faces(300, 0.06)],
];

/** What it finds next. */
export const NEXT: readonly EvaluationsRecord[] = [digits(400, 0.61), faces(400, 0.11), WORSE, FAILED];

export function appendRecords(run: string, records: readonly EvaluationsRecord[]): void {
  appendFileSync(path.join(run, EVALUATIONS_FILE), records.map((record) => `${JSON.stringify(record)}\n`).join(''));
}
