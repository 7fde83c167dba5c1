/**
 * Makes the pictures of docs/dashboard.md: a server, some jobs, and a browser that looks at them.
 *
 *     npx tsx test/dashboard/screenshots.ts docs
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { openEmbeddedBus } from '../../services/bus/embedded.ts';
import { keyOf } from '../../services/jobs/messages.ts';
import { TOPICS } from '../../services/jobs/topics.ts';

import { isEnd, kill, makePlace, startDashboardServer, trainingJob, waitFor } from '../jobs/serving.ts';
import { openBrowser } from './browser.ts';
import { appendRecords, EVALUATIONS, FOUND, NEXT } from './made-up-evaluations.ts';
import { makeMonitor } from './made-up-monitor.ts';

const out = path.resolve(process.argv[2] ?? '.');
const folder = mkdtempSync(path.join(tmpdir(), 'auspex-pictures-'));
const place = await makePlace(folder, ['--bus', 'embedded', '--bus-folder', path.join(folder, 'bus')]);
const bus = openEmbeddedBus(path.join(folder, 'bus'));
const monitored = path.join(folder, 'monitor');
await makeMonitor(bus, monitored, 4000);
const { server, address } = await startDashboardServer(place, 0, '--monitor', monitored, '--maximum-attempts', '1');
const browser = await openBrowser();
try {
  const settings = {
    'optimizer.larc': 'true',
    'schedule.peak': '0.3',
    'data.heldOutShare': '0.3',
    'quality.everyIterations': '150',
    'checkpoint.everyIterations': '500',
    'loss.prototypesFrozenIterations': '100000',
  };
  await publish(trainingJob(place, 'kites-small', 600, settings));
  await waitFor(bus, 'kites-small', isEnd);
  const checkpoint = path.join(place.outRoot, 'kites-small');
  const data = path.join(place.root, 'photos');
  const knn = { kind: 'evaluation', checkpoint, data, protocol: 'knn', options: { size: 32, k: 3 } };
  await publish({ ...knn, id: 'kites-small-knn' });
  await publish({ ...knn, id: 'kites-small-features', protocol: 'features', options: { size: 32 } });
  await publish({ ...trainingJob(place, 'kites-broken', 100, { 'training.memoryBudget': '10KB' }) });
  const evaluations = JSON.stringify(EVALUATIONS.map((each) => ({ ...each, data })));
  await publish(trainingJob(place, 'kites-watched', 20_000, { ...settings, evaluations }));
  await waitFor(bus, 'kites-watched', ({ kind }) => kind === 'checkpoint');
  appendRecords(path.join(place.outRoot, 'kites-watched'), [...FOUND, ...NEXT]);
  await publish({ kind: 'cancellation', id: 'kites-watched', job: 'kites-watched' });
  await waitFor(bus, 'kites-watched', isEnd);
  await publish({ ...trainingJob(place, 'kites-large', 20_000, settings), ranks: '2' });
  await publish(trainingJob(place, 'kites-next', 5000, settings));
  await waitFor(bus, 'kites-large', (event) => event.kind === 'progress' && event.step > 400);
  await sleep(4000);
  await picture('/', 'dashboard-jobs', 'light', 1100, 880);
  await picture('/jobs/kites-large', 'dashboard-job-light', 'light', 1100, 1200);
  await picture('/jobs/kites-large', 'dashboard-job-dark', 'dark', 1100, 1200);
  await picture('/jobs/kites-large', 'dashboard-vitals', 'light', 1100, 1180, '#layers');
  await picture('/jobs/kites-watched', 'dashboard-evaluations', 'light', 1100, 430, '#checkpoints');
  await picture('/streams', 'dashboard-streams', 'light', 1100, 1000);
  await picture('/', 'dashboard-phone', 'light', 360, 900);
  await picture('/jobs/kites-large', 'dashboard-phone-job', 'dark', 360, 900);
} finally {
  await browser.close();
  await kill(server, 'SIGTERM');
  await bus.close();
  rmSync(folder, { recursive: true });
}

function publish(job: { readonly id: string } & Record<string, unknown>): Promise<unknown> {
  return bus.publish(TOPICS.jobs, [{ key: keyOf(job.id), value: Buffer.from(JSON.stringify({ schema: 1, ...job })) }]);
}

async function picture(
  url: string,
  name: string,
  colorScheme: 'light' | 'dark',
  width: number,
  height: number,
  at?: string,
): Promise<void> {
  const page = await browser.newPage({ colorScheme, viewport: { width, height }, reducedMotion: 'reduce' });
  await page.goto(address + url);
  await page.waitForSelector('#connection[data-state=live]');
  await sleep(2500);
  if (at !== undefined) await page.locator(at).evaluate((section) => section.scrollIntoView());
  const png = sharp(await page.screenshot()).png({ palette: true, effort: 10 });
  await png.toFile(path.join(out, `${name}.png`));
  await page.close();
}
