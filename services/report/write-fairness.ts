/** `auspex report --fairness`: a page, Markdown and JSON on fairness, and a model card of each checkpoint. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '../../errors.ts';
import { buildReport, type ReportOptions } from '../../evals/report/build-report.ts';
import { identityOf } from '../../evals/report/checkpoints.ts';
import { ReportError } from '../../evals/report/errors.ts';
import { buildFairnessReport, isOfFairness } from '../../evals/report/fairness/build-fairness.ts';
import type { FairnessReport } from '../../evals/report/fairness/fairness-report.ts';
import { INDICATORS } from '../../evals/report/fairness/indicators.ts';
import { buildModelCard, type ModelCard } from '../../evals/report/model-card.ts';
import { type FoundResult, readResults } from '../../evals/report/read-results.ts';
import { renderFairnessMarkdown } from './fairness-markdown.ts';
import { renderModelCard } from './model-card-markdown.ts';
import { renderFairnessPage } from './page/fairness-page.ts';
import type { Picture } from './pictures.ts';
import { trainingFacts } from './training-facts.ts';
import { writeFiles } from './write-files.ts';

export interface WrittenFairness {
  readonly report: FairnessReport;
  readonly cards: readonly ModelCard[];
  /** Paths of what was written. */
  readonly files: {
    readonly html: string;
    readonly markdown: string;
    readonly json: string;
    readonly cards: readonly string[];
  };
}

/**
 * @param paths result files, or folders that hold some; those that have nothing to do with fairness stand in model cards only
 * @throws ReportError; CheckpointError CHECKPOINT_WRITE_FAILED, and each file is then the old one or the new one
 */
export async function writeFairness(
  paths: readonly string[],
  out: string,
  options: ReportOptions,
): Promise<WrittenFairness> {
  const found = await readResults(paths);
  const all = buildReport(found, new Map(), options);
  const fair = found.filter(isOfFairness);
  if (fair.length === 0) {
    const protocols = INDICATORS.map(({ protocol }) => protocol).join(', ');
    const message = `None of ${found.length} results has to do with fairness: give results of ${protocols}, or others that are divided by groups.`;
    throw new ReportError('NO_RESULTS', message);
  }
  const report = buildFairnessReport(buildReport(fair, new Map(), baselineAmong(fair, all, options)));
  const cards = await cardsOf(
    found,
    all.checkpoints.map(({ label }) => label),
    options.title,
  );
  const maps = await readMaps(report);
  const names = cardNames(cards);
  const contents = new Map([
    ['fairness.json', `${JSON.stringify(report, null, 2)}\n`],
    ['fairness.md', renderFairnessMarkdown(report)],
    ['fairness.html', renderFairnessPage(report, maps)],
    ...cards.flatMap((card, i): [string, string][] => [
      [`${names[i]}.json`, `${JSON.stringify(card, null, 2)}\n`],
      [`${names[i]}.md`, renderModelCard(card)],
    ]),
  ]);
  await writeFiles(out, contents);
  const [html, markdown, json] = ['html', 'md', 'json'].map((ending) => path.join(out, `fairness.${ending}`));
  const files = {
    html: html!,
    markdown: markdown!,
    json: json!,
    cards: names.map((name) => path.join(out, `${name}.md`)),
  };
  return { report, cards, files };
}

/** A baseline that is one of the checkpoints may have no result of fairness; the paper's row then takes its place. */
function baselineAmong(
  fair: readonly FoundResult[],
  { baseline, checkpoints }: { baseline: FairnessReport['baseline']; checkpoints: FairnessReport['checkpoints'] },
  { title, baseline: asked }: ReportOptions,
): ReportOptions {
  if (baseline.of === 'paper') return { title, ...(asked !== undefined && { baseline: asked }) };
  const { digest, untrained } = checkpoints.find(({ label }) => label === baseline.name)!;
  const isThere = fair.some(
    ({ result: { checkpoint } }) => checkpoint.digest === digest && (checkpoint.untrained ?? false) === untrained,
  );
  return isThere && asked !== undefined ? { title, baseline: asked } : { title };
}

/** @param labels of checkpoints, in the order in which they first occur */
async function cardsOf(found: readonly FoundResult[], labels: readonly string[], title: string): Promise<ModelCard[]> {
  const identities = [...new Set(found.map(({ result }) => identityOf(result)))];
  return Promise.all(
    identities.map(async (identity, i) => {
      const own = found.filter(({ result }) => identityOf(result) === identity);
      const report = buildReport(own, new Map(), { title });
      const model = { ...report.checkpoints[0]!, label: labels[i]! };
      return buildModelCard({ ...report, checkpoints: [model] }, await trainingFacts(model));
    }),
  );
}

async function readMaps({ indicators }: FairnessReport): Promise<Map<string, Picture>> {
  const files = indicators.flatMap(({ maps }) => maps.map(({ file }) => file));
  return new Map(await Promise.all(files.map(async (file) => [file, await readMap(file)] as const)));
}

async function readMap(file: string): Promise<Picture> {
  try {
    const dataUri = `data:image/svg+xml;base64,${(await readFile(file)).toString('base64')}`;
    return { kind: 'picture', dataUri };
  } catch (error) {
    return { kind: 'missing', reason: messageOf(error) };
  }
}

/** Without endings; of several cards each by its checkpoint. */
function cardNames(cards: readonly ModelCard[]): string[] {
  if (cards.length === 1) return ['model-card'];
  const slugs = cards.map(({ model }) => model.label.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-'));
  return slugs.map((slug, i) => `model-card-${slugs.indexOf(slug) === i ? slug : `${slug}-${i + 1}`}`);
}
