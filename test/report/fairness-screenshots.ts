/**
 * Pictures of a fairness report with invented figures, to look at.
 *
 *     npx tsx test/report/fairness-screenshots.ts FOLDER
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { writeFairness } from '../../services/report/write-fairness.ts';
import { openBrowser } from '../dashboard/browser.ts';
import { writeMadeUpGroups } from './made-up-groups.ts';

const out = path.resolve(process.argv[2] ?? 'fairness-pictures');
mkdirSync(out, { recursive: true });
await writeMadeUpGroups(path.join(out, 'results'));
const browser = await openBrowser();
try {
  const { files } = await writeFairness([path.join(out, 'results')], out, { title: 'Invented figures' });
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [1100, 360]) {
      const page = await browser.newPage({ colorScheme, viewport: { width, height: 900 } });
      await page.goto(pathToFileURL(files.html).href);
      await page.screenshot({ path: path.join(out, `fairness-${colorScheme}-${width}.png`), fullPage: true });
      await page.close();
    }
  }
} finally {
  await browser.close();
}
