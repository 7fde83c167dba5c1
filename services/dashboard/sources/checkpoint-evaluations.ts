/** Evaluations of a run's checkpoints: a curve of each figure that is watched, and what came of them, from the records in its folder. */
import * as z from 'zod';
import type { ResolvedConfig } from '../../../training/config/config.ts';
import { type EvaluationsRecord, worseFigure, worseText } from '../../../training/evaluations/evaluation-records.ts';
import { evaluationSchema } from '../../../training/evaluations/evaluation-schema.ts';
import { watchedMetric } from '../../../training/evaluations/watch.ts';
import type { Chart } from '../../../training/run-page/charts.ts';
import { evaluationCharts } from '../../../training/run-page/evaluations.ts';
import { parseObject } from './file-tail.ts';

/** Records that are kept: an evaluation takes minutes, and a run has far fewer. */
const MOST_RECORDS = 2000;
/** Records that a page is told in words; the newest ones. */
const MOST_TOLD = 40;
const LONGEST_REASON = 2000;

type EvaluationConfig = ResolvedConfig['evaluations'][number];

export interface CheckpointEvaluation {
  readonly kind: 'evaluation' | 'worse';
  readonly name: string;
  readonly step: number;
  readonly time: string;
  /** "finished: top1 0.61", "failed: …"; of what got worse a sentence. */
  readonly text: string;
}

const evaluation = z.object({
  kind: z.literal('evaluation'),
  name: z.string(),
  protocol: z.string(),
  step: z.number(),
  status: z.enum(['finished', 'failed', 'skipped', 'stopped']),
  reason: z.string().optional(),
  metrics: z
    .array(
      z.object({
        ...{ name: z.string(), value: z.number(), low: z.number(), high: z.number(), count: z.number() },
        of: z.record(z.string(), z.string()).optional(),
      }),
    )
    .optional(),
  out: z.string(),
  seconds: z.number(),
  time: z.string(),
});
const worse = z.object({
  kind: z.literal('worse'),
  ...worseFigure.shape,
  time: z.string(),
});
const record = z.discriminatedUnion('kind', [evaluation, worse]);
const configs = z.object({ evaluations: z.array(evaluationSchema) });

export class CheckpointEvaluations {
  #configs: readonly EvaluationConfig[] = [];
  #records: EvaluationsRecord[] = [];

  /** @param config of the run; what is none has no evaluations */
  setConfig(config: unknown): void {
    this.#configs = configs.safeParse(config).data?.evaluations ?? [];
  }

  /** Lines that are no records say nothing. */
  add(lines: readonly string[]): void {
    const found = lines.flatMap((line) => {
      const { data } = record.safeParse(parseObject(line));
      return data ? [this.#slim(data)] : [];
    });
    this.#records = [...this.#records, ...found].slice(-MOST_RECORDS);
  }

  clear(): void {
    this.#records = [];
  }

  /** All that a page is given. */
  all(): { readonly charts: readonly Chart[]; readonly told: readonly CheckpointEvaluation[]; readonly worse: number } {
    return {
      charts: evaluationCharts(this.#configs, this.#records),
      told: this.#records.slice(-MOST_TOLD).map(told),
      worse: this.#records.filter(({ kind }) => kind === 'worse').length,
    };
  }

  /** Of a result's many figures only those that are drawn. */
  #slim(found: EvaluationsRecord): EvaluationsRecord {
    if (found.kind === 'worse' || found.metrics === undefined) return found;
    const { metrics } = found;
    const watch = this.#configs.find(({ name }) => name === found.name)?.watch ?? [];
    const shown = watch.length === 0 ? metrics.slice(0, 1) : watch.map((each) => watchedMetric(each, metrics));
    return { ...found, metrics: [...new Set(shown)].filter((metric) => metric !== undefined) };
  }
}

function told(found: EvaluationsRecord): CheckpointEvaluation {
  const { kind, name, step, time } = found;
  if (found.kind === 'worse') return { kind, name, step, time, text: worseText(found) };
  const [figure] = found.metrics ?? [];
  const what = found.reason ?? (figure && `${figure.name} ${Number(figure.value.toPrecision(3))}`);
  const text = what === undefined ? found.status : `${found.status}: ${what}`;
  return { kind, name, step, time, text: text.slice(0, LONGEST_REASON) };
}
