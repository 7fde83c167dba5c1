/** What `auspex monitor` has written about streams, in folders that the server was told of. */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { COUNTRY } from '../../../data/monitor/stream-sample.ts';
import { Html, html } from '../../../training/run-page/html.ts';
import { STYLE } from '../../../training/run-page/style.ts';
import { MONITOR_STYLE } from '../../monitor/page/style.ts';
import { worldMap } from '../../monitor/page/world-map.ts';
import type { MonitorSummary } from '../../monitor/summary.ts';
import { DashboardError } from '../errors.ts';

/** Values of a label that are shown; the monitor's own page has more. */
const MOST_VALUES = 10;

interface Known {
  readonly written: number;
  readonly summary: MonitorSummary;
  map?: string;
}

export class Monitors {
  readonly #folders: readonly string[];
  readonly #known = new Map<string, Known>();

  constructor(folders: readonly string[]) {
    this.#folders = folders;
  }

  /** Monitors that have not written yet are left out. */
  async list() {
    const found = await Promise.all(
      this.#folders.map(async (folder, number) => {
        const summary = (await this.#read(folder))?.summary;
        if (!summary) return [];
        const { topic, status, updatedAt, messages, sample, rates } = summary;
        const labels = summary.labels.map((label) => ({ ...label, values: label.values.slice(0, MOST_VALUES) }));
        const hasMap = labels.some(({ label }) => label === COUNTRY);
        return [{ number, topic, status, updatedAt, messages, sample, rates, labels, hasMap }];
      }),
    );
    return found.flat();
  }

  /** The page as the monitor has written it. @throws DashboardError DASHBOARD_NOT_FOUND */
  async page(number: number): Promise<string> {
    const folder = this.#folders[number];
    const page = folder === undefined ? undefined : await readIfThere(path.join(folder, 'index.html'));
    if (page === undefined) throw unknown(number);
    return page;
  }

  /** The countries of the sample as an SVG that stands alone. @throws DashboardError DASHBOARD_NOT_FOUND */
  async map(number: number): Promise<string> {
    const folder = this.#folders[number];
    const known = folder === undefined ? undefined : await this.#read(folder);
    const country = known?.summary.labels.find(({ label }) => label === COUNTRY);
    if (!known || !country) throw unknown(number);
    known.map ??= worldMap(country.values)
      .toString()
      .replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" ')
      .replace('>', html`><style>${new Html(variablesOf(STYLE) + MONITOR_STYLE)}</style>`.toString());
    return known.map;
  }

  async #read(folder: string): Promise<Known | undefined> {
    const file = path.join(folder, 'monitor.json');
    const written = (await stat(file).catch(() => undefined))?.mtimeMs;
    const known = this.#known.get(folder);
    if (written === undefined || known?.written === written) return known;
    const text = await readIfThere(file);
    if (text === undefined) return known;
    const fresh = { written, summary: JSON.parse(text) as MonitorSummary };
    this.#known.set(folder, fresh);
    return fresh;
  }
}

/** Of the pages' style the colours only. */
function variablesOf(style: string): string {
  return style.slice(0, style.indexOf('* { box-sizing'));
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function unknown(number: number): DashboardError {
  return new DashboardError(
    'DASHBOARD_NOT_FOUND',
    `Monitor ${number} has written nothing, or was not given with --monitor.`,
  );
}
