import assert from 'node:assert/strict';
import { catalogue } from '../../../evals/datasets/catalogue.ts';
import { buildReport } from '../../../evals/report/build-report.ts';
import { placeInPaper } from '../../../evals/report/placement.ts';
import type { FoundResult, StoredResult } from '../../../evals/report/read-results.ts';
import { type Changes, madeUpResult, metric } from '../../report/made-up-results.ts';

const found = (...results: readonly StoredResult[]): FoundResult[] =>
  results.map((result, i) => ({ file: `/results/${i}/result.json`, result }));
const build = (results: readonly StoredResult[], baseline?: string) =>
  buildReport(found(...results), new Map(), { title: 'Test', baseline });
const UNTRAINED = { untrained: true };
const place = (changes: Changes) => placeInPaper(madeUpResult(changes)).text;

describe('what stands beside the paper', () => {
  it('is the same benchmark on all of the same images', () => {
    assert.equal(place({}), 'Table 17');
    assert.equal(place({ protocol: 'knn' }), 'no such figure in the paper');
    assert.equal(place({ data: { name: 'folder' } }), 'no such figure in the paper');
    assert.equal(place({ metrics: [metric('top1', 0.5, 500)] }), 'scores 500 images, where the dataset has 1,880');
    assert.equal(
      place({ data: { images: { train: 100, test: 1880 } } }),
      'trains on 100 images, where the dataset has 1,880',
    );
    assert.equal(place({ metrics: [metric('macro-F1', 0.5, 1880)] }), 'no such figure in the paper');
  });

  it('may lack images that could not be decoded, and no others', () => {
    const skipped = [{ name: 'broken.jpg', code: 'TRUNCATED', message: 'it ends early' }];
    const data = { images: { train: 1880, test: 1879 } };
    const metrics = [metric('top1', 0.5, 1879)];
    assert.equal(place({ data: { ...data, skipped }, metrics }), 'Table 17');
    assert.match(place({ data, metrics }), /^scores 1,879 images/);
  });

  it('is whole as the catalogue has it, and never half, for every dataset and what is trained on it', () => {
    const trained = { 'hateful-memes': 'hateful-memes', im2gps: 'geolocalisation', im2gps3k: 'geolocalisation' };
    const figures = ['top1', 'mean-per-class', 'mAP', 'macro-F1', 'ROC AUC', 'within 1 km'];
    let whole = 0;
    for (const { name, splits } of catalogue) {
      const train = splits.train?.images;
      const scored = (splits.test ?? splits.val)?.images;
      if (train === undefined || scored === undefined) continue;
      for (const protocol of ['linear-probe', 'fine-tune', ...Object.values(trained)]) {
        const of = { classifier: 'linear', partitions: 'all' };
        const metrics = figures.map((figure) => ({ ...metric(figure, 0.5, scored), of }));
        const placed = (trainImages: number) =>
          placeInPaper(
            madeUpResult({ protocol, data: { name, images: { train: trainImages, test: scored } }, metrics }),
          );
        if (placed(train).text === 'no such figure in the paper') continue;
        whole += 1;
        assert.ok(placed(train).places.length > 0, `${protocol} on ${name}: ${placed(train).text}`);
        assert.match(placed(train / 2).text, /^trains on /, `${protocol} on ${name}`);
      }
    }
    assert.ok(whole > 25, `${whole} benchmarks`);
  });

  it('may lack what has vanished from the Web where downloads differ', () => {
    const kinetics = (test: number) =>
      place({ data: { name: 'kinetics-700', images: { train: 500_000, test } }, metrics: [metric('top1', 0.5, test)] });
    assert.match(kinetics(33_900), /^Table/);
    assert.match(kinetics(20_000), /^scores 20,000 images/);
  });

  it('knows shares of low-shot learning, blocks of copies, and their distractors', () => {
    const lowShot = (share: number) =>
      placeInPaper(
        madeUpResult({
          ...{ protocol: 'low-shot', options: { share }, data: { name: 'imagenet' } },
          metrics: [metric('top1', 0.5, 50_000)],
        }),
      ).places.map(({ table, column }) => `${table.number} ${table.columns[column]!.name}`);
    assert.deepEqual(lowShot(0.01), ['18 1%']);
    assert.deepEqual(lowShot(0.1), ['18 10%']);
    assert.deepEqual(lowShot(0.5), []);
    const copies = (block: string, val: number) =>
      place({
        ...{ protocol: 'copy-detection', data: { name: 'copydays', images: { val, test: 229 } } },
        metrics: [{ ...metric('mAP', 0.8, 229), of: { block } }],
      });
    assert.equal(copies('strong', 10_157), 'Table 10');
    assert.equal(copies('jpeg/50', 10_157), 'no such figure in the paper');
    assert.equal(copies('strong', 157), 'searches 157 images, where the paper has 10,157');
  });

  it('may be in two tables', () => {
    const data = { name: 'dsprites-location', images: { train: 589_824, test: 147_456 } };
    assert.equal(place({ data, metrics: [metric('top1', 0.9, 147_456)] }), 'Tables 8, 17');
  });
});

