/** fairness.html: the paper's indicators, figures by group, and what to make of them. */
import type { FairnessReport, IndicatorSection } from '../../../evals/report/fairness/fairness-report.ts';
import { formatCount, formatTime } from '../../../training/run-page/format.ts';
import { type Html, html } from '../../../training/run-page/html.ts';
import { mainDifferences } from '../fairness-text.ts';
import type { Picture } from '../pictures.ts';
import { headFigure, renderPage, type Section, warningList } from './frame.ts';
import { differencesTable, groupTable } from './group-table.ts';
import { provenance } from './provenance.ts';
import { benchmarkTable, paperTable } from './tables.ts';

/** Groups beyond which a table is folded. */
const FOLDED = 12;

/** @param maps by the path of their file */
export function renderFairnessPage(report: FairnessReport, maps: ReadonlyMap<string, Picture>): string {
  const { title, checkpoints, time, warnings, caution } = report;
  return renderPage({
    title,
    eyebrow: 'Auspex fairness report',
    lead: `${checkpoints.map(({ label }) => label).join(' · ')}. Newest result: ${formatTime(time)}.`,
    figures: figures(report),
    before: html`<blockquote class="caution"><p>${caution.quote}</p><footer>${caution.source}</footer></blockquote>${warningList(warnings)}`,
    sections: sectionsOf(report, maps),
  });
}

function figures({ checkpoints, comparisons, indicators, missing }: FairnessReport): Html {
  const sections = indicators.flatMap(({ attributes }) => attributes);
  const small = new Set(
    sections.flatMap(({ dataset, attribute, groups }) =>
      groups.flatMap(({ group, figures }) =>
        figures.some((figure) => figure && figure.status !== 'enough') ? [`${dataset} ${attribute} ${group}`] : [],
      ),
    ),
  );
  return html`<dl class="figures">
${headFigure('Checkpoints', formatCount(checkpoints.length), checkpoints.length === 1 ? checkpoints[0]!.architecture : 'side by side')}
${headFigure('Indicators', formatCount(indicators.length), missing.length === 0 ? 'all of the paper' : `${formatCount(missing.length)} of the paper not measured`)}
${headFigure('Comparisons', formatCount(comparisons.count), 'of the groups farthest apart')}
${headFigure('Small groups', formatCount(small.size), small.size === 0 ? 'all can be compared' : 'shown, and not compared')}
</dl>`;
}

function sectionsOf(report: FairnessReport, maps: ReadonlyMap<string, Picture>): Section[] {
  const { indicators, comparisons, reading, missing, results, checkpoints } = report;
  const differences = mainDifferences(report);
  return [
    {
      id: 'differences',
      title: 'Differences between groups',
      content: html`${reading.map((text) => html`<p>${text}</p>`)}
<p>${comparisons.note}</p>
${missing.length > 0 ? html`<p>Not measured: ${missing.join('; ')}.</p>` : undefined}
${differences.length > 0 ? differencesTable(differences) : undefined}`,
    },
    ...indicators.map((indicator) => ({
      id: indicator.protocol,
      title: indicator.title,
      content: indicatorContent(indicator, report, maps),
    })),
    {
      id: 'provenance',
      title: 'How to repeat it',
      content: html`${results.map((result) => provenance(result, checkpoints[result.checkpoint]!))}`,
    },
  ];
}

function indicatorContent(
  { asks, source, tables, notBeside, all, attributes, maps }: IndicatorSection,
  report: FairnessReport,
  pictures: ReadonlyMap<string, Picture>,
): Html {
  const { checkpoints, baseline } = report;
  const table = (section: IndicatorSection['attributes'][number]) => groupTable(section, checkpoints);
  const isShort = ({ groups }: IndicatorSection['attributes'][number]) => groups.length <= FOLDED;
  const main = attributes.filter(({ isMain }) => isMain);
  const further = attributes.filter(({ isMain }) => !isMain);
  const fold = (title: string, sections: IndicatorSection['attributes']) =>
    sections.length === 0
      ? undefined
      : html`<details><summary>${title} <span class="muted">${formatCount(sections.length)}</span></summary><div>${sections.map(table)}</div></details>`;
  return html`<p>${asks} (${source})</p>
${tables.length > 0 ? html`<p>The paper's rows are as printed, and have no intervals. Δ is the difference to ${baseline.name}, in points.</p>${tables.map(paperTable)}` : undefined}
${notBeside.length > 0 ? html`<p>Not beside the paper's figures: ${notBeside.join('; ')}.</p>` : undefined}
${maps.map(({ checkpoint, dataset, file }) => mapFigure(`${checkpoints[checkpoint]!.label} on ${dataset}, by country`, pictures.get(file)))}
${main.filter(isShort).map(table)}
${fold(
  'Attributes of many groups',
  main.filter((section) => !isShort(section)),
)}
${fold('Further measures by group', further)}
${all.length > 0 ? html`<h3>All images together</h3>${benchmarkTable(all, report, 'All images together')}` : undefined}`;
}

function mapFigure(caption: string, picture: Picture | undefined): Html {
  if (picture?.kind !== 'picture') return html`<p>${caption}: no map (${picture?.reason ?? 'it was not made'}).</p>`;
  return html`<figure class="map"><img src="${picture.dataUri}" alt="${caption}"><figcaption class="muted">${caption}</figcaption></figure>`;
}
