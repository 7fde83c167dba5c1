/** What is needed to repeat each result. */
import { datasetOf, nameOf, optionText } from '../../../evals/report/benchmarks.ts';
import type { ReportedCheckpoint, ReportedResult } from '../../../evals/report/report.ts';
import { formatCount, formatDuration, formatTime } from '../../../training/run-page/format.ts';
import { type Html, html } from '../../../training/run-page/html.ts';

/** Skipped images that are named. */
const MAX_NAMED = 5;

export function provenance({ file, variant, place, result }: ReportedResult, { label }: ReportedCheckpoint): Html {
  const { protocol, source, options, checkpoint, data, seconds, time, versions } = result;
  const row = (name: string, value: Html | string) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`;
  const images = Object.entries(data.images).map(([split, count]) => `${split} ${formatCount(count)}`);
  const named = data.skipped
    .slice(0, MAX_NAMED)
    .map(({ name, code, message }) => html`<div>${name}: ${message} (${code})</div>`);
  return html`<details><summary>${protocol} on ${datasetOf(result)} <span class="muted">${nameOf(label, variant)}</span></summary><div><table class="provenance"><tbody>
${row('Protocol', `${protocol}: ${source}`)}
${row('In the paper', place)}
${row('Checkpoint', `${checkpoint.path}, step ${checkpoint.step}${checkpoint.untrained ? ', its weights left out for untrained ones' : ''}`)}
${row('Its digest', checkpoint.digest)}
${row('Network', `${checkpoint.architecture}, ${formatCount(checkpoint.parameters)} parameters`)}
${row('Data', `${data.name}, ${data.folder}`)}
${row('Images', `${images.join(', ')}; ${formatCount(data.classes)} classes`)}
${row('Their digest', data.digest)}
${row('Skipped', data.skipped.length === 0 ? 'none' : html`${formatCount(data.skipped.length)}${named}`)}
${row('Options', html`<pre tabindex="0">${Object.entries(options).map(([key, value]) => `${key}: ${optionText(value)}\n`)}</pre>`)}
${row('Made', `${formatTime(time)}, in ${formatDuration(seconds)}`)}
${row(
  'Versions',
  Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', '),
)}
${row('Read from', file)}
</tbody></table></div></details>`;
}
