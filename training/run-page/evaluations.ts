/** Evaluations of checkpoints on the run page: a curve of what is watched, and what got worse or failed. */
import { isDeepStrictEqual } from 'node:util';
import { isShare } from '../../evals/report/benchmark-rows.ts';
import type { Metric } from '../../evals/result.ts';
import {
  type EvaluationRecord,
  type EvaluationsRecord,
  type WorseRecord,
  worseText,
} from '../evaluations/evaluation-records.ts';
import type { EvaluationConfig } from '../evaluations/watch.ts';
import { watchedMetric } from '../evaluations/watch.ts';
import type { Chart, Interval } from './charts.ts';
import { formatCount, formatDuration } from './format.ts';
import { type Html, html } from './html.ts';

/** Of each watched figure, or of the first where none is. */
export function evaluationCharts(configs: readonly EvaluationConfig[], records: readonly EvaluationsRecord[]): Chart[] {
  return configs.flatMap((config) => {
    const done = records.filter(
      (record): record is EvaluationRecord =>
        record.kind === 'evaluation' && record.name === config.name && isDone(record),
    );
    const first = done[0]?.metrics?.[0];
    if (!first) return [];
    const watched = config.watch.map((each) => ({
      ...each,
      caption: `Watched: ${each.better} is better, within ${each.bound} of the best.`,
    }));
    const shown =
      watched.length > 0
        ? watched
        : [{ metric: first.name, of: first.of ?? {}, caption: 'The first figure of its result.' }];
    return shown.flatMap(({ metric, of, caption }) => {
      const found = done.map(({ metrics = [] }) => watchedMetric({ metric, of }, metrics));
      const known = found.find((each): each is Metric => each !== undefined);
      if (!known) return [];
      const what = Object.values(of).join(', ');
      return [
        {
          title: `${config.name}: ${metric}${what === '' ? '' : ` (${what})`}`,
          caption: `${config.protocol} on checkpoints. ${caption}`,
          steps: done.map(({ step }) => step),
          line: found.map((each) => each?.value ?? null),
          interval: intervalOf(found),
          worse: records.flatMap((record) =>
            record.kind === 'worse' && record.name === config.name && isOf(record, metric, of) ? [record.step] : [],
          ),
          marks: true,
          share: isShare(known),
        },
      ];
    });
  });
}

/** Missing where no figure has one that is wider than the figure itself. */
function intervalOf(found: readonly (Metric | undefined)[]): Interval | undefined {
  if (!found.some((each) => each && each.low < each.high)) return undefined;
  return { low: found.map((each) => each?.low ?? null), high: found.map((each) => each?.high ?? null) };
}

const isOf = (record: WorseRecord, metric: string, of: WorseRecord['of']) =>
  record.metric === metric && isDeepStrictEqual(record.of, of);

const isDone = ({ status }: EvaluationRecord) => status === 'finished';

/** Undefined where there was none. */
export function renderEvaluations(records: readonly EvaluationsRecord[]): Html | undefined {
  if (records.length === 0) return undefined;
  const worse = records.filter((record) => record.kind === 'worse');
  const evaluations = records.filter((record) => record.kind === 'evaluation');
  return html`${
    worse.length === 0
      ? undefined
      : html`<ul class="worse">${worse.map((record) => html`<li><b>Worse:</b> ${worseText(record)}.</li>`)}</ul>`
  }
  <details><summary>All evaluations <span class="muted">${formatCount(evaluations.length)}</span></summary><div><table>
    <thead><tr><th scope="col">Evaluation</th><th scope="col" class="number">Step</th><th scope="col">Came to</th><th scope="col" class="number">Took</th></tr></thead>
    <tbody>${evaluations.map(
      ({ name, step, status, reason, seconds }) => html`
      <tr><th scope="row">${name}</th><td class="number">${formatCount(step)}</td><td>${status}${reason === undefined ? undefined : `: ${reason}`}</td><td class="number">${formatDuration(seconds)}</td></tr>`,
    )}</tbody></table></div></details>`;
}
