import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import path from 'node:path';
import vm from 'node:vm';
import sharp from 'sharp';
import { buildCharts, movingAverage } from '../../../training/run-page/charts.ts';
import { formatDuration, formatNumber } from '../../../training/run-page/format.ts';
import { makeThumbnail, type RunPageData, renderRunPage } from '../../../training/run-page/run-page.ts';
import { exampleRunPage } from './run-page-example.ts';

const HOSTILE = `"><script>alert(1)</script><img src=x onerror=alert(1)>'</pre></style>\u0000&amp;`;

describe('run page', () => {
  let data: RunPageData;
  let page: string;
  before(async () => {
    data = await exampleRunPage();
    page = renderRunPage(data);
  });

  /** The page without its data URIs and scripts. */
  const visible = (text: string) =>
    text.replaceAll(/data:image\/jpeg;base64,[\w+/=]+/g, '').replaceAll(/<script[\s\S]*?<\/script>/g, '');

  it('has every section, and leaves out those without data', () => {
    const sections = (text: string) => [...text.matchAll(/<section id="([\w-]+)">/g)].map(([, id]) => id);
    assert.deepEqual(sections(page), ['held-out', 'neighbours', 'curves', 'details']);
    const { neighbours, ...rest } = data;
    assert.deepEqual(sections(renderRunPage({ ...rest, metrics: [], heldOut: [] })), ['details']);
    assert.match(page, /^<!doctype html>\n<html lang="en">/);
    assert.match(page, /<meta name="viewport"/);
  });

  it('loads nothing: no address in any attribute or style, and a policy that forbids it', () => {
    const used = visible(page).match(/https?:|\/\/[a-z]|url\(|@import|<link|<iframe|<base/gi);
    assert.equal(used, null);
    for (const [, source] of page.matchAll(/\bsrc="([^"]*)"/g)) assert.match(source!, /^data:image\/jpeg;base64,/);
    assert.match(page, /default-src &#39;none&#39;/);
  });

  it('allows exactly the scripts that it contains, and they parse', () => {
    const scripts = [...page.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, script]) => script!);
    assert.equal(scripts.length, 2);
    for (const script of scripts) {
      const hash = createHash('sha256').update(script).digest('base64');
      assert.ok(page.includes(`sha256-${hash.replaceAll("'", '&#39;')}`), 'the policy has the hash of each script');
      new vm.Script(script);
    }
  });

  it('shows a curve per measure with what it says in words, and the line ln K', () => {
    const charts = JSON.parse(/id="chart-data">(.*?)<\/script>/.exec(page)![1]!) as { title: string }[];
    assert.deepEqual(
      charts.map(({ title }) => title),
      ['Loss', 'Effective rank', 'Held-out score', 'Prototype use', 'Learning rate', 'Images per second'],
    );
    assert.match(page, /aria-label="Loss: from 4\.8\d? to 1\.\d+ over 4260 steps; ln K 4\.85\./);
    assert.equal(page.match(/tabindex="0" role="img"/g)?.length, charts.length);
  });

  it('puts the held-out score beside its baselines with intervals and bars on one scale', () => {
    for (const { rows } of data.heldOut)
      for (const { name } of rows) assert.ok(page.includes(`<th scope="row">${name}</th>`));
    assert.match(page, /class="trained">[\s\S]*?38\.0\u00a0%[\s\S]*?33\.7\u00a0% – 42\.6\u00a0%/);
    const widths = [...page.matchAll(/class="value" x="0" y="3" width="([\d.]+)%"/g)].map(([, width]) => Number(width));
    const expected = data.heldOut.flatMap(({ rows }, i) => rows.map(({ value }) => (100 * value) / [0.4, 0.5][i]!));
    widths.forEach((width, i) => {
      assert.ok(Math.abs(width - expected[i]!) < 0.01, `bar ${i}: ${width} % instead of ${expected[i]} %`);
    });
    assert.equal(widths.length, expected.length);
  });

  it('tells a correct neighbour in words and by a sign, not by colour alone', () => {
    const neighbours = data.neighbours!.rows.flatMap((row) => row.neighbours);
    const correct = neighbours.filter((neighbour) => neighbour.correct).length;
    assert.equal(page.match(/<figure class="hit">/g)?.length, correct);
    assert.equal(page.match(/<b>✓ <\/b>/g)?.length, correct);
    assert.equal(page.match(/alt="Neighbour \d, correct: /g)?.length, correct);
    assert.equal(page.match(/alt="Neighbour \d, not correct: /g)?.length, neighbours.length - correct);
  });

  it('counts skipped images by reason and names the photographers', () => {
    assert.match(page, /TRUNCATED<\/th><td class="number">2<\/td>[\s\S]*heron 3\.jpg: the JPEG ends/);
    assert.match(page, /<!-- uPlot\nThe MIT License[^>]*Leon Sorokin[^>]*-->/, 'and the licence of the code inside');
    for (const { author, licence } of data.attributions) assert.ok(page.includes(author) && page.includes(licence));
  });

  it('escapes whatever comes from outside', () => {
    const hostile: RunPageData = {
      ...data,
      title: HOSTILE,
      summary: HOSTILE,
      run: {
        ...data.run,
        reason: HOSTILE,
        versions: { [HOSTILE]: HOSTILE },
        machine: { ...data.run.machine, cpu: HOSTILE },
      },
      heldOut: [{ title: HOSTILE, question: HOSTILE, rows: [{ name: HOSTILE, kind: 'trained', value: 0.5 }] }],
      neighbours: {
        caption: HOSTILE,
        rows: [
          {
            query: { name: HOSTILE, dataUri: HOSTILE },
            neighbours: [{ name: HOSTILE, dataUri: HOSTILE, similarity: 1, correct: true }],
          },
        ],
      },
      config: HOSTILE,
      skipped: [{ step: 1, image: HOSTILE, code: HOSTILE, reason: HOSTILE }],
      attributions: [{ name: HOSTILE, author: HOSTILE, licence: HOSTILE, source: HOSTILE }],
    };
    const text = renderRunPage(hostile);
    assert.doesNotMatch(text, /<script>alert|<img src=x/);
    assert.equal(text.match(/<script/g)?.length, 3);
    assert.equal(text.match(/<\/style>/g)?.length, 1);
    assert.ok(text.includes('&amp;amp;'), 'what looks like an entity stays text');
    // No attribute was left early: between < and > quotes come in pairs.
    for (const [tag] of visible(text).matchAll(/<[a-z][^<>]*>/g))
      assert.equal((tag.match(/"/g)?.length ?? 0) % 2, 0, tag);
  });

  it('is the same text for the same data, and small', () => {
    assert.equal(renderRunPage(data), page);
    assert.ok(visible(page).length < 60_000, `${visible(page).length} characters without pictures and scripts`);
  });

  it('shows a run that failed before its first step', () => {
    const text = renderRunPage({
      ...data,
      metrics: [],
      heldOut: [],
      run: { ...data.run, status: 'failed', reason: 'the disk is full', endedAt: undefined },
    });
    assert.match(text, /<b>Failed<\/b>: the disk is full/);
    assert.doesNotMatch(visible(text), /NaN|undefined|Infinity/);
  });
});

describe('charts of a run', () => {
  const step = (n: number, loss: number | null) => ({
    kind: 'step' as const,
    step: n,
    epoch: 0,
    loss,
    learningRate: n,
    imagesPerSecond: 1,
    dataWaitShare: 0,
    prototypeEntropy: 1,
    prototypesUsed: 1,
    time: '',
  });

  it('average long runs into few points, without moving the last step', () => {
    const metrics = Array.from({ length: 100_000 }, (_, i) => step(i + 1, 2));
    const [loss] = buildCharts(metrics, 100);
    assert.ok(loss!.steps.length <= 600);
    assert.equal(loss!.steps.at(-1), 100_000);
    assert.ok(loss!.line.every((value) => value === 2));
  });

  it('leave a gap for a loss that was not finite instead of drawing a zero', () => {
    const [loss] = buildCharts([step(1, 3), step(2, null), step(3, 3)], 100);
    assert.deepEqual(loss!.raw, [3, null, 3]);
    assert.deepEqual(movingAverage([1, null, 3, 9], 1), [1, 2, 6, 6]);
  });
});

describe('numbers on the page', () => {
  it('keep three digits and stay readable', () => {
    assert.deepEqual([0.0093, 4.8520302, 142.4, 4260, 0, 9.5e-8, Number.NaN].map(formatNumber), [
      '0.0093',
      '4.85',
      '142',
      '4,260',
      '0',
      '9.5e-8',
      '–',
    ]);
    assert.deepEqual([4, 90, 3599, 5025, 200_000].map(formatDuration), [
      '4\u00a0s',
      '2\u00a0min',
      '1\u00a0h 0\u00a0min',
      '1\u00a0h 24\u00a0min',
      '2\u00a0d 7\u00a0h',
    ]);
  });
});

describe('thumbnail', () => {
  const photo = path.join(import.meta.dirname, '..', '..', 'fixtures', 'crops_photo0.jpg');
  const decode = (uri: string) => sharp(Buffer.from(uri.split(',')[1]!, 'base64'));

  it('is a small square JPEG, from a file, bytes or pixels', async () => {
    const { data: pixels, info } = await sharp(photo).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    const sources = [photo, await sharp(photo).png().toBuffer(), { pixels, width: info.width, height: info.height }];
    for (const source of sources) {
      const uri = await makeThumbnail(source, undefined, 96);
      const { format, width, height } = await decode(uri).metadata();
      assert.deepEqual([format, width, height], ['jpeg', 96, 96]);
      assert.ok(uri.length < 12_000);
    }
  });

  it('shows only the region asked for', async () => {
    const pixels = new Uint8Array(40 * 20 * 3);
    for (let i = 0; i < 40 * 20; i++) pixels[3 * i + (i % 40 < 20 ? 0 : 2)] = 255; // left half red, right half blue
    const uri = await makeThumbnail({ pixels, width: 40, height: 20 }, { left: 20, top: 0, width: 20, height: 20 }, 16);
    const { channels } = await decode(uri).stats();
    assert.ok(channels[0]!.mean < 15 && channels[2]!.mean > 240);
  });
});
