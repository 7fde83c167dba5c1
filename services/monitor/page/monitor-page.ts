/** DIR/index.html: what is in the stream, for people. One file, which asks nobody for anything. */
import { COUNTRY } from '../../../data/monitor/stream-sample.ts';
import { formatCount, formatNumber, formatShare, formatTime } from '../../../training/run-page/format.ts';
import { type Html, html, Html as RawHtml } from '../../../training/run-page/html.ts';
import { STYLE } from '../../../training/run-page/style.ts';
import type { Counted, LabelSummary, MonitorSummary } from '../summary.ts';
import { MONITOR_STYLE } from './style.ts';
import { legend, worldMap } from './world-map.ts';

/** Rows of a label's table; what is beyond stands in monitor.json. */
const ROWS = 20;

const STATUS = {
  reading: 'Reading what is in the topic',
  following: 'Following the topic',
  complete: 'Complete: everything that was in the topic when it began',
  stopped: 'Stopped before the end',
} as const;

const HOW = {
  'country-label': 'a label of the message names the country',
  'coordinate-labels': 'labels of the message give coordinates',
  exif: 'the image has a GPS position in its EXIF header',
  'country-label-not-understood': 'the label names no country that is known',
  'coordinate-labels-wrong': 'the coordinates in the labels are none',
  'exif-malformed': 'the EXIF header is damaged',
  'in-no-country': 'the position lies in no country, such as at sea',
  'nothing-in-image': 'neither the message nor the image says where it is from',
  'only-a-reference': 'the message refers to an image that lies elsewhere, which is not fetched',
} as const;

export function monitorPage(summary: MonitorSummary): string {
  const { topic, labels, located } = summary;
  const country = labels.find(({ label }) => label === COUNTRY);
  const others = labels.filter(({ label }) => label !== COUNTRY);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${topic} – data monitor</title>
<style>${new RawHtml(STYLE + MONITOR_STYLE)}</style>
</head>
<body>
<header>
<p class="eyebrow">Data monitor</p>
<h1>${topic}</h1>
<p class="lead">Where the images of a stream come from, and what is known of them, by a uniform random sample.</p>
<p class="status ${summary.status === 'stopped' ? 'stopped' : ''}"><b>${STATUS[summary.status]}</b> · ${formatTime(summary.updatedAt)}</p>
</header>
${figures(summary)}
<main>
${country && countrySection(country, located)}
${others.length > 0 ? html`<section><h2>Other labels</h2><div class="labels">${others.map(labelFigure)}</div></section>` : undefined}
${coverage(summary)}
</main>
<footer>Labels are what messages say. Nothing here is guessed from the pixels of an image, and nothing at all about a person.</footer>
</body>
</html>
`.toString();
}

function figures({ messages, sample, rates }: MonitorSummary): Html {
  const bad = Object.values(messages.bad).reduce((sum, count) => sum + count, 0);
  const figure = (name: string, value: string, detail: string) =>
    html`<div><dt>${name}</dt><dd class="value">${value}</dd><dd class="detail">${detail}</dd></div>`;
  return html`<dl class="figures">
${figure('Images', formatCount(messages.images), `of ${formatCount(messages.read)} messages`)}
${figure('Sample', formatCount(sample.size), `at most ${formatCount(sample.limit)}, seed ${sample.seed}`)}
${figure('No image', formatCount(bad), `empty ${messages.bad.EMPTY}, unknown ${messages.bad.UNKNOWN_SCHEMA}, other ${messages.bad.BAD_IMAGE_MESSAGE}`)}
${figure('Missed', formatCount(messages.missed), 'deleted before they were read')}
${figure('Rate', formatNumber(rates.messagesPerSecond), 'messages a second')}
</dl>`;
}

function countrySection(country: LabelSummary, located: MonitorSummary['located']): Html {
  const rows = (located ?? []).map(
    ({ how, count, share }) =>
      html`<tr><th scope="row">${HOW[how]}</th><td class="number">${formatCount(count)}</td><td class="number">${formatShare(share)}</td></tr>`,
  );
  return html`<section>
<h2>Countries</h2>
<p>Shares of all images in the sample. The lines in the table are 95&nbsp;% intervals (Wilson) of the stream's share.</p>
${worldMap(country.values)}
${legend()}
<details open><summary>The ${formatCount(Math.min(ROWS, country.values.length))} most frequent of ${formatCount(country.values.length)}</summary><div>${table(country)}</div></details>
<details><summary>How the country is known</summary><div><table><thead><tr><th>Because</th><th class="number">Images</th><th class="number">Share</th></tr></thead><tbody>${rows}</tbody></table></div></details>
</section>`;
}

function labelFigure(label: LabelSummary): Html {
  return html`<div><h3>${label.label}</h3>${table(label)}${label.full ? html`<p class="muted">There are more values than are told apart; the rest is counted as other.</p>` : undefined}</div>`;
}

function table({ values, unknown, other }: LabelSummary): Html {
  const shown = values.slice(0, ROWS);
  const beyond = values.slice(ROWS);
  const rest = [
    ...(beyond.length > 0 ? [{ name: `${formatCount(beyond.length)} others`, counted: sum(beyond) }] : []),
    ...(other.count > 0 ? [{ name: 'other values', counted: other }] : []),
    ...(unknown.count > 0 ? [{ name: 'unknown', counted: unknown }] : []),
  ];
  const largest = Math.max(1e-9, ...shown.map(({ high }) => high), ...rest.map(({ counted }) => counted.high));
  return html`<table class="shares"><thead><tr><th>Value</th><th class="number">Images</th><th class="number">Share</th><th></th></tr></thead>
<tbody>${shown.map((value) => row(value.name ?? value.value, value, largest, ''))}${rest.map(({ name, counted }) => row(name, counted, largest, 'rest'))}</tbody></table>`;
}

function row(name: string, { count, share, low, high }: Counted, largest: number, kind: string): Html {
  const at = (value: number) => ((100 * value) / largest).toFixed(2);
  const interval = `${formatShare(low)} to ${formatShare(high)}`;
  return html`<tr class="${kind}"><th scope="row">${name}</th><td class="number">${formatCount(count)}</td><td class="number">${formatShare(share)}</td>
<td class="share-bar"><svg viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label="${interval}"><title>${interval}</title><rect class="value" y="2" height="6" width="${at(share)}"/><line class="interval" x1="${at(low)}" x2="${at(high)}" y1="5" y2="5"/></svg></td></tr>`;
}

function sum(values: readonly Counted[]): Counted {
  const add = (of: (value: Counted) => number) => values.reduce((total, value) => total + of(value), 0);
  const share = add((value) => value.share);
  return { count: add((value) => value.count), share, low: share, high: share };
}

function coverage({ partitions, otherLabels }: MonitorSummary): Html {
  const rows = partitions.map(
    ({ partition, first, next, missed }) =>
      html`<tr><th scope="row">${partition}</th><td class="number">${formatCount(first)}</td><td class="number">${formatCount(next)}</td><td class="number">${formatCount(missed)}</td></tr>`,
  );
  return html`<section><h2>What was looked at</h2>
${otherLabels.length > 0 ? html`<p>Messages also have the labels ${otherLabels.join(', ')}; <code>--labels</code> takes them.</p>` : undefined}
<details><summary>Offsets by partition</summary><div><table><thead><tr><th>Partition</th><th class="number">From</th><th class="number">To</th><th class="number">Missed</th></tr></thead><tbody>${rows}</tbody></table></div></details>
</section>`;
}
