/**
 * Pictures of a report with invented figures, to look at.
 *
 *     npx tsx test/report/screenshots.ts FOLDER
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { writeReport } from '../../services/report/write-report.ts';
import { openBrowser } from '../dashboard/browser.ts';
import { writeMadeUpResults } from './made-up-results.ts';

const out = path.resolve(process.argv[2] ?? 'report-pictures');
mkdirSync(out, { recursive: true });
await writeMadeUpResults(path.join(out, 'results'));
const baselines = { paper: 'SEER RG-128Gf', twin: 'trained, untrained' };
const browser = await openBrowser();
try {
  for (const [name, baseline] of Object.entries(baselines)) {
    const { files } = await writeReport([path.join(out, 'results')], path.join(out, name), {
      title: 'Invented figures',
      baseline,
    });
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [1100, 360]) {
        const page = await browser.newPage({ colorScheme, viewport: { width, height: 900 } });
        await page.goto(pathToFileURL(files.html).href);
        await page.screenshot({ path: path.join(out, `${name}-${colorScheme}-${width}.png`), fullPage: true });
        await page.close();
      }
    }
  }
} finally {
  await browser.close();
}
