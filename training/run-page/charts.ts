import type { MetricsRecord, QualityRecord, StepRecord } from '../run/records.ts';
import { formatNumber } from './format.ts';
import { type Html, html } from './html.ts';

/** Points per line: more than a screen has pixels for would only make the page heavy. */
const MAX_POINTS = 600;

/** One chart, as the page's script reads it. */
export interface Chart {
  readonly title: string;
  /** What one should see in it. */
  readonly caption: string;
  readonly steps: readonly number[];
  /** Drawn faintly behind the line. */
  readonly raw?: readonly (number | null)[];
  readonly line: readonly (number | null)[];
  /** Between which values each point lies with 95 % confidence. */
  readonly interval?: Interval;
  /** Steps at which it got worse than it may. */
  readonly worse?: readonly number[];
  readonly reference?: { readonly label: string; readonly value: number };
  /** A mark at every point, for the few measurements of the encoder. */
  readonly marks: boolean;
  /** Whether the values are shares, to be written as per cent. */
  readonly share: boolean;
}

export interface Interval {
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
}

/** The curves for which the records have values, in the order of the page. */
export function buildCharts(metrics: readonly MetricsRecord[], numPrototypes: number): Chart[] {
  const steps = metrics.filter((record): record is StepRecord => record.kind === 'step');
  const quality = metrics.filter((record): record is QualityRecord => record.kind === 'quality');
  const lnK = Math.log(numPrototypes);
  const charts: Chart[] = [
    {
      ...noisy(steps, (record) => record.loss),
      title: 'Loss',
      caption: 'SwAV loss. At the dashed line, ln K, the model cannot tell one image from another.',
      reference: { label: `ln K ${formatNumber(lnK)}`, value: lnK },
      share: false,
    },
    {
      ...measured(quality, (record) => record.effectiveRank),
      title: 'Effective rank',
      caption: 'How many directions the held-out embeddings fill. Near 1, they have collapsed.',
      share: false,
    },
    {
      ...measured(quality, (record) => record.heldOut ?? null),
      title: 'Held-out score',
      caption: 'The held-out result, measured along the way.',
      share: true,
    },
    {
      ...measured(quality, (record) => record.knnAccuracy ?? null),
      title: 'kNN accuracy',
      caption: 'Held-out images classified by their nearest labelled neighbours; labels are never trained on.',
      share: true,
    },
    {
      ...noisy(steps, (record) => record.prototypeEntropy),
      title: 'Prototype use',
      caption: 'Entropy of the chosen prototypes. 100 % is perfectly even, 0 % a single prototype.',
      share: true,
    },
    {
      ...exact(steps, (record) => record.learningRate),
      title: 'Learning rate',
      caption: 'Linear warm-up, then half a cosine.',
      share: false,
    },
    {
      ...noisy(steps, (record) => record.imagesPerSecond),
      title: 'Images per second',
      caption: 'Images, not crops, over whole steps.',
      share: false,
    },
  ];
  return charts.filter((chart) => chart.line.some((value) => value !== null));
}

type Curve = Pick<Chart, 'steps' | 'raw' | 'line' | 'marks'>;

function noisy(records: readonly StepRecord[], value: (record: StepRecord) => number | null): Curve {
  const { steps, line } = exact(records, value);
  return { steps, raw: line, line: movingAverage(line, Math.ceil(line.length / 60)), marks: false };
}

function exact(records: readonly StepRecord[], value: (record: StepRecord) => number | null): Curve {
  const groups = chunk(records, Math.ceil(records.length / MAX_POINTS));
  return {
    steps: groups.map((group) => group.at(-1)!.step),
    line: groups.map((group) => mean(group.map(value))),
    marks: false,
  };
}

function measured(records: readonly QualityRecord[], value: (record: QualityRecord) => number | null): Curve {
  return { steps: records.map(({ step }) => step), line: records.map(value), marks: true };
}

/** The centred mean of up to `2 * reach + 1` neighbours, fewer at the ends. */
export function movingAverage(values: readonly (number | null)[], reach: number): (number | null)[] {
  return values.map((_, i) => mean(values.slice(Math.max(0, i - reach), i + reach + 1)));
}

/** The mean of what is there; null if nothing is. */
function mean(values: readonly (number | null)[]): number | null {
  const present = values.filter((value) => value !== null && Number.isFinite(value)) as number[];
  return present.length === 0 ? null : present.reduce((sum, value) => sum + value, 0) / present.length;
}

function chunk<Item>(items: readonly Item[], size: number): Item[][] {
  const groups: Item[][] = [];
  for (let begin = 0; begin < items.length; begin += size) groups.push(items.slice(begin, begin + size));
  return groups;
}

/** The value as the chart's heading shows it. */
export function formatValue(value: number | null | undefined, { share }: Pick<Chart, 'share'>): string {
  if (value === null || value === undefined) return '–';
  return share ? `${formatNumber(100 * value)}\u00a0%` : formatNumber(value);
}

function worseText({ worse = [] }: Chart): string {
  return worse.length === 0 ? '' : `; worse than it may be at step ${worse.join(', ')}`;
}

/** A figure per chart; the script draws into `.plot` and keeps `output` at the value under the cursor. */
export function renderCharts(charts: readonly Chart[]): Html {
  return html`<div class="charts">${charts.map((chart, i) => {
    const last = chart.line.findLast((value) => value !== null);
    const first = chart.line.find((value) => value !== null);
    const description =
      `${chart.title}: from ${formatValue(first, chart)} to ${formatValue(last, chart)} over ${chart.steps.at(-1)} steps` +
      `${chart.reference ? `; ${chart.reference.label}` : ''}${worseText(chart)}. Arrow keys move along the curve.`;
    return html`
      <figure>
        <figcaption>
          <h3>${chart.title}</h3>
          <output id="value-${i}" aria-live="polite">${formatValue(last, chart)}</output>
        </figcaption>
        <div class="plot" id="plot-${i}" tabindex="0" role="img" aria-label="${description}"></div>
        <p>${chart.caption}</p>
      </figure>`;
  })}</div>`;
}
