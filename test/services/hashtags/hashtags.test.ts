/** `auspex hashtags` from the command line: posts whose neighbours are known, and the page in a real browser. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { writeSafetensors } from '../../../checkpoints/safetensors.ts';
import { FeatureFile } from '../../../evals/features/feature-file.ts';
import type { HashtagSummary } from '../../../services/hashtags/summary.ts';
import { openBrowser, whyNoBrowser } from '../../dashboard/browser.ts';
import { writeColoured } from '../../evals/coloured-photos.ts';
import { normals, uniform } from '../../program/random.ts';
import { runTraining, tinyConfig } from '../../training/tiny-training.ts';
import { auspex } from '../cli/run.ts';

const CONCEPTS = ['wedding', 'food', 'sea', 'sport'];
const COUNTRIES = ['US', 'IN', 'DE', 'BR', 'JP', 'KE', 'MX'];
const WIDTH = 12;
const IMAGES = 8;
const HOSTILE = '</script><script>window.hacked=1</script>';

describe('auspex hashtags', function () {
  this.timeout(120_000);
  const folder = mkdtempSync(path.join(tmpdir(), 'auspex-hashtags-'));
  const at = (...parts: string[]) => path.join(folder, ...parts);
  const tagOf = (concept: string, country: string) =>
    (concept === 'sea' && country === 'US' ? HOSTILE : `${concept}-${country}`).toLowerCase();

  // A hashtag for each concept and country; images of a concept look alike wherever they are from.
  before(async () => {
    const random = uniform(3);
    const [names, lines, rows] = [[] as string[], [] as string[], [] as number[]];
    for (const concept of CONCEPTS) {
      const place = normals(random, WIDTH, 3);
      for (const country of COUNTRIES) {
        for (let i = 0; i < IMAGES; i++) {
          const image = `${concept}/${country}/${i}.jpg`;
          names.push(image);
          rows.push(...normals(random, WIDTH, 0.5).map((value, d) => value + place[d]!));
          lines.push(JSON.stringify({ image, hashtags: [tagOf(concept, country)], country: i < 6 ? country : 'FR' }));
        }
      }
    }
    lines.push(JSON.stringify({ image: 'no/embedding.jpg', hashtags: ['wedding-us'] }));
    const data = new Uint8Array(Float32Array.from(rows).buffer);
    const tensors = new Map([['features', { dtype: 'F32' as const, shape: [names.length, WIDTH], data }]]);
    await writeSafetensors(at('features.safetensors'), tensors, { names: JSON.stringify(names) });
    writeFileSync(at('tags.jsonl'), lines.join('\n'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const hashtags = (...args: string[]) =>
    auspex([
      'hashtags',
      '--tags',
      at('tags.jsonl'),
      '--perplexity',
      '5',
      '--learning-rate',
      '10',
      '--iterations',
      '1000',
      ...args,
    ]);
  const summaryOf = (out: string): HashtagSummary => JSON.parse(readFileSync(at(out, 'hashtags.json'), 'utf8'));

  it('puts hashtags of one concept together, whatever their country, and colours them by it', () => {
    const { code, stdout, stderr } = hashtags('--features', at('features.safetensors'), '--out', at('map'), '--json');
    assert.equal(code, 0, stderr);
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.ok(events.some(({ stage, done }) => stage === 'embeddings' && done === 224));
    assert.ok(events.some(({ stage, done }) => stage === 'iterations' && done === 1000));
    const { images, countries, hashtags: count } = events.at(-1);
    assert.deepEqual(
      [images.used, images.withoutEmbedding.first, countries, count],
      [224, ['no/embedding.jpg'], 7, 28],
    );

    const { hashtags: tags } = summaryOf('map');
    const conceptOf = (tag: string) => (tag === HOSTILE ? 'sea' : tag.split('-')[0]);
    for (const own of tags) {
      assert.equal(own.images, IMAGES);
      if (own.tag !== HOSTILE) assert.equal(own.country, own.tag.split('-')[1]!.toUpperCase());
      assert.equal(own.countryShare, 6 / 8);
      const near = [...tags]
        .sort((one, other) => Math.hypot(one.x - own.x, one.y - own.y) - Math.hypot(other.x - own.x, other.y - own.y))
        .slice(0, COUNTRIES.length);
      assert.deepEqual(new Set(near.map(({ tag }) => conceptOf(tag))), new Set([conceptOf(own.tag)]), own.tag);
    }
    const file = FeatureFile.open(at('map', 'hashtags.safetensors'));
    assert.deepEqual([file.count, file.width, file.names[0]], [28, WIDTH, tags[0]!.tag]);
  });

  describe('its page', () => {
    let browser: Browser;
    before(async function () {
      if (whyNoBrowser()) this.skip();
      browser = await openBrowser();
    });
    after(() => browser?.close());

    it('shows, finds and explains hashtags, asks nobody for anything, and runs no script of a hashtag', async () => {
      const page = await browser.newPage({ viewport: { width: 1200, height: 800 } });
      const problems: string[] = [];
      page.on('pageerror', (error) => problems.push(error.message));
      page.on('request', (request) => {
        if (!request.url().startsWith('file:')) problems.push(request.url());
      });
      const shows = (what: string) =>
        page.waitForFunction(`Number(document.getElementById('shown').textContent) ${what}`);
      await page.goto(pathToFileURL(at('map', 'index.html')).href);
      await shows('=== 28');
      await page.fill('#search', 'WEDDING');
      assert.equal(await page.textContent('#found-count'), '7 hashtags');
      await page.press('#search', 'Enter');
      assert.match((await page.textContent('#chosen-tag'))!, /^#wedding-/);
      assert.match((await page.textContent('#chosen-text'))!, /^8 images; .+, 75 % of the images with a country$/);
      const near = await page.locator('#neighbours .name').allTextContents();
      assert.ok(
        near.slice(0, 6).every((name) => name.startsWith('wedding-')),
        near.join(' '),
      );
      await page.fill('#search', '');
      await page.click('#whole');
      await page.click('text=Kenya');
      await shows('=== 4');
      await page.focus('#plane');
      for (let i = 0; i < 12; i++) await page.keyboard.press('+');
      await shows('< 4');
      await page.keyboard.press('0');
      await shows('=== 4');
      assert.equal(await page.evaluate('window.hacked'), undefined);
      assert.deepEqual(problems, []);
      await page.close();
    });
  });

  it('embeds images itself, and leaves out those that cannot be used', async () => {
    await writeColoured(at('photos'), ['red', 'blue', 'green'], 12);
    await runTraining(tinyConfig(at('photos'), at('run'), 'training.iterations=2'));
    writeFileSync(at('photos', 'red', 'broken.png'), 'no image');
    const lines = ['red', 'blue', 'green'].flatMap((colour) =>
      Array.from({ length: 12 }, (_, i) => ({
        image: `${colour}/${String(i).padStart(3, '0')}.png`,
        hashtags: [`${colour}${i}`],
      })),
    );
    lines.push({ image: 'red/broken.png', hashtags: ['red0', 'lost'] });
    writeFileSync(at('colours.jsonl'), lines.map((line) => JSON.stringify(line)).join('\n'));
    const args = [
      '--checkpoint',
      at('run'),
      '--images',
      at('photos'),
      '--layer',
      'pool',
      '--size',
      '32',
      '--out',
      at('colours'),
    ];
    const { code, stdout, stderr } = hashtags(...args, '--tags', at('colours.jsonl'));
    assert.equal(code, 0, stderr);
    assert.match(stdout, /skipped red\/broken\.png/);
    assert.match(stdout, /36 hashtags of 36 images, 0 countries/);
    const { images, lost, hashtags: tags } = summaryOf('colours');
    assert.deepEqual([images.skipped.length, lost, tags[0]!.country], [1, ['lost'], null]);
    assert.equal(tags.find(({ tag }) => tag === 'red0')!.images, 1);
  });

  it('ends with one line that says what is wrong', () => {
    const wrong = (...args: string[]) => {
      const { code, stderr } = hashtags(...args, '--out', at('wrong'));
      return `${code} ${stderr}`;
    };
    assert.match(wrong(), /^2 error USAGE: give either --features, or --checkpoint and --images/);
    const features = ['--features', at('features.safetensors')];
    assert.match(wrong(...features, '--images', at('photos')), /^2 error USAGE/);
    assert.match(wrong('--features', at('tags.jsonl')), /^1 error CHECKPOINT_DAMAGED/);
    assert.match(
      wrong(...features, '--perplexity', '40'),
      /^1 error TOO_FEW_ROWS: 28 hashtags make no map of perplexity 40/,
    );
    assert.match(wrong(...features, '--most', '20'), /^1 error TOO_FEW_ROWS/);
    assert.match(wrong(...features, '--tags', at('none.jsonl')), /^1 error HASHTAGS_WRONG: .* is no file/);
    assert.match(wrong(...features, '--perplexity', 'many'), /^2 error USAGE/);
  });
});
