/** The dashboard's page in a real browser, before a real server. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { openEmbeddedBus } from '../../services/bus/embedded.ts';
import type { MessageBus } from '../../services/bus/message-bus.ts';
import { type EventDetail, encodeEvent, type JobEvent } from '../../services/jobs/events.ts';
import { keyOf } from '../../services/jobs/messages.ts';
import { TOPICS } from '../../services/jobs/topics.ts';
import { isEnd, kill, makePlace, type Place, startDashboardServer, trainingJob, waitFor } from '../jobs/serving.ts';
import { openBrowser, whyNoBrowser } from './browser.ts';
import { appendRecords, EVALUATIONS, FOUND, NEXT, WORSE } from './made-up-evaluations.ts';
import { makeMonitor } from './made-up-monitor.ts';

const HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>';

describe('the page of the dashboard', function () {
  this.timeout(300_000);
  const folder = mkdtempSync(path.join(tmpdir(), 'auspex-page-'));
  const monitored = path.join(folder, 'monitor');
  let place: Place;
  let bus: MessageBus;
  let server: ChildProcess;
  let address: string;
  let browser: Browser;
  let page: Page;
  let problems: string[] = [];

  before(async function () {
    const why = whyNoBrowser();
    if (why !== undefined) {
      console.log(`      skipped: ${why}`);
      this.skip();
    }
    place = await makePlace(folder, ['--bus', 'embedded', '--bus-folder', path.join(folder, 'bus')]);
    bus = openEmbeddedBus(path.join(folder, 'bus'));
    await makeMonitor(bus, monitored, 200, HOSTILE);
    ({ server, address } = await startDashboardServer(place, 0, '--monitor', monitored));
    browser = await openBrowser();
    const settings = { 'optimizer.larc': 'true', 'quality.everyIterations': '100', 'data.heldOutShare': '0.3' };
    await submit(trainingJob(place, 'trained', 300, settings));
    await waitFor(bus, 'trained', isEnd);
    writeFileSync(
      path.join(place.outRoot, 'trained', 'log.jsonl'),
      `${JSON.stringify({ time: HOSTILE, level: 'error', msg: HOSTILE, [HOSTILE]: HOSTILE })}\n`,
    );
  });
  afterEach(async () => {
    await page?.context().close();
    assert.deepEqual(problems.splice(0), [], 'the page had nothing to complain of');
  });
  after(async () => {
    await browser?.close();
    if (server) await kill(server);
    await bus?.close();
    rmSync(folder, { recursive: true });
  });

  const submit = (job: { readonly id: string } & Record<string, unknown>) =>
    bus.publish(TOPICS.jobs, [{ key: keyOf(job.id), value: Buffer.from(JSON.stringify({ schema: 1, ...job })) }]);
  const count = (selector: string) => page.locator(selector).count();
  const text = (selector: string) => page.locator(selector).innerText();

  /** For whoever wants to look: into the folder that AUSPEX_PICTURES names. */
  async function picture(name: string, selector: string): Promise<void> {
    const out = process.env['AUSPEX_PICTURES'];
    if (out === undefined) return;
    await page.waitForTimeout(500);
    await page.locator(selector).screenshot({ path: path.join(out, `${name}.png`) });
  }

  /** Opens a page, and waits until it is live. Whatever the browser complains of fails the test, a breach of the policy too. */
  async function open(url: string, options: BrowserContextOptions = {}): Promise<void> {
    const context = await browser.newContext(options);
    page = await context.newPage();
    page.setDefaultTimeout(120_000);
    problems = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (message) => {
      const isExpected = /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET/.test(
        message.text(),
      );
      if (message.type() === 'error' && !isExpected) problems.push(message.text());
    });
    await page.goto(address + url);
    await page.waitForSelector('#connection[data-state=live]');
  }

  it('shows a job from its submission to its end, without being loaded again', async () => {
    await open('/');
    await page.evaluate('globalThis.sameDocument = true');
    await submit(trainingJob(place, 'watched', 500));
    const row = page.locator('#jobs tbody tr', { hasText: 'watched' });
    await row.filter({ hasText: 'running' }).waitFor();
    await row.filter({ hasText: /[1-9]\d* of 500/ }).waitFor();
    await row.filter({ hasText: 'succeeded' }).waitFor();
    await row.filter({ hasText: '500 of 500' }).waitFor();
    assert.equal(await page.evaluate('globalThis.sameDocument'), true);
    assert.match(await text('#news'), /Job watched succeeded/);
  });

  it('draws the curves of a run while it goes on, and shows layers, memory and what happened', async () => {
    await submit(trainingJob(place, 'drawn', 2000));
    await waitFor(bus, 'drawn', ({ kind }) => kind === 'started');
    await open('/jobs/drawn');
    const loss = page.locator('#curves figure', { hasText: 'Loss' }).locator('.plot');
    const steps = async () =>
      Number(/step ([\d,]+)/.exec((await loss.getAttribute('aria-label')) ?? '')?.[1]?.replace(',', ''));
    await loss.waitFor();
    const before = await steps();
    for (let i = 0; i < 100 && (await steps()) <= before; i++) await page.waitForTimeout(100);
    assert.ok((await steps()) > before, 'it goes on by itself');
    assert.ok((await loss.locator('canvas').count()) > 0);
    await page.locator('#layers figure', { hasText: 'Trust ratios' }).waitFor();
    assert.match(await text('#memory'), /The plan is .*for every process that computes/);
    assert.match(await text('#actors'), /one process, without actors/);
    assert.match(await text('#history'), /accepted[\s\S]*training, from jobs:0:/);
    await submit({ kind: 'cancellation', id: 'drawn', job: 'drawn' });
    await page.locator('#state', { hasText: 'cancelled' }).waitFor();
  });

  it('shows what evaluations of checkpoints find as they find it, and what got worse, on the page and in the list', async () => {
    const data = path.join(place.root, 'photos');
    const evaluations = EVALUATIONS.map((each) => ({ ...each, data }));
    await submit(trainingJob(place, 'measured', 20_000, { evaluations: JSON.stringify(evaluations) }));
    await waitFor(bus, 'measured', ({ kind }) => kind === 'checkpoint');
    const run = path.join(place.outRoot, 'measured');
    appendRecords(run, FOUND);
    await open('/jobs/measured');
    const plotOf = (name: string) => page.locator('#checkpoints figure', { hasText: name }).locator('.plot');
    const faces = plotOf('faces: P@1 difference (gender)');
    await faces.waitFor();
    assert.match(
      (await faces.getAttribute('aria-label')) ?? '',
      /from 8\.0\s% {1,2}to 6\.0\s%, up to step 300\. Arrow/,
    );
    assert.equal(await page.locator('#checkpoints .worse').isVisible(), false);
    appendRecords(run, NEXT);
    await page
      .locator('#checkpoints .worse li', { hasText: 'is 0.11 at step 400, and was 0.05 at step 200' })
      .waitFor();
    assert.match((await faces.getAttribute('aria-label')) ?? '', /up to step 400; worse than it may be at step 400/);
    assert.match(await text('#news'), /Worse: faces: P@1 difference/);
    await page.locator('#checkpoints summary').focus();
    await page.keyboard.press('Enter');
    const failed = page.locator('#checkpoints table tr.warned', { hasText: '500' });
    await failed.filter({ hasText: 'failed: it took longer than its budget of 1800 s' }).waitFor();
    await page.locator('#checkpoints table tr', { hasText: 'finished: top1 0.61' }).waitFor();
    await faces.focus();
    await page.keyboard.press('Home');
    const output = page.locator('#checkpoints figure', { hasText: 'faces' }).locator('output');
    await output.filter({ hasText: /8\.0\s% \(6\.0\s% to 10\.5\s%\) at step 100$/ }).waitFor();
    await page.keyboard.press('ArrowRight');
    await output.filter({ hasText: /at step 200$/ }).waitFor();

    const tell = (job: string, first: number, ...details: EventDetail[]) =>
      bus.publish(
        TOPICS.events,
        details.map((detail, i) => {
          const event = { ...detail, job, sequence: first + i, time: new Date().toISOString() };
          return { key: keyOf(job), value: encodeEvent(event) };
        }),
      );
    const child = { kind: 'accepted', work: 'evaluation', digest: 'd', source: '', parent: 'measured' } as const;
    await tell('child', 1, child, { kind: 'started', attempt: 1, resumed: false });
    const link = page.locator('#checkpoints .now', { hasText: 'running' }).locator('a[href="/jobs/child"]');
    await link.waitFor();
    await tell('child', 3, { kind: 'cancelled' });
    await link.waitFor({ state: 'detached' });
    await page.context().close();

    await open('/');
    const { best, time: _, ...worse } = WORSE;
    const training = { kind: 'accepted', work: 'training', digest: 'd', source: 'jobs:0:0' } as const;
    await tell('guarded', 1, training);
    const row = page.locator('#jobs tbody tr', { hasText: 'guarded' });
    await row.waitFor();
    await tell('guarded', 2, { ...worse, bestStep: best.step, bestValue: best.value }, { kind: 'cancelled' });
    await row.locator('.worsened', { hasText: 'worse: faces: P@1 difference of attribute gender is 0.11' }).waitFor();
    await page.locator('#jobs tbody tr', { hasText: 'evaluation for measured' }).waitFor();
    await page.context().close();
    await open('/jobs/guarded');
    await page.locator('#history tr.warned', { hasText: 'more than 0.03 worse' }).waitFor();
    await page.context().close();
    for (const viewport of [
      { width: 360, height: 740 },
      { width: 1100, height: 900 },
    ]) {
      for (const colorScheme of ['light', 'dark'] as const) {
        await open('/jobs/measured', { viewport, colorScheme });
        await plotOf('faces').waitFor();
        const [scrollWidth, clientWidth] = await page.evaluate<[number, number]>(
          '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
        );
        assert.ok(scrollWidth <= clientWidth, `${scrollWidth} in ${clientWidth}`);
        await page.locator('#checkpoints summary').click();
        await picture(`evaluations-${viewport.width}-${colorScheme}`, '#checkpoints');
        await page.goto(`${address}/`);
        await page.locator('.worsened', { hasText: 'worse: faces' }).waitFor();
        await picture(`list-${viewport.width}-${colorScheme}`, '#jobs');
        await page.context().close();
      }
    }
    await submit({ kind: 'cancellation', id: 'measured', job: 'measured' });
    await open('/');
  });

  it('can be used by the keyboard alone', async () => {
    await open('/');
    await page.locator('#jobs a', { hasText: 'trained' }).waitFor();
    const focused = () => page.evaluate<string>('document.activeElement.textContent.trim()');
    await page.keyboard.press('Tab');
    assert.equal(await focused(), 'Skip to content');
    const outline = () => page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
    assert.notEqual(await outline(), 'none', 'the focus can be seen');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate('document.activeElement.id'), 'main');
    for (let i = 0; i < 20 && (await focused()) !== 'trained'; i++) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/jobs/trained');
    const plot = page.locator('#curves figure', { hasText: 'Loss' }).locator('.plot');
    await plot.waitFor();
    for (let i = 0; i < 20 && !(await plot.evaluate((box) => box.matches(':focus'))); i++) {
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Home');
    const output = page.locator('#curves figure', { hasText: 'Loss' }).locator('output');
    await output.filter({ hasText: /at step 1$/ }).waitFor();
    await page.keyboard.press('End');
    await output.filter({ hasText: /at step 300$/ }).waitFor();
  });

  it('has landmarks, one heading of the first level, tables with headers, and quiet regions', async () => {
    for (const url of ['/', '/jobs/trained', '/evaluations', '/streams']) {
      await open(url);
      await page.locator('main table tbody tr:visible, main .empty:visible').first().waitFor();
      const counts = {
        landmarks: [await count('body > header'), await count('nav[aria-label]'), await count('body > main')],
        headings: await count('h1'),
        bare: await count('th:not([scope])'),
        images: await count('img:not([alt]), img[alt=""]'),
        live: await page
          .locator('[aria-live=polite], [aria-live=assertive], [role=status]')
          .evaluateAll((all) => all.map(({ id }) => id)),
      };
      assert.deepEqual(
        counts,
        { landmarks: [1, 1, 1], headings: 1, bare: 0, images: 0, live: ['connection', 'news'] },
        url,
      );
      await page.context().close();
    }
    await open('/');
  });

  it('fits a phone', async () => {
    for (const url of ['/', '/jobs/trained', '/evaluations', '/streams']) {
      await open(url, { viewport: { width: 360, height: 740 } });
      await page.locator('main table tbody tr:visible, main .empty:visible').first().waitFor();
      if (url === '/jobs/trained') await page.waitForSelector('#memory table');
      const [scrollWidth, clientWidth] = await page.evaluate<[number, number]>(
        '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
      );
      assert.ok(scrollWidth <= clientWidth, `${url}: ${scrollWidth} in ${clientWidth}`);
      await page.context().close();
    }
    await open('/');
  });

  it('is dark where the system is, with enough contrast either way', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await open('/jobs/trained', { colorScheme });
      const [paper, ...inks] = await page.evaluate<string[]>(
        "['--paper', '--ink', '--muted', '--accent', '--good', '--warn', '--bad'].map((name) => " +
          'getComputedStyle(document.documentElement).getPropertyValue(name).trim())',
      );
      assert.equal(luminance(paper!) > 0.5, colorScheme === 'light');
      for (const ink of inks) assert.ok(contrast(paper!, ink) >= 4.5, `${colorScheme}: ${ink} on ${paper}`);
      const background = await page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor');
      assert.equal(luminance(background) > 0.5, colorScheme === 'light');
      await page.context().close();
    }
    await open('/');
  });

  it('shows whatever a message says as text, and runs none of it', async () => {
    const events: JobEvent[] = [
      { kind: 'accepted', work: HOSTILE, digest: '', source: HOSTILE, job: 'hostile', sequence: 1, time: HOSTILE },
      {
        kind: 'failed',
        code: HOSTILE,
        message: HOSTILE,
        willRetry: false,
        retryAt: '',
        job: 'hostile',
        sequence: 2,
        time: '',
      },
      {
        kind: 'rejected',
        code: 'X',
        message: 'x',
        source: '',
        job: HOSTILE,
        sequence: 1,
        time: new Date().toISOString(),
      },
    ];
    await bus.publish(
      TOPICS.events,
      events.map((event) => ({ key: keyOf(event.job), value: encodeEvent(event) })),
    );
    const isHacked = () =>
      page.evaluate("globalThis.hacked !== undefined || document.querySelector('img[src=x]') !== null");
    await open('/');
    await page.locator('#jobs tbody th a', { hasText: HOSTILE }).waitFor();
    assert.equal(await isHacked(), false);
    await page.context().close();
    await open('/jobs/hostile');
    await page.locator('#state', { hasText: HOSTILE }).waitFor();
    await page.locator('#history', { hasText: HOSTILE }).first().waitFor();
    assert.equal(await isHacked(), false);
    await page.context().close();
    await open('/jobs/trained');
    await page.locator('#log li', { hasText: HOSTILE }).waitFor();
    assert.equal(await isHacked(), false);
    await page.context().close();
    await open('/streams');
    await page.locator('#monitors', { hasText: HOSTILE }).waitFor();
    assert.equal(await isHacked(), false);
    await page.goto(`${address}/monitors/0`);
    assert.match(await text('body'), /<img src=x/);
    assert.equal(await count('img[src=x]'), 0);
  });

  it('says that the connection is lost, and goes on by itself when the server is back', async () => {
    await open('/');
    await page.locator('#jobs a', { hasText: 'trained' }).waitFor();
    await kill(server);
    await page.locator('#connection', { hasText: 'Connection lost, trying again' }).waitFor();
    assert.ok(await page.locator('#jobs a', { hasText: 'trained' }).isVisible(), 'what was known stays');
    ({ server, address } = await startDashboardServer(place, Number(new URL(address).port), '--monitor', monitored));
    await page.waitForSelector('#connection[data-state=live]');
    await submit(trainingJob(place, 'later', 5));
    await page.locator('#jobs tbody tr', { hasText: 'later' }).filter({ hasText: 'succeeded' }).waitFor();
    assert.equal(await page.locator('#jobs tbody tr', { hasText: 'trained' }).count(), 1, 'nothing twice');
  });

  it('says that there is no such job, and shows it when there is', async () => {
    const context = await browser.newContext();
    page = await context.newPage();
    page.setDefaultTimeout(120_000);
    await page.goto(`${address}/jobs/not-yet`);
    await page.locator('#problem', { hasText: 'There is no job of this id' }).waitFor();
    await submit(trainingJob(place, 'not-yet', 5));
    await page.locator('#state', { hasText: 'succeeded' }).waitFor();
    assert.equal(await page.locator('#problem').isVisible(), false);
  });

  it('says what there is to do where nothing is there yet', async () => {
    await open('/evaluations');
    await page.locator('.empty', { hasText: 'No evaluation has ended yet' }).waitFor();
    await page.context().close();
    await open('/');
    await page.locator('#filter').selectOption('active');
    await page.locator('#jobs-empty', { hasText: 'by this choice' }).waitFor();
  });
});

function channels(colour: string): number[] {
  const [, hex] = /^#([0-9a-f]{6})$/i.exec(colour) ?? [];
  if (hex !== undefined) return [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
  return [...colour.matchAll(/\d+/g)].map(([value]) => Number(value)).slice(0, 3);
}

/** As WCAG has it. */
function luminance(colour: string): number {
  const linear = channels(colour).map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * linear[0]! + 0.7152 * linear[1]! + 0.0722 * linear[2]!;
}

function contrast(one: string, other: string): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}
