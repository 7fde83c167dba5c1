/** A model card as Markdown. */
import { stringify } from 'yaml';
import { optionText } from '../../evals/report/benchmarks.ts';
import type { CardFairness, ModelCard, TrainingFacts } from '../../evals/report/model-card.ts';
import { formatCount, formatNumber, formatTime } from '../../training/run-page/format.ts';
import { cellText } from './fairness-markdown.ts';
import { measureTitle, verdictText } from './fairness-text.ts';
import { figureText } from './markdown.ts';
import { list, plain, table } from './markdown-text.ts';

export function renderModelCard(card: ModelCard): string {
  const { model, time, training, evaluations, fairness, comparisons, limits, caution, reading, toBeWritten } = card;
  const blocks = [
    `# Model card: ${plain(model.label)}`,
    `Filled from ${formatCount(evaluations.length)} results, the newest of ${formatTime(time)}. What only its makers can say is asked for at the end.`,
    '## The model',
    list([
      `Architecture: ${model.architecture}, ${formatCount(model.parameters)} parameters of the trunk`,
      `Checkpoint: ${model.path}, step ${formatCount(model.step)}${model.untrained ? ', first weights in place of its own' : ''}`,
      `Digest: ${model.digest}`,
    ]),
    '## Its training',
    ...('unknown' in training ? [`Not known here: ${plain(training.unknown)}.`] : trainingText(training)),
    '## Results',
    table(
      ['Benchmark', 'Measure', 'Figure, 95 % interval, of how many', 'In the paper'],
      evaluations.flatMap(({ name, protocol, figures, place }) =>
        figures.map(({ metric, of, unit, figure }) => [
          `${protocol} on ${name}`,
          `${[metric, of].filter((part) => part !== '').join(', ')}${unit === '' ? '' : ', %'}`,
          figureText({ ...figure, of: '' }, unit),
          place,
        ]),
      ),
    ),
    '## Fairness',
    ...(fairness.length === 0
      ? ['Nothing was measured by group.']
      : [list(reading), plain(comparisons.note), ...fairness.flatMap(fairnessText)]),
    '## Limits',
    limits.length === 0 ? 'None that the results show.' : list(limits),
    '## Caution',
    `> ${plain(caution.quote)}\n>\n> ${plain(caution.source)}`,
    '## To be written by its makers',
    list(toBeWritten),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function trainingText(facts: TrainingFacts): string[] {
  const { quality, loss, images, versions } = facts;
  const share = Math.round(100 * facts.heldOutShare);
  return [
    list([
      `Run: ${facts.runId}, ${facts.status}, begun ${formatTime(facts.startedAt)}${facts.endedAt === undefined ? '' : `, ended ${formatTime(facts.endedAt)}`}${facts.resumedFrom.length === 0 ? '' : `, taken up again from step ${facts.resumedFrom.join(', ')}`}`,
      `Folder: ${facts.folder}`,
      `Data: ${facts.data}${images === undefined ? '' : `, ${formatCount(images)} images`}, ${share} % held out; ${formatCount(facts.skippedImages)} could not be used. No label is used to train.`,
      `Batches of ${formatCount(facts.batchSize)} images, seed ${facts.seed}, precision ${facts.precision}`,
      ...(loss === undefined ? [] : [`Loss at the checkpoint: ${formatNumber(loss)}`]),
      ...(quality
        ? [
            `Effective rank of held-out images at step ${formatCount(quality.step)}: ${formatNumber(quality.effectiveRank)}${quality.knnAccuracy === undefined ? '' : `; kNN accuracy ${(100 * quality.knnAccuracy).toFixed(1)} %`}`,
          ]
        : []),
      `Made with ${Object.entries(versions)
        .map(([name, version]) => `${name} ${optionText(version)}`)
        .join(', ')} on ${facts.machine}`,
    ]),
    `<details><summary>The whole configuration</summary>\n\n${fenced(stringify(facts.config).trimEnd())}\n\n</details>`,
  ];
}

/** As code, however many backticks stand in it. */
function fenced(text: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((ticks) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}yaml\n${text}\n${fence}`;
}

function fairnessText({ section, groups, disparity, unlabelled }: CardFairness): string[] {
  return [
    `### ${plain(measureTitle(section))}`,
    table(
      [section.attribute, 'Figure, 95 % interval, of how many'],
      groups.map((group) => [group.group, cellText(group, section.unit)]),
    ),
    plain(
      `${disparity ? verdictText(disparity) : 'Fewer than two groups are large enough to be compared.'}${unlabelled > 0 ? ` ${formatCount(unlabelled)} images have no label of ${section.attribute}.` : ''}`,
    ),
  ];
}
