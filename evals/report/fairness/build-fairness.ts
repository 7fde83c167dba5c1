/** From a report of all results to one of fairness: figures of groups side by side, how far they are apart, and what to make of it. */
import path from 'node:path';
import type { Metric } from '../../result.ts';
import { figureOf } from '../benchmark-rows.ts';
import { datasetOf, nameOf } from '../benchmarks.ts';
import type { StoredResult } from '../read-results.ts';
import type { Delta, Report, ReportedResult } from '../report.ts';
import { comparisonsOf, togetherInterval, verdictOf } from './comparisons.ts';
import type {
  AttributeSection,
  Disparity,
  FairnessReport,
  GroupFigure,
  IndicatorSection,
  Picture,
} from './fairness-report.ts';
import { CAUTION, INDICATORS, type Indicator, READING } from './indicators.ts';

type Groups = NonNullable<StoredResult['groups']>[number];

/** Keys of `of` that say which group a figure is of, and not of which measure. */
const GROUP_KEYS = ['attribute', 'group', 'highest', 'lowest', 'samples'];

/** Whether a result has to do with fairness: it is of an indicator, or divided by groups. */
export function isOfFairness({ result }: Pick<ReportedResult, 'result'>): boolean {
  return result.groups !== undefined || INDICATORS.some(({ protocol }) => protocol === result.protocol);
}

/** @param report of results that all have to do with fairness */
export function buildFairnessReport(report: Report): FairnessReport {
  const { title, time, baseline, warnings, checkpoints, results } = report;
  const count = results.reduce((sum, { result }) => sum + result.metrics.filter(isDifference).length, 0);
  const indicators = indicatorsOf(results).map((indicator) => sectionOf(indicator, report, count));
  const disparities = indicators.flatMap(({ attributes }) => attributes.flatMap((each) => each.disparities));
  return {
    formatVersion: 1,
    ...{ title, time, baseline, warnings, checkpoints, results },
    caution: CAUTION,
    reading: READING,
    comparisons: comparisonsOf(disparities.filter((each) => each !== null)),
    indicators,
    missing: INDICATORS.filter(({ protocol }) => results.every(({ result }) => result.protocol !== protocol)).map(
      (indicator) => indicator.title,
    ),
  };
}

/** The paper's first, in its order, then other protocols with groups. */
function indicatorsOf(results: readonly ReportedResult[]): Indicator[] {
  const protocols = new Set(results.map(({ result }) => result.protocol));
  const known = INDICATORS.filter(({ protocol }) => protocols.has(protocol));
  const others = [...protocols].filter((name) => known.every(({ protocol }) => protocol !== name));
  return [
    ...known,
    ...others.map((protocol) => ({
      ...{ protocol, title: `${protocol}, by group`, tables: [] },
      source: results.find(({ result }) => result.protocol === protocol)!.result.source,
      asks: 'A benchmark whose images are divided by groups.',
    })),
  ];
}

function sectionOf(indicator: Indicator, report: Report, count: number): IndicatorSection {
  const { protocol, title, source, asks, tables } = indicator;
  const own = [...report.results.entries()].filter(([, { result }]) => result.protocol === protocol);
  const ofGroups = ({ of }: { of: string }) => /(^|, )attribute /.test(of);
  const rows = [...report.benchmarks, ...report.further].filter((row) => row.protocol === protocol && !ofGroups(row));
  const notBeside = own
    .filter(([, reported]) => reported.tables.length === 0)
    .map(([, { checkpoint, variant, place, result }]) => {
      const name = nameOf(report.checkpoints[checkpoint]!.label, variant);
      return `${name} on ${datasetOf(result)}: ${place}`;
    });
  return {
    ...{ protocol, title, source, asks, notBeside },
    tables: report.tables.filter(({ table }) => tables.includes(table)),
    all: rows,
    attributes: attributesOf(own, report.checkpoints.length, count, indicator),
    maps: mapsOf(own),
  };
}

