/** fairness.md: all that the page says, but for maps and bars. */
import type { AttributeSection, FairnessReport, GroupFigure } from '../../evals/report/fairness/fairness-report.ts';
import { formatCount, formatTime } from '../../training/run-page/format.ts';
import { groupCountText, mainDifferences, measureTitle, STATUS_TEXT, verdictText } from './fairness-text.ts';
import { deltaText, intervalText, valueText } from './format.ts';
import { benchmarkTable, paperTable, provenance } from './markdown.ts';
import { list, plain, table } from './markdown-text.ts';

export function renderFairnessMarkdown(report: FairnessReport): string {
  const { title, checkpoints, time, caution, reading, comparisons, missing, indicators, results, warnings } = report;
  const blocks = [
    `# ${plain(title)}`,
    `${checkpoints.map(({ label }) => plain(label)).join(' · ')}. Newest result: ${formatTime(time)}.`,
    `> ${plain(caution.quote)}\n>\n> ${plain(caution.source)}`,
    warnings.map((warning) => `- **Warning:** ${plain(warning)}`).join('\n'),
    '## Differences between groups',
    list(reading),
    plain(comparisons.note),
    missing.length > 0 ? `Not measured: ${plain(missing.join('; '))}.` : '',
    differencesTable(report),
    ...indicators.flatMap(({ title, asks, source, tables, notBeside, attributes, all }) => [
      `## ${plain(title)}`,
      `${plain(asks)} (${plain(source)})`,
      ...tables.flatMap(paperTable),
      notBeside.length > 0 ? `Not beside the paper's figures: ${plain(notBeside.join('; '))}.` : '',
      ...attributes.flatMap((section) => groupTable(section, report)),
      ...(all.length > 0 ? ['### All images together', benchmarkTable(all, report)] : []),
    ]),
    '## How to repeat it',
    ...results.map((result) => provenance(result, checkpoints[result.checkpoint]!.label)),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

const points = (value: number) => deltaText({ value }, 'per cent');

function differencesTable(report: FairnessReport): string {
  const rows = mainDifferences(report);
  if (rows.length === 0) return '';
  return table(
    [
      'Measure',
      'Checkpoint',
      'Farthest apart',
      'Points',
      '95 %, this attribute',
      '95 %, all comparisons',
      'Told apart',
    ],
    rows.map(({ section, checkpoint, disparity: { highest, lowest, difference, together, verdict } }) => [
      ...[measureTitle(section), checkpoint, `${highest}, ${lowest}`, points(difference.value)],
      ...[difference, together].map(({ low, high }) => `${points(low)} to ${points(high)}`),
      verdict === 'apart' ? 'yes' : verdict === 'perhaps' ? 'not among all' : 'no',
    ]),
  );
}

function groupTable(section: AttributeSection, { checkpoints }: FairnessReport): string[] {
  const { attribute, groups, disparities, unlabelled, unit } = section;
  const shown = [...checkpoints.entries()].filter(([i]) => groups.some(({ figures }) => figures[i]));
  const lines = shown.map(([i, { label }]) => {
    const disparity = disparities[i];
    const what = disparity ? verdictText(disparity) : 'Fewer than two groups are large enough to be compared.';
    const count = unlabelled[i] ?? 0;
    return `${label}: ${what}${count > 0 ? ` ${formatCount(count)} images have no label of ${attribute}.` : ''}`;
  });
  return [
    `### ${plain(measureTitle(section))}`,
    table(
      [attribute, ...shown.map(([, { label }]) => label)],
      groups.map(({ group, figures }) => [group, ...shown.map(([i]) => cellText(figures[i] ?? null, unit))]),
    ),
    list(lines),
  ];
}

/** "78.0 (75.2 to 80.7; of 1,591, 800 persons)". */
export function cellText(group: GroupFigure | null, unit: string): string {
  if (group === null) return '-';
  const { figure, status } = group;
  const facts = [
    ...(figure ? [intervalText(figure, 'per cent')] : []),
    groupCountText(group, unit),
    ...(status === 'enough' ? [] : [STATUS_TEXT[status]]),
  ].join('; ');
  return `${figure ? valueText(figure, 'per cent') : '-'} (${facts})`;
}
