/** Whether a figure has become worse than its bound allows. */
import type { Metric } from '../../evals/result.ts';
import type { ResolvedConfig } from '../config/config.ts';
import type { EvaluationRecord, EvaluationsRecord, WorseRecord } from './evaluation-records.ts';

export type EvaluationConfig = ResolvedConfig['evaluations'][number];
export type Watched = EvaluationConfig['watch'][number];

/** The first figure that is called so and is of that. */
export function watchedMetric(
  { metric, of }: Pick<Watched, 'metric' | 'of'>,
  metrics: readonly Metric[],
): Metric | undefined {
  return metrics.find(
    (each) => each.name === metric && Object.entries(of).every(([key, value]) => each.of?.[key] === value),
  );
}

/** @param earlier records of all evaluations */
export function worseRecords(
  { watch }: EvaluationConfig,
  { name, step, metrics = [], time }: EvaluationRecord,
  earlier: readonly EvaluationsRecord[],
): WorseRecord[] {
  return watch.flatMap((watched) => {
    const now = watchedMetric(watched, metrics);
    const best = bestBefore(watched, name, step, earlier);
    if (!now || !best) return [];
    const { metric, of, bound, better } = watched;
    const loss = better === 'higher' ? best.value - now.value : now.value - best.value;
    return loss > bound
      ? [{ kind: 'worse' as const, name, step, metric, of, value: now.value, best, bound, time }]
      : [];
  });
}

function bestBefore(
  watched: Watched,
  name: string,
  step: number,
  earlier: readonly EvaluationsRecord[],
): WorseRecord['best'] | undefined {
  let best: WorseRecord['best'] | undefined;
  for (const record of earlier) {
    if (record.kind !== 'evaluation' || record.name !== name || record.step >= step) continue;
    const found = watchedMetric(watched, record.metrics ?? []);
    if (!found) continue;
    const { value } = found;
    const isBetter = best === undefined || (watched.better === 'higher' ? value > best.value : value < best.value);
    if (isBetter) best = { step: record.step, value };
  }
  return best;
}