/** A section for each dataset, attribute and measure; those of a measure one after another. */
function attributesOf(
  results: readonly [number, ReportedResult][],
  numCheckpoints: number,
  count: number,
  indicator: Indicator,
): AttributeSection[] {
  const sections = new Map<string, { draft: Draft; of: string }>();
  for (const [index, { checkpoint, variant, result }] of results) {
    const dataset = nameOf(datasetOf(result), variant);
    for (const metric of result.metrics.filter(({ of }) => of?.['group'] !== undefined)) {
      const attribute = metric.of!['attribute']!;
      const groups = result.groups?.find((each) => each.attribute === attribute);
      if (!groups) continue;
      const of = measureOf(metric);
      const key = JSON.stringify([dataset, metric.name, of, attribute]);
      const section = sections.get(key) ?? {
        draft: newDraft(dataset, metric.name, isMain(metric, result, indicator), groups, numCheckpoints),
        of,
      };
      sections.set(key, section);
      fill(section.draft, { checkpoint, index, metric, groups, result, of, count });
    }
  }
  return [...sections.values()].map(({ draft: { groups, ...draft }, of }) => ({
    ...{ ...draft, of },
    groups: [...groups].map(([group, figures]) => ({ group, figures })),
  }));
}

/** Of the first layer and threshold, and one of the paper's measures. */
function isMain({ name, of }: Metric, { metrics: [first] }: StoredResult, { measures }: Indicator): boolean {
  const isFirst = (key: string) => of?.[key] === first!.of?.[key];
  return (measures?.includes(name) ?? true) && isFirst('layer') && isFirst('threshold');
}

function mapsOf(results: readonly [number, ReportedResult][]): Picture[] {
  return results.flatMap(([, { file, checkpoint, variant, result }]) => {
    const map = result.files['map'];
    if (map === undefined) return [];
    return [{ checkpoint, dataset: nameOf(datasetOf(result), variant), file: path.join(path.dirname(file), map) }];
  });
}

type Draft = Omit<AttributeSection, 'groups' | 'of' | 'disparities' | 'unlabelled'> & {
  readonly groups: Map<string, (GroupFigure | null)[]>;
  readonly disparities: (Disparity | null)[];
  readonly unlabelled: (number | null)[];
};

function newDraft(dataset: string, measure: string, isMain: boolean, groups: Groups, numCheckpoints: number): Draft {
  const { attribute, unit, mean, minimum, minimumUnits } = groups;
  const none = () => new Array<null>(numCheckpoints).fill(null);
  return {
    dataset,
    attribute,
    measure,
    isMain,
    unit,
    mean,
    minimum,
    minimumUnits,
    groups: new Map(),
    disparities: none(),
    unlabelled: none(),
  };
}

interface Filling {
  readonly checkpoint: number;
  /** Of the result. */
  readonly index: number;
  readonly metric: Metric;
  readonly groups: Groups;
  readonly result: StoredResult;
  readonly of: string;
  readonly count: number;
}

function fill(draft: Draft, { checkpoint, index, metric, groups, result, of, count }: Filling): void {
  // Groups that were not judged have no figure, and are shown all the same.
  for (const { group, images, units, unjudged, status } of groups.groups) {
    const figures = draft.groups.get(group) ?? draft.disparities.map(() => null);
    draft.groups.set(group, figures);
    figures[checkpoint] ??= { images, units, unjudged, status };
    if (metric.of!['group'] === group) {
      figures[checkpoint] = { ...figures[checkpoint], figure: { ...figureOf(metric, index), of } };
    }
  }
  draft.unlabelled[checkpoint] = groups.unlabelled;
  draft.disparities[checkpoint] ??= disparityOf(draft, result, of, count);
}

function disparityOf(
  { measure, attribute }: Draft,
  { metrics }: StoredResult,
  of: string,
  count: number,
): Disparity | null {
  const find = (what: string) =>
    metrics.find(
      (metric) =>
        metric.name === `${measure} ${what}` && metric.of?.['attribute'] === attribute && measureOf(metric) === of,
    );
  const found = find('difference');
  if (!found) return null;
  const difference = inPoints(found);
  const together = togetherInterval(difference, count);
  const ratio = find('ratio');
  return {
    ...{ highest: found.of!['highest']!, lowest: found.of!['lowest']!, difference, together },
    ...(ratio && { ratio: { value: ratio.value, low: ratio.low, high: ratio.high } }),
    verdict: verdictOf(difference, together),
  };
}

function inPoints({ value, low, high }: Metric): Delta {
  return { value: 100 * value, low: 100 * low, high: 100 * high };
}

function isDifference({ name, of }: Metric): boolean {
  return of?.['highest'] !== undefined && name.endsWith(' difference');
}

/** What the measure is of, such as `layer pool`. */
function measureOf({ of = {} }: Metric): string {
  return Object.entries(of)
    .filter(([key]) => !GROUP_KEYS.includes(key))
    .map(([key, value]) => `${key} ${value}`)
    .join(', ');
}
