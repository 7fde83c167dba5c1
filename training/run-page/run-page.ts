/** The report of a run: one HTML file that needs nothing else, not even a network. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { QualityRecord, SkippedImage, StepRecord } from '../run/records.ts';
import { buildCharts, renderCharts } from './charts.ts';
import { CLIENT_SCRIPT } from './client.ts';
import type { Attribution, RunPageData } from './data.ts';
import { evaluationCharts, renderEvaluations } from './evaluations.ts';
import { formatCount, formatDuration, formatNumber, formatShare, formatTime } from './format.ts';
import { headline, renderHeldOut } from './held-out.ts';
import { Html, html, scriptJson } from './html.ts';
import { renderNeighbours } from './neighbours.ts';
import { STYLE } from './style.ts';

export type {
  Attribution,
  HeldOutResult,
  HeldOutRow,
  Neighbour,
  NeighbourGrid,
  NeighbourRow,
  Picture,
  RunPageData,
} from './data.ts';
export { makeThumbnail, type Region, type ThumbnailSource } from './thumbnail.ts';

const require = createRequire(import.meta.url);
const uPlotFile = (name: string) => readFileSync(require.resolve(`uplot/${name}`), 'utf8').trim();
const UPLOT_SCRIPT = uPlotFile('dist/uPlot.iife.min.js');
const UPLOT_STYLE = uPlotFile('dist/uPlot.min.css');
/** The MIT licence wants to be where the code is. */
const UPLOT_LICENCE = uPlotFile('LICENSE');

/** Images named per reason in the list of skipped ones. */
const MAX_EXAMPLES = 5;

/** The page as text; equal data give equal text. */
export function renderRunPage(data: RunPageData): string {
  const { configs = [], records = [] } = data.evaluations ?? {};
  const charts = [...buildCharts(data.metrics, data.numPrototypes), ...evaluationCharts(configs, records)];
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentPolicy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${data.title}</title>
<style>${new Html(UPLOT_STYLE)}${new Html(STYLE)}</style>
</head>
<body>
<header>
  <p class="eyebrow">Auspex run</p>
  <h1>${data.title}</h1>
  <p class="lead">${data.summary}</p>
  ${renderStatus(data)}
  ${renderFigures(data)}
</header>
<main>
  ${section('held-out', 'Held-out result', data.heldOut.length > 0 && renderHeldOut(data.heldOut))}
  ${section('neighbours', 'Nearest neighbours', data.neighbours && renderNeighbours(data.neighbours))}
  ${section('curves', 'Training', charts.length > 0 && html`<noscript><p>The curves need JavaScript.</p></noscript>${renderCharts(charts)}`)}
  ${section('evaluations', 'Evaluations of checkpoints', renderEvaluations(records))}
  ${section('details', 'Details', renderDetails(data))}
</main>
<footer>Run ${data.run.id}. This page is one file and loads nothing from elsewhere. Charts: uPlot (MIT).</footer>
<script type="application/json" id="chart-data">${scriptJson(charts)}</script>
<!-- uPlot
${UPLOT_LICENCE}
-->
<script>${new Html(UPLOT_SCRIPT)}</script>
<script>${new Html(CLIENT_SCRIPT)}</script>
</body>
</html>
`;
  return page.text;
}

/** Only these two scripts may run and nothing may be loaded, whatever a file name manages to smuggle in. */
function contentPolicy(): string {
  const hash = (script: string) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`;
  const scripts = [UPLOT_SCRIPT, CLIENT_SCRIPT].map(hash).join(' ');
  return `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src ${scripts}; base-uri 'none'; form-action 'none'`;
}

function section(id: string, title: string, content: Html | false | undefined): Html | undefined {
  return content ? html`<section id="${id}"><h2>${title}</h2>${content}</section>` : undefined;
}

function renderStatus({ run }: RunPageData): Html {
  const { status, reason, startedAt, endedAt, resumedFrom, machine } = run;
  const duration = endedAt && formatDuration((Date.parse(endedAt) - Date.parse(startedAt)) / 1000);
  const facts = [
    formatTime(startedAt),
    duration,
    resumedFrom.length > 0 && `resumed ${resumedFrom.length === 1 ? 'once' : `${resumedFrom.length} times`}`,
    `${machine.processors} processors, ${machine.cpu}`,
  ].filter((fact) => typeof fact === 'string');
  return html`<p class="status ${status}"><b>${status[0]!.toUpperCase()}${status.slice(1)}</b>${
    reason && `: ${reason}`
  } · ${facts.join(' · ')}</p>`;
}

interface Figure {
  readonly label: string;
  readonly value: string;
  readonly detail?: string;
}

function renderFigures(data: RunPageData): Html {
  const figures = keyFigures(data).map(
    ({ label, value, detail }) => html`
    <div><dt>${label}</dt><dd class="value">${value}</dd>${detail && html`<dd class="detail">${detail}</dd>`}</div>`,
  );
  return html`<dl class="figures">${figures}</dl>`;
}

