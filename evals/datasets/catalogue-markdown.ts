import type { CatalogueEntry, SplitCount } from './catalogue-entry.ts';

/** The catalogue as a table of the documentation. */
export function catalogueMarkdown(entries: readonly CatalogueEntry[]): string {
  const rows = entries.map(({ name, title, tables, task, classes, score, splits, terms, needs, remarks }) => [
    `\`${name}\``,
    title,
    tables.join(', ') || '-',
    task,
    count(splits.train),
    count(splits.val),
    count(splits.test),
    String(classes),
    score,
    `[${terms.name}](${terms.where})`,
    needs.map((need) => `\`${need}\``).join('<br>'),
    remarks ?? '',
  ]);
  const head = [
    'Name',
    'Dataset',
    'Tables',
    'Asks for',
    'Train',
    'Val',
    'Test',
    'Classes',
    'Score',
    'Terms of use',
    'Needs',
    'Remarks',
  ];
  return [head, head.map(() => '-'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function count(split: SplitCount | undefined): string {
  if (!split) return '-';
  const images = split.images.toLocaleString('en');
  const paper = split.paper === undefined ? '' : ` (paper: ${split.paper.toLocaleString('en')})`;
  return `${split.varies ? '~ ' : ''}${images}${paper}`;
}
