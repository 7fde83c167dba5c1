/** `auspex report --fairness` and model cards, from results whose disparities are known to files, and the page in a real browser. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { buildReport } from '../../evals/report/build-report.ts';
import { buildFairnessReport } from '../../evals/report/fairness/build-fairness.ts';
import { togetherInterval } from '../../evals/report/fairness/comparisons.ts';
import type { FairnessReport, IndicatorSection } from '../../evals/report/fairness/fairness-report.ts';
import type { ModelCard, TrainingFacts } from '../../evals/report/model-card.ts';
import type { StoredResult } from '../../evals/report/read-results.ts';
import { type WrittenFairness, writeFairness } from '../../services/report/write-fairness.ts';
import { checkpointToEvaluate } from '../../training/checkpoints/checkpoint-to-evaluate.ts';
import { openBrowser, whyNoBrowser } from '../dashboard/browser.ts';
import { auspex } from '../services/cli/run.ts';
import { runTraining, tinyConfig, writePhotos } from '../training/tiny-training.ts';
import { type MadeUpAttribute, madeUpRetrieval, people, writeMadeUpGroups } from './made-up-groups.ts';
import { madeUpResult, metric, writeResult } from './made-up-results.ts';

const HOSTILE = `"><script>globalThis.hacked=1</script><img src=x onerror="globalThis.hacked=1">'|</style>&amp;`;

describe('fairness report', function () {
  this.timeout(120_000);
  let folder: string;
  let out: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'auspex-fairness-'));
    out = path.join(folder, 'out');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const reportOf = (...results: StoredResult[]): FairnessReport =>
    buildFairnessReport(
      buildReport(
        results.map((result, i) => ({ file: `/results/${i}/result.json`, result })),
        new Map(),
        { title: 'Made up' },
      ),
    );
  const retrieval = ({ indicators }: FairnessReport): IndicatorSection =>
    indicators.find(({ protocol }) => protocol === 'same-attribute-retrieval')!;
  const attribute = (report: FairnessReport, name: string, measure = 'P@1') =>
    retrieval(report).attributes.find((each) => each.attribute === name && each.measure === measure)!;

  it('finds a planted disparity with its sign and size, and none where there is none', () => {
    const report = reportOf(madeUpRetrieval(people(0.24)));
    const [gender, skintone] = [attribute(report, 'gender'), attribute(report, 'skintone')];
    const { highest, lowest, difference, verdict, ratio } = gender.disparities[0]!;
    assert.deepEqual([highest, lowest, verdict], ['male', 'female', 'apart']);
    assert.ok(Math.abs(difference.value - 24) < 1e-9 && Math.abs(ratio!.value - 0.715 / 0.955) < 1e-9);
    assert.equal(skintone.disparities[0]!.verdict, 'not told apart');
    assert.match(report.comparisons.note, /^8 differences are looked at/);
  });

  it('has wider intervals over all comparisons, and says where those alone do not tell groups apart', () => {
    const close = ({ low, high }: { low: number; high: number }, wanted: readonly number[]) =>
      [low, high].every((value, i) => Math.abs(value - wanted[i]!) < 0.01);
    const interval = { value: 4, low: 2, high: 5 };
    assert.deepEqual(togetherInterval(interval, 1), { low: 2, high: 5 });
    // Normal quantiles 3.0233 (0.05 / 40) by 1.9600.
    assert.ok(close(togetherInterval(interval, 20), [4 - 2 * 1.5425, 4 + 1.5425]), 'twenty');
    const groups = [
      { group: 'a', value: 0.5, images: 500 },
      { group: 'b', value: 0.54, images: 500 },
    ];
    const alone: MadeUpAttribute = { attribute: 'gender', groups, half: 0.035 };
    assert.equal(attribute(reportOf(madeUpRetrieval([alone])), 'gender').disparities[0]!.verdict, 'perhaps');
    assert.equal(
      attribute(reportOf(madeUpRetrieval([{ ...alone, half: 0.02 }])), 'gender').disparities[0]!.verdict,
      'apart',
    );
    assert.equal(
      attribute(reportOf(madeUpRetrieval([{ ...alone, half: 0.041 }])), 'gender').disparities[0]!.verdict,
      'not told apart',
    );
  });

  it("stands in the paper's Tables 1 and 2 on all images, with differences signed as printed, whoever is ahead", () => {
    for (const gap of [0.24, -0.03]) {
      const { tables } = retrieval(reportOf(madeUpRetrieval(people(gap))));
      assert.deepEqual(
        tables.map(({ table }) => table),
        [1, 2],
      );
      const [one, two] = tables;
      assert.equal(one!.columns.length, 12);
      assert.equal(one!.columns.indexOf('gender x skintone: female x darker'), 4);
      const seer = one!.paper.find(({ attributes }) => attributes.includes('RG-10B'));
      assert.deepEqual(seer!.figures.slice(0, 5), ['93.9', '95.8', '92.9', '96.2', '90.3']);
      assert.ok(Math.abs(one!.ours[0]!.figures[0]!.value - 100 * (0.955 - gap)) < 1e-9);
      const [gender, skintone] = two!.ours[0]!.figures;
      assert.ok(Math.abs(gender!.value - 100 * gap) < 1e-9, `male - female is ${gender!.value}`);
      assert.ok(gender!.low < gender!.value && gender!.value < gender!.high);
      assert.ok(Math.abs(skintone!.value - 1.2) < 1e-9);
      assert.ok(Math.abs(gender!.delta!.value - (100 * gap - 9)) < 1e-9, 'to SEER RG-128Gf');
      assert.equal(gender!.of, 'layer pool');
    }
  });

  it('says why a result on other images stands beside no table, and shows it all the same', () => {
    const few = madeUpRetrieval(people(0.1), { data: { images: { test: 200, val: 24_108 } } });
    const { tables, notBeside, attributes } = retrieval(reportOf(few));
    assert.deepEqual(tables, []);
    assert.match(notBeside.join(), /scores 200 images, where the dataset has 2,982/);
    assert.ok(attributes.length > 0);
    const searched = madeUpRetrieval(people(0.1), { data: { images: { test: 2982, val: 100 } } });
    assert.match(retrieval(reportOf(searched)).notBeside.join(), /searches 100 images/);
    const aFewLess = madeUpRetrieval(people(0.1), { data: { images: { test: 2982, val: 24_105 } } });
    assert.equal(retrieval(reportOf(aFewLess)).tables.length, 2);
  });

  it('shows groups that are too small or not judged, and compares neither', () => {
    const report = reportOf(madeUpRetrieval(people(0.1)));
    const [age, gender] = [attribute(report, 'age'), attribute(report, 'gender')];
    const old = age.groups.find(({ group }) => group === '70+')!.figures[0]!;
    assert.deepEqual([old.status, old.images, old.units, old.figure!.value], ['too few', 21, 11, 90]);
    assert.notEqual(age.disparities[0]!.highest, '70+');
    const other = gender.groups.find(({ group }) => group === 'other')!.figures[0]!;
    assert.deepEqual([other.status, other.figure, other.unjudged], ['not judged', undefined, 25]);
    assert.deepEqual(gender.unlabelled, [4]);
    const lonely = reportOf(
      madeUpRetrieval([{ attribute: 'gender', groups: [{ group: 'female', value: 0.5, images: 900 }] }]),
    );
    assert.deepEqual(attribute(lonely, 'gender').disparities, [null]);
    assert.match(lonely.comparisons.note, /No two groups are large enough/);
  });

  it('puts checkpoints side by side, the measures of the paper first', () => {
    const twin = { checkpoint: { untrained: true } };
    const report = reportOf(madeUpRetrieval(people(0.09)), madeUpRetrieval(people(0.24), twin));
    const values = attribute(report, 'gender').disparities.map((disparity) => Math.round(disparity!.difference.value));
    assert.deepEqual(values, [9, 24]);
    const measures = new Set(
      retrieval(report)
        .attributes.filter(({ isMain }) => isMain)
        .map(({ measure }) => measure),
    );
    assert.deepEqual([...measures], ['P@1']);
    assert.equal(report.missing.length, 4);
  });

  it('writes page, Markdown, JSON and a model card of each checkpoint by the command line', async () => {
    await writeMadeUpGroups(path.join(folder, 'results'));
    const { code, json, stderr } = auspex([
      'report',
      '--fairness',
      path.join(folder, 'results'),
      '--out',
      out,
      '--json',
    ]);
    assert.equal(code, 0, stderr);
    const { report, files, cards } = json<WrittenFairness>();
    assert.deepEqual(readdirSync(out).sort(), [
      ...['fairness.html', 'fairness.json', 'fairness.md', 'model-card-trained-untrained.json'],
      ...['model-card-trained-untrained.md', 'model-card-trained.json', 'model-card-trained.md'],
    ]);
    assert.deepEqual(JSON.parse(readFileSync(files.json, 'utf8')), report);
    assert.deepEqual(
      report.indicators.map(({ protocol, tables }) => [protocol, tables.map(({ table }) => table)]),
      [
        ['same-attribute-retrieval', [1, 2]],
        ['label-association', [3, 3, 3, 3]],
        ['dollar-street', [5]],
        ['hateful-memes', [6]],
      ],
    );
    assert.deepEqual(report.missing, ['Geolocalisation']);
    const markdown = readFileSync(files.markdown, 'utf8');
    assert.match(markdown, /treat these results as a validation of use of a model/);
    assert.match(markdown, /\| 70\+ \| 90\.0 \(.*of 21, 11 persons; too few to compare\)/);
    for (const row of markdown.split('\n').filter((line) => line.startsWith('|'))) assert.match(row, / \|$/);
    const trained = cards.find(({ model }) => model.label === 'trained')!;
    assert.equal(trained.evaluations.length, 5, 'a card has results of all kinds');
    const again = await writeFairness([path.join(folder, 'results')], path.join(folder, 'again'), {
      title: 'Evaluations',
    });
    for (const [i, file] of files.cards.entries()) {
      assert.equal(
        readFileSync(again.files.cards[i]!, 'utf8'),
        readFileSync(file, 'utf8'),
        'equal results, equal files',
      );
    }
    assert.equal(readFileSync(again.files.html, 'utf8'), readFileSync(files.html, 'utf8'));
  });

  it('refuses results of which none has to do with fairness, and writes nothing', () => {
    writeResult(path.join(folder, 'probe'), madeUpResult());
    const { code, stderr } = auspex(['report', '--fairness', path.join(folder, 'probe'), '--out', out]);
    assert.equal(code, 1);
    assert.match(stderr, /None of 1 results has to do with fairness/);
    assert.ok(!readdirSync(folder).includes('out'));
  });

  describe('model cards', () => {
    const card = async (...results: StoredResult[]): Promise<{ card: ModelCard; markdown: string }> => {
      for (const [i, result] of results.entries()) writeResult(path.join(folder, 'results', `${i}`), result);
      const { cards, files } = await writeFairness([path.join(folder, 'results')], out, { title: 'Made up' });
      return { card: cards[0]!, markdown: readFileSync(files.cards[0]!, 'utf8') };
    };

    it('has what results say, limits that follow from them, and what only people can write', async () => {
      const probe = madeUpResult({ data: { images: { train: 100, test: 50 } }, metrics: [metric('top1', 0.5, 50)] });
      const { card: made, markdown } = await card(madeUpRetrieval(people(0.1)), probe);
      assert.ok('unknown' in made.training && /does not lie in a run folder/.test(made.training.unknown));
      const limits = made.limits.join('\n');
      assert.match(limits, /Nothing is known of its training/);
      assert.match(limits, /Not measured: Indicator 2/);
      assert.match(limits, /2 of 13 groups are too small/);
      assert.match(limits, /Up to 4 images/);
      assert.match(limits, /1 of 2 results are not of the images of the paper's tables/);
      assert.match(markdown, /## To be written by its makers\n\n- Who made the model/);
      assert.match(markdown, /female \| 85\.5 \(/);
    });

    it('has the training of a checkpoint where its run folder is there, and not that of another one', async () => {
      const photos = path.join(folder, 'photos');
      await writePhotos(photos, 24);
      const run = path.join(folder, 'runs', 'first');
      await runTraining(tinyConfig(photos, run));
      const { path: checkpoint, digest, step } = await checkpointToEvaluate(run);
      const result = madeUpRetrieval(people(0.1), { checkpoint: { path: checkpoint, digest, step } });
      const { card: made, markdown } = await card(result);
      const facts = made.training as TrainingFacts;
      assert.deepEqual(
        [facts.status, facts.batchSize, facts.seed, facts.images, facts.folder],
        ['finished', 8, 3, 24, run],
      );
      assert.ok(facts.loss! > 0 && facts.runId.length === 36);
      assert.match(markdown, /Run: .*finished/);
      assert.match(markdown, /```yaml\n[^`]*batchSize: 8/);
      assert.doesNotMatch(made.limits.join(), /Nothing is known/);

      const other = await card({ ...result, checkpoint: { ...result.checkpoint, digest: 'b2'.repeat(32) } });
      assert.match((other.card.training as { unknown: string }).unknown, /is another checkpoint by now/);
      writeFileSync(path.join(run, 'run.json'), 'broken');
      const broken = await card(result);
      assert.match((broken.card.training as { unknown: string }).unknown, /cannot be read/);
    });
  });

  describe('the page', () => {
    let browser: Browser | undefined;
    before(async function () {
      const reason = whyNoBrowser();
      if (reason !== undefined) {
        console.error(`skipped: ${reason}`);
        this.skip();
      }
      browser = await openBrowser();
    });
    after(() => browser?.close());

    it('fits a phone and a desk, is readable without sight, and asks for nothing', async () => {
      await writeMadeUpGroups(path.join(folder, 'results'));
      const { files } = await writeFairness([path.join(folder, 'results')], out, { title: 'Twins' });
      for (const width of [360, 1100]) {
        const page = await browser!.newPage({ viewport: { width, height: 800 } });
        const asked: string[] = [];
        page.on('request', (request) => asked.push(request.url()));
        const problems: string[] = [];
        page.on('console', (message) => problems.push(message.text()));
        await page.goto(pathToFileURL(files.html).href);
        const [scroll, client] = await page.evaluate<[number, number]>(
          '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
        );
        assert.ok(scroll <= client, `${scroll} in ${client}`);
        assert.equal(asked.length, 1);
        assert.deepEqual(problems, []);
        const count = (selector: string) => page.locator(selector).count();
        assert.equal(await count('th:not([scope])'), 0);
        assert.equal(await count('svg:not([role=img]):not([aria-hidden=true])'), await count('[aria-hidden=true] svg'));
        assert.ok((await page.locator('.flag').allInnerTexts()).includes('too few to compare'));
        await page.close();
      }
    });

    it('shows hostile names as text, on the page, in Markdown and in cards', async () => {
      const attribute = { attribute: HOSTILE, unit: HOSTILE, groups: [{ group: HOSTILE, value: 0.5, images: 40 }] };
      const hostile = madeUpRetrieval([attribute, ...people(0.1)], {
        checkpoint: { path: HOSTILE, architecture: HOSTILE, digest: HOSTILE },
        data: { name: HOSTILE },
        files: { map: HOSTILE },
      });
      writeResult(path.join(folder, 'hostile'), hostile);
      const { files } = await writeFairness([path.join(folder, 'hostile')], out, { title: HOSTILE });
      const page = await browser!.newPage();
      await page.goto(pathToFileURL(files.html).href);
      assert.equal(
        await page.evaluate("globalThis.hacked === undefined && document.querySelector('script, img[src=x]') === null"),
        true,
      );
      for (const file of [files.markdown, ...files.cards]) {
        assert.doesNotMatch(readFileSync(file, 'utf8'), /(^|[^\\])<(script|img)/);
      }
      await page.close();
    });
  });
});