describe('a report', () => {
  it('sets checkpoints side by side, with differences to one of them', () => {
    const report = build(
      [madeUpResult(), madeUpResult({ checkpoint: UNTRAINED, metrics: [metric('top1', 0.4, 1880)] })],
      'trained, untrained',
    );
    assert.deepEqual(
      report.checkpoints.map(({ label }) => label),
      ['trained', 'trained, untrained'],
    );
    const [row] = report.benchmarks;
    assert.deepEqual([row!.dataset, row!.unit, report.benchmarks.length], ['dtd', 'per cent', 1]);
    const [trained, untrained] = row!.figures;
    assert.ok(Math.abs(trained!.value - 61.2) < 1e-9);
    assert.ok(Math.abs(trained!.delta!.value - 21.2) < 1e-9);
    assert.equal(untrained!.delta, undefined, 'a baseline has no difference to itself');
    // Both intervals are 100 / sqrt(1880) wide to each side, so that of the difference is sqrt(2) times as wide.
    const half = (trained!.delta!.high - trained!.delta!.low) / 2;
    assert.ok(Math.abs(half - (Math.SQRT2 * 100) / Math.sqrt(1880)) < 1e-9);
    assert.deepEqual(
      report.deltas.map(({ name, tasks }) => [name, tasks.map(({ task }) => task)]),
      [['trained', ['dtd']]],
    );
  });

  it('takes differences to the row of the paper that is asked for', () => {
    const deltaTo = (baseline?: string) => build([madeUpResult()], baseline).tables[0]!.ours[0]!.figures[0]!.delta!;
    assert.ok(Math.abs(deltaTo().value - (61.2 - 78.62)) < 1e-9, 'SEER RG-128Gf by itself');
    assert.ok(Math.abs(deltaTo('seer rg10b').value - (61.2 - 81.1)) < 1e-9);
    const { low, value, high } = deltaTo();
    assert.ok(
      Math.abs(high - value - 100 / Math.sqrt(1880)) < 1e-9,
      "only ours has an interval, for the paper's have none",
    );
    assert.ok(low < value);
    assert.throws(() => build([madeUpResult()], 'nobody'), {
      code: 'UNKNOWN_BASELINE',
      message: /SEER RG-128Gf.*CLIP/,
    });
  });

  it("has the paper's columns for which there is a result, and no others", () => {
    const [table] = build([madeUpResult()]).tables;
    assert.deepEqual([table!.columns, table!.columnsInPaper, table!.paper.length], [['DTD (textures)'], 25, 39]);
    assert.deepEqual(
      table!.paper.filter(({ isBaseline }) => isBaseline).map(({ figures }) => figures),
      [['78.62']],
    );
    assert.deepEqual(build([madeUpResult({ data: { name: 'folder' } })]).tables, []);
  });

  it('says where ours is a mean over classes', () => {
    const data = { name: 'oxford-pets', images: { train: 3680, test: 3669 } };
    const { tables } = build([madeUpResult({ data, metrics: [metric('mean-per-class', 0.8, 3669)] })]);
    assert.equal(tables[0]!.ours[0]!.figures[0]!.of, 'mean over classes');
  });

  it('warns where options or images of a row differ, and names them', () => {
    const other = (changes: Changes) => build([madeUpResult(), madeUpResult({ checkpoint: UNTRAINED, ...changes })]);
    assert.deepEqual(other({}).warnings, []);
    const options = { ...madeUpResult().options, epochs: 5 };
    assert.deepEqual(other({ options }).warnings, [
      'linear-probe on dtd: the results were made with different options: epochs is 28 and 5.',
    ]);
    const [warning] = other({ data: { digest: 'ee'.repeat(32) } }).warnings;
    assert.match(
      warning!,
      /^linear-probe on dtd: the results are of different images or labels: .* and eeeeeeeeeeee\.$/,
    );
  });

  it('gives a checkpoint that was evaluated in several ways a row for each', () => {
    const options = madeUpResult().options;
    const results = [224, 96].map((size) => madeUpResult({ options: { ...options, size } }));
    const { benchmarks, warnings, tables } = build(results);
    assert.deepEqual(
      benchmarks.map(({ variant }) => variant),
      ['size 224', 'size 96'],
    );
    assert.deepEqual(warnings, []);
    assert.deepEqual(
      tables[0]!.ours.map(({ attributes }) => attributes[0]),
      ['trained (size 224)', 'trained (size 96)'],
    );
  });

  it('refuses the same result twice', () => {
    assert.throws(() => build([madeUpResult(), madeUpResult({ time: '2026-11-21T00:00:00.000Z' })]), {
      code: 'RESULT_DUPLICATE',
      message: /\/results\/1\/result\.json.*\/results\/0\/result\.json/,
    });
  });

  it('names checkpoints apart as briefly as it can', () => {
    const at = (path: string, step: number, digest: string) => madeUpResult({ checkpoint: { path, step, digest } });
    const labels = (...results: readonly StoredResult[]) => build(results).checkpoints.map(({ label }) => label);
    assert.deepEqual(labels(at('/runs/a/checkpoints/step-1', 1, 'x'), at('/runs/b', 1, 'y')), ['a', 'b']);
    assert.deepEqual(labels(at('/runs/a', 1, 'x'), at('/runs/a', 2, 'y')), ['a, step 1', 'a, step 2']);
    assert.deepEqual(labels(at('/one/a', 1, 'x'), at('/two/a', 1, 'y')), ['a, x', 'a, y']);
  });

  it('draws sizes of models for what is out of domain only', () => {
    const metrics = [metric('top1', 0.2, 7500)];
    const { modelSizes } = build([madeUpResult({ protocol: 'out-of-domain', data: { name: 'imagenet-a' }, metrics })]);
    assert.deepEqual(
      modelSizes.map(({ dataset, paper }) => [dataset, paper.length]),
      [['INet-A', 9]],
    );
    assert.deepEqual(
      modelSizes[0]!.ours.map(({ parameters, value }) => [parameters, value]),
      [[37_163_068, 20]],
    );
    assert.deepEqual(build([madeUpResult()]).modelSizes, []);
  });

  it('shows metrics that are no shares as they are', () => {
    const { benchmarks, further } = build([
      madeUpResult({ metrics: [metric('top1', 0.5, 10), metric('loss', 0.7, 10)] }),
    ]);
    assert.deepEqual([benchmarks[0]!.figures[0]!.value, further[0]!.figures[0]!.value], [50, 0.7]);
    assert.equal(further[0]!.unit, '');
  });
});
