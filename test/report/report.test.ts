/** `auspex report` from files to files, and its page in a real browser. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { WrittenReport } from '../../services/report/write-report.ts';
import { writeReport } from '../../services/report/write-report.ts';
import { openBrowser, whyNoBrowser } from '../dashboard/browser.ts';
import { auspex } from '../services/cli/run.ts';
import { madeUpResult, metric, writeMadeUpResults, writeResult } from './made-up-results.ts';

const HOSTILE = `"><script>globalThis.hacked=1</script><img src=x onerror="globalThis.hacked=1">'|</style>\u0000&amp;`;

describe('auspex report', function () {
  this.timeout(120_000);
  let folder: string;
  let out: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'auspex-report-'));
    out = path.join(folder, 'out');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const isWritten = () => readdirSync(folder).includes('out');

  it('writes a page, Markdown and JSON from folders of results, and prints the report as JSON', async () => {
    await writeMadeUpResults(path.join(folder, 'results'));
    const { code, json, stderr } = auspex([
      'report',
      path.join(folder, 'results'),
      '--out',
      out,
      '--title',
      'Twins',
      '--json',
    ]);
    assert.equal(code, 0, stderr);
    const { files, report, missingPictures } = json<WrittenReport>();
    assert.deepEqual(readdirSync(out).sort(), ['report.html', 'report.json', 'report.md']);
    assert.deepEqual(JSON.parse(readFileSync(files.json, 'utf8')), report);
    assert.deepEqual(
      report.tables.map(({ table }) => table),
      [6, 7, 8, 9, 10, 11, 12, 17, 18],
    );
    assert.deepEqual(
      missingPictures.map(({ file }) => path.basename(file)),
      ['gone.jpg'],
    );
    assert.match(stderr, /warning: linear-probe on mnist \(\/data\/digits\).*epochs is 28 and 5/);
    assert.match(stderr, /no picture of .*gone\.jpg: the file is not there/);
    const markdown = readFileSync(files.markdown, 'utf8');
    assert.match(markdown, /^# Twins\n/);
    assert.match(markdown, /\| SEER \(ours\) \| RG-10B \| IG-1B \| 10B \| 85\.8 \| 52\.7 \|/);
    for (const row of markdown.split('\n').filter((line) => line.startsWith('|'))) assert.match(row, / \|$/);
    for (const file of Object.values(files)) assert.ok(readFileSync(file, 'utf8').includes('Twins'));
  });

  it('gives the same files for the same results, and leaves nothing else behind', async () => {
    const file = writeResult(path.join(folder, 'one'), madeUpResult());
    const write = async (place: string) => {
      const { files } = await writeReport([file], place, { title: 'Same' });
      return Object.values(files).map((each) => readFileSync(each, 'utf8'));
    };
    assert.deepEqual(await write(out), await write(out));
    assert.equal(readdirSync(out).length, 3);
  });

  const refused = (args: readonly string[], error: RegExp) => {
    const { code, stdout, stderr } = auspex(['report', ...args, '--out', out]);
    assert.deepEqual([code, stdout], [1, ''], stderr);
    assert.match(stderr, error);
    assert.equal(stderr.trim().split('\n').length, 1);
    assert.equal(isWritten(), false, 'nothing was written');
  };

  it('says where there are no results', () => {
    mkdirSync(path.join(folder, 'empty'));
    refused([path.join(folder, 'empty')], /^error NO_RESULTS: .*empty has no result\.json/);
    refused([path.join(folder, 'gone')], /^error NO_RESULTS: .*gone cannot be looked at/);
  });

  it('refuses half a JSON, another format, and what is no result, each with its file', () => {
    const good = path.join(folder, 'good');
    const bad = path.join(folder, 'bad');
    const whole = readFileSync(writeResult(good, madeUpResult()), 'utf8');
    const file = writeResult(bad, {});
    writeFileSync(file, whole.slice(0, whole.length / 2));
    refused([good, bad], /^error RESULT_INVALID: .*bad\/result\.json: is no whole JSON/);
    writeFileSync(file, JSON.stringify({ ...madeUpResult(), formatVersion: 2 }));
    refused([good, bad], /^error RESULT_VERSION: .*bad\/result\.json has format version 2.*update Auspex/);
    writeFileSync(file, JSON.stringify({ ...madeUpResult(), metrics: [{ ...metric('top1', 0.5, 9), value: null }] }));
    refused([good, bad], /^error RESULT_INVALID: .*bad\/result\.json: .*metrics\.0\.value/);
    writeFileSync(file, whole);
    refused([good, bad], /^error RESULT_DUPLICATE: .*bad\/result\.json.*good\/result\.json/);
    refused([good, good], /^error RESULT_DUPLICATE/);
    refused([good, '--baseline', 'nobody'], /^error UNKNOWN_BASELINE: .*nobody/);
  });

  it('refuses a list of examples that is none', () => {
    const place = path.join(folder, 'one');
    writeResult(place, madeUpResult({ files: { examples: 'examples.json' } }));
    refused([place], /^error EXAMPLES_INVALID: .*examples\.json: cannot be read/);
    writeFileSync(path.join(place, 'examples.json'), '{"formatVersion":1,"caption":"","examples":[{}]}');
    refused([place], /^error EXAMPLES_INVALID: .*examples\.0/);
    writeFileSync(path.join(place, 'examples.json'), '{"formatVersion":3}');
    refused([place], /^error RESULT_VERSION: .*examples\.json/);
  });

  it('leaves the earlier report as it was where it cannot be written', async () => {
    const file = writeResult(path.join(folder, 'one'), madeUpResult());
    writeFileSync(out, 'a file in the way');
    const { code, stderr } = auspex(['report', file, '--out', out]);
    assert.equal(code, 1);
    assert.match(stderr, /^error CHECKPOINT_WRITE_FAILED/);
    assert.equal(readFileSync(out, 'utf8'), 'a file in the way');
  });

  describe('page', () => {
    let browser: Browser;
    let page: Page;
    let problems: string[] = [];
    let requests: string[] = [];
    before(async function () {
      const why = whyNoBrowser();
      if (why !== undefined) {
        console.log(`        skipped: ${why}`);
        this.skip();
      }
      browser = await openBrowser();
    });
    after(() => browser?.close());
    afterEach(async () => {
      await page?.context().close();
      assert.deepEqual(problems.splice(0), [], 'the page had nothing to complain of');
      assert.deepEqual(requests.splice(0).filter((url) => !url.startsWith('data:')).length, 1, 'it loads itself alone');
    });

    async function open(file: string, options: BrowserContextOptions = {}): Promise<void> {
      page = await (await browser.newContext(options)).newPage();
      [problems, requests] = [[], []];
      page.on('pageerror', (error) => problems.push(String(error)));
      page.on('console', (message) => problems.push(message.text()));
      page.on('request', (request) => requests.push(request.url()));
      await page.goto(pathToFileURL(file).href);
    }

    async function makeUp(baseline?: string): Promise<string> {
      await writeMadeUpResults(path.join(folder, 'results'));
      return (await writeReport([path.join(folder, 'results')], out, { title: 'Twins', baseline })).files.html;
    }

    it('fits a phone and a desk, in light and dark', async () => {
      const file = await makeUp();
      for (const colorScheme of ['light', 'dark'] as const) {
        for (const width of [360, 1100]) {
          await open(file, { colorScheme, viewport: { width, height: 800 } });
          const [scrollWidth, clientWidth, background] = await page.evaluate<[number, number, string]>(
            '[document.documentElement.scrollWidth, document.documentElement.clientWidth, getComputedStyle(document.documentElement).backgroundColor]',
          );
          assert.ok(scrollWidth <= clientWidth, `${scrollWidth} in ${clientWidth}`);
          const [red] = [.../\d+/.exec(background)!].map(Number);
          assert.equal(red! > 128, colorScheme === 'light');
          const png = await page.screenshot({ fullPage: true });
          assert.ok(png.length > 100_000, 'there is something to be seen');
          if (colorScheme !== 'dark' || width !== 1100) await page.context().close();
          if (colorScheme !== 'dark' || width !== 1100) requests = [];
        }
      }
    });

    it('has one heading, landmarks, headers of tables, words for plots and pictures, and regions for the keyboard', async () => {
      await open(await makeUp());
      const count = (selector: string) => page.locator(selector).count();
      assert.deepEqual(
        [await count('h1'), await count('body > main'), await count('nav[aria-label]'), await count('footer')],
        [1, 1, 1, 1],
      );
      assert.equal(await count('th:not([scope])'), 0);
      assert.equal(await count('img:not([alt]), img[alt=""]'), 0);
      assert.equal(await count('svg:not([role=img]):not([aria-hidden=true])'), await count('[aria-hidden=true] svg'));
      assert.equal(await count('#sizes svg[role=img][aria-label*="SEER RG-10B, 10B parameters"]'), 7);
      assert.equal(await count('.wide:not([tabindex="0"]):not([role=region])'), 0);
      assert.ok((await count('#examples .absent')) > 0);
      assert.match(await page.locator('#examples .absent').first().innerText(), /No picture: the file is not there/);
    });

    it('can be used by the keyboard: links lead to sections, tables scroll, details open', async () => {
      await open(await makeUp(), { viewport: { width: 360, height: 740 } });
      await page.keyboard.press('Tab');
      assert.equal(await page.evaluate('document.activeElement.getAttribute("href")'), '#checkpoints');
      for (let i = 0; i < 5; i++) await page.keyboard.press('Tab');
      assert.equal(await page.evaluate('document.activeElement.getAttribute("href")'), '#provenance');
      await page.keyboard.press('Enter');
      assert.match(page.url(), /#provenance$/);
      await page.keyboard.press('Tab');
      assert.equal(await page.evaluate('document.activeElement.tagName'), 'SUMMARY');
      await page.keyboard.press('Enter');
      assert.equal(await page.evaluate('document.activeElement.parentElement.open'), true);
      const wide = page.locator('#paper .wide').nth(6);
      await wide.focus();
      await page.keyboard.press('ArrowRight');
      // The page's own policy forbids what would wait within it.
      while ((await page.evaluate<number>('document.activeElement.scrollLeft')) === 0) await sleep(50);
    });

    it('shows hostile names as text, on the page and in Markdown', async () => {
      const place = path.join(folder, 'hostile');
      const examples = {
        ...{ formatVersion: 1, caption: HOSTILE },
        examples: [
          { name: HOSTILE, image: HOSTILE, caption: HOSTILE, truth: HOSTILE, predicted: HOSTILE, right: false },
        ],
      };
      const hostile = madeUpResult({
        ...{ protocol: HOSTILE, source: HOSTILE, time: HOSTILE, files: { examples: 'examples.json' } },
        options: { [HOSTILE]: HOSTILE },
        versions: { [HOSTILE]: HOSTILE },
        checkpoint: { path: HOSTILE, digest: HOSTILE, architecture: HOSTILE },
        data: {
          name: HOSTILE,
          digest: HOSTILE,
          images: { [HOSTILE]: 3 },
          skipped: [{ name: HOSTILE, code: HOSTILE, message: HOSTILE }],
        },
        metrics: [
          { ...metric(HOSTILE, 0.5, 3), of: { [HOSTILE]: HOSTILE } },
          { ...metric('top1', 0.5, 3), of: { [HOSTILE]: HOSTILE } },
        ],
      });
      writeResult(place, hostile);
      writeFileSync(path.join(place, 'examples.json'), JSON.stringify(examples));
      writeResult(path.join(folder, 'probe'), madeUpResult({ checkpoint: { path: HOSTILE } }));
      const { files } = await writeReport([place, path.join(folder, 'probe')], out, { title: HOSTILE });
      await open(files.html);
      assert.equal(
        await page.evaluate("globalThis.hacked === undefined && document.querySelector('script, img[src=x]') === null"),
        true,
      );
      assert.ok((await page.locator('h1').innerText()).includes('<script>'));
      assert.equal(readFileSync(files.html, 'utf8').match(/<\/style>/g)?.length, 1);
      const markdown = readFileSync(files.markdown, 'utf8');
      assert.doesNotMatch(markdown, /(^|[^\\])<(script|img)/);
    });
  });
});