function keyFigures({ metrics, heldOut, numPrototypes, totalSteps }: RunPageData): Figure[] {
  const steps = metrics.filter((record): record is StepRecord => record.kind === 'step');
  const lastStep = steps.at(-1);
  const quality = metrics.findLast((record): record is QualityRecord => record.kind === 'quality');
  const best = headline(heldOut);
  const figures: (Figure | undefined)[] = [
    best && {
      label: 'Held-out score',
      value: formatShare(best.trained.value),
      detail: best.bestBaseline && `best baseline ${formatShare(best.bestBaseline.value)}`,
    },
    lastStep && {
      label: 'Loss',
      value: formatNumber(average(steps.slice(-50).map(({ loss }) => loss))),
      detail: `ln K ${formatNumber(Math.log(numPrototypes))}`,
    },
    quality && {
      label: 'Effective rank',
      value: formatNumber(quality.effectiveRank),
      detail: quality.knnAccuracy === undefined ? undefined : `kNN ${formatShare(quality.knnAccuracy)}`,
    },
    lastStep && {
      label: 'Prototype use',
      value: formatShare(lastStep.prototypeEntropy),
      detail: `${formatCount(lastStep.prototypesUsed)} of ${formatCount(numPrototypes)} used`,
    },
    lastStep && {
      label: 'Images per second',
      value: formatNumber(average(steps.map(({ imagesPerSecond }) => imagesPerSecond))),
      detail: `${formatShare(average(steps.map(({ dataWaitShare }) => dataWaitShare)))} waiting for data`,
    },
    lastStep && {
      label: 'Steps',
      value: formatCount(lastStep.step),
      detail: `of ${formatCount(totalSteps)}, ${formatNumber(lastStep.epoch)} epochs`,
    },
  ];
  return figures.filter((figure) => figure !== undefined);
}

/** The mean of what is a number; NaN, shown as a dash, if nothing is. */
function average(values: readonly (number | null)[]): number {
  const present = values.filter((value) => value !== null);
  return present.reduce((sum, value) => sum + value, 0) / present.length;
}

function renderDetails({ config, skipped, attributions, run }: RunPageData): Html {
  const versions = Object.entries(run.versions).map(([name, version]) => `${name} ${version}`);
  const { machine } = run;
  return html`
  ${fold('Config', 'resolved', html`<pre tabindex="0">${config}</pre>`)}
  ${fold('Skipped images', skipped.length === 0 ? 'none' : formatCount(skipped.length), renderSkipped(skipped))}
  ${attributions.length > 0 ? fold('Photos', formatCount(attributions.length), renderAttributions(attributions)) : undefined}
  ${fold(
    'Machine and versions',
    '',
    html`<table><tbody>
      <tr><th scope="row">Processor</th><td>${machine.cpu}, ${machine.processors} logical processors</td></tr>
      <tr><th scope="row">Extensions</th><td>${machine.cpuFeatures.join(', ')}</td></tr>
      <tr><th scope="row">Memory</th><td>${formatNumber(machine.memoryBytes / 2 ** 30)} GiB</td></tr>
      <tr><th scope="row">System</th><td>${machine.system}</td></tr>
      <tr><th scope="row">Versions</th><td>${versions.join(', ')}</td></tr></tbody></table>`,
  )}`;
}

function fold(title: string, note: string, content: Html): Html {
  return html`<details><summary>${title} <span class="muted">${note}</span></summary><div>${content}</div></details>`;
}

function renderSkipped(skipped: readonly SkippedImage[]): Html {
  if (skipped.length === 0) return html`<p class="muted">Every image could be used.</p>`;
  const byCode = new Map<string, SkippedImage[]>();
  for (const image of skipped) byCode.set(image.code, [...(byCode.get(image.code) ?? []), image]);
  const rows = [...byCode].sort(([, a], [, b]) => b.length - a.length);
  return html`<table>
    <thead><tr><th scope="col">Reason</th><th scope="col" class="number">Images</th><th scope="col">For example</th></tr></thead>
    <tbody>${rows.map(([code, images]) => {
      const examples = images.slice(0, MAX_EXAMPLES).map(({ image, reason }) => html`<div>${image}: ${reason}</div>`);
      return html`<tr><th scope="row">${code}</th><td class="number">${formatCount(images.length)}</td><td>${examples}</td></tr>`;
    })}</tbody></table>
    <p class="muted">The whole list is in skipped.jsonl.</p>`;
}

function renderAttributions(attributions: readonly Attribution[]): Html {
  return html`<table>
    <thead><tr><th scope="col">Photo</th><th scope="col">By</th><th scope="col">Licence</th><th scope="col">From</th></tr></thead>
    <tbody>${attributions.map(
      ({ name, author, licence, source }) =>
        html`<tr><td>${name}</td><td>${author}</td><td>${licence}</td><td>${source}</td></tr>`,
    )}</tbody></table>`;
}
