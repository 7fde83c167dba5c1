/** What an evaluation has found, for people. */
import type { EvaluationResult, GroupSizes, Metric } from '../../../evals/result.ts';
import { shortCount, table } from '../output.ts';

export function evaluationText(result: EvaluationResult, out: string): string {
  const { protocol, checkpoint, data, metrics } = result;
  const images = Object.entries(data.images).map(([split, count]) => `${count} ${split}`);
  const weights = checkpoint.untrained ? 'untrained' : `step ${checkpoint.step}`;
  const keys = [...new Set(metrics.flatMap(({ of = {} }) => Object.keys(of)))];
  const rows = metrics.map((metric) => [
    metric.name,
    ...keys.map((key) => metric.of?.[key] ?? ''),
    percent(metric.value),
    `${percent(metric.low)} to ${percent(metric.high)}`,
    `${metric.count}`,
  ]);
  return [
    `${protocol} (${result.source})`,
    `${checkpoint.path}, ${weights}, ${shortCount(checkpoint.parameters)} parameters`,
    [data.name, ...(data.classes > 0 ? [`${data.classes} classes`] : []), `images: ${images.join(', ')}`].join(', '),
    '',
    table([['metric', ...keys, 'value', '95 % interval', 'count'], ...rows]),
    ...(result.groups ?? []).flatMap(leftOut),
    '',
    `${result.seconds.toFixed(1)} s: ${out}/result.json`,
  ].join('\n');
}

/** What no figure says: images that are in no group, or were not judged, and groups that are too small. */
function leftOut({ attribute, groups, unlabelled, unit, minimum, minimumUnits }: GroupSizes): string[] {
  const few = groups
    .filter(({ status }) => status === 'too few')
    .map(({ group, images, units }) => `${group} (${images} images, ${units} ${unit}${units === 1 ? '' : 's'})`);
  const unjudged = groups
    .filter(({ unjudged }) => unjudged > 0)
    .map(({ group, unjudged }) => `${unjudged} of ${group}`);
  const lines = [
    unlabelled > 0 && `${unlabelled} images have no label`,
    unjudged.length > 0 && `images without a right answer: ${unjudged.join(', ')}`,
    few.length > 0 && `not compared, for fewer than ${minimum} images or ${minimumUnits} ${unit}s: ${few.join(', ')}`,
  ];
  return lines.filter((line) => line !== false).map((line) => `${attribute}: ${line}`);
}

/** The figure that stands for a result. */
export function headline([first]: readonly Metric[]): string {
  if (!first) return 'nothing was measured';
  const of = Object.entries(first.of ?? {}).map(([key, value]) => `, ${key} ${value}`);
  return `${first.name} ${percent(first.value)} (${percent(first.low)} to ${percent(first.high)})${of.join('')}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
