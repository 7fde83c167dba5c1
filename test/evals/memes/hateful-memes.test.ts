/** HatefulMemes: the published layout, how it is trained, and from pictures and texts to a figure that is known beforehand. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import type { Dataset } from '../../../evals/datasets/dataset.ts';
import { FeatureCache } from '../../../evals/features/feature-cache.ts';
import { AdamW } from '../../../evals/memes/adamw.ts';
import { averageCells } from '../../../evals/memes/cells.ts';
import { Perceptron } from '../../../evals/memes/perceptron.ts';
import { type MemeTraining, memeRate, trainOnMemes, usefulIterations } from '../../../evals/memes/train-memes.ts';
import { type HatefulMemesOptions, hatefulMemes } from '../../../evals/protocols/hateful-memes.ts';
import { runEvaluation } from '../../../evals/run-evaluation.ts';
import { OnnxTextEncoder } from '../../../evals/text/text-encoder.ts';
import { regnetTrunk } from '../../../model/regnet.ts';
import { gaussian, uniform } from '../../random.ts';
import { temporaryFolder } from '../../training/tiny-training.ts';
import { layOut, listed, opened } from '../datasets/layouts.ts';
import { fetchTextModel } from '../text/text-model.ts';

const PAPER: MemeTraining = {
  ...{ hidden: [768, 768], iterations: 22_000, batchSize: 64, learningRate: 8e-5, warmupIterations: 2000 },
  ...{ decay: 1e-5, decayEvery: 500, epsilon: 1e-8, weightDecay: 0.01, evaluateEvery: 500 },
};

describe('hateful memes', function () {
  this.timeout(300_000);
  const temporary = temporaryFolder();
  after(() => temporary.remove());

  describe('the published layout', () => {
    const meme = (id: number, label: number | undefined, text = `text ${id}`) =>
      JSON.stringify({ id, img: `img/${id}.png`, ...(label !== undefined && { label }), text });
    const images = Object.fromEntries([1, 2, 3, 4].map((id) => [`img/${id}.png`, null]));
    const lay = async (name: string, files: Record<string, string>) => {
      const folder = path.join(temporary.path, name);
      await layOut(folder, { ...images, ...files });
      return folder;
    };

    it('gives pictures, classes and texts of both editions', async () => {
      for (const dev of ['dev.jsonl', 'dev_seen.jsonl']) {
        const folder = await lay(dev, {
          'train.jsonl': `${meme(1, 0, 'their "character"')}\n${meme(2, 1)}\n`,
          [dev]: `${meme(3, 1)}\n${meme(4, 0)}\n`,
          'test.jsonl': `${meme(5, undefined)}\n`,
        });
        const data = await opened('hateful-memes', folder);
        assert.deepEqual(await listed(data, 'train'), [
          ['img/1.png', 'not hateful'],
          ['img/2.png', 'hateful'],
        ]);
        assert.deepEqual(await listed(data, 'val'), [
          ['img/3.png', 'hateful'],
          ['img/4.png', 'not hateful'],
        ]);
        assert.deepEqual((await data.split('train')).texts, ['their "character"', 'text 2']);
      }
    });

    it('notices texts of another edition', async () => {
      const files = { 'train.jsonl': `${meme(1, 0)}\n${meme(2, 1)}`, 'dev.jsonl': `${meme(3, 1)}\n${meme(4, 0)}` };
      const folder = await lay('changed', files);
      const data = await opened('hateful-memes', folder);
      writeFileSync(path.join(folder, 'dev.jsonl'), `${meme(3, 1)}\n${meme(4, 0, 'another text')}`);
      await data.split('train');
      await assert.rejects(data.split('val'), { code: 'DATASET_CHANGED' });
    });

    for (const [what, line, code, message] of [
      ['no JSON', '{', 'DATASET_FILE_BROKEN', /line 2 is no JSON/],
      ['a path that leads out', '{"img":"img/../../x.png","label":0,"text":""}', 'DATASET_FILE_BROKEN', /line 2: img/],
      ['another label', '{"img":"img/1.png","label":2,"text":""}', 'DATASET_FILE_BROKEN', /line 2: label/],
      ['no label', meme(2, undefined), 'DATASET_OTHER_VERSION', /line 2 has no label/],
    ] as const) {
      it(`refuses a line with ${what}`, async () => {
        const folder = await lay(`bad ${what}`, { 'train.jsonl': `${meme(1, 0)}\n${line}`, 'dev.jsonl': meme(3, 1) });
        await assert.rejects(opened('hateful-memes', folder), { code, message });
      });
    }
  });

  it("has the paper's rates: up to 8e-5 at 2,000, then 1e-5 less each 500 iterations, down to none", () => {
    const rates = [0, 999, 1999, 2000, 2499, 2500, 5499, 5500, 5999, 6000, 21_999].map((at) => memeRate(PAPER, at));
    const wanted = [4e-8, 4e-5, 8e-5, 8e-5, 8e-5, 7e-5, 2e-5, 1e-5, 1e-5, 0, 0];
    for (const [i, rate] of rates.entries()) assert.ok(Math.abs(rate - wanted[i]!) < 1e-12, `${rate} at place ${i}`);
    assert.equal(memeRate({ ...PAPER, decay: 0 }, 21_999), 8e-5);
    assert.equal(usefulIterations(PAPER), 6000);
    assert.equal(usefulIterations({ ...PAPER, decay: 0 }), 22_000);
    assert.equal(usefulIterations({ ...PAPER, iterations: 3000 }), 3000);
  });

  it('updates as AdamW: decay apart from the gradient, moments without their bias', () => {
    const weights = Float32Array.of(1, -2);
    const optimizer = new AdamW(2, { epsilon: 1e-8, weightDecay: 0.1 });
    // The first step is of the rate's size whatever the gradient's, after a decay by 0.01 * 0.1.
    optimizer.update(weights, Float32Array.of(5, -0.001), 0.01);
    near(weights, [1 * 0.999 - 0.01, -2 * 0.999 + 0.01 * (0.001 / (0.001 + 1e-8))]);
    // By the definition: m and v of two gradients, and the powers of the betas.
    const before = Float64Array.from(weights);
    optimizer.update(weights, Float32Array.of(1, 1), 0.01);
    const second = (g1: number, g2: number) => {
      const m = (0.9 * 0.1 * g1 + 0.1 * g2) / (1 - 0.9 ** 2);
      const v = (0.999 * 0.001 * g1 ** 2 + 0.001 * g2 ** 2) / (1 - 0.999 ** 2);
      return (0.01 * m) / (Math.sqrt(v) + 1e-8);
    };
    near(weights, [before[0]! * 0.999 - second(5, 1), before[1]! * 0.999 - second(-0.001, 1)]);
  });

  it('descends: each of many small steps along its gradient lowers the loss', async () => {
    const random = gaussian(5);
    const spec = { batchSize: 6, inputs: 5, hidden: [7, 4], classes: 2, seed: 3 };
    const rows = Float32Array.from({ length: 30 }, random);
    const labels = Float32Array.of(0, 1, 1, 0, 1, 0);
    // With a large epsilon AdamW is next to plain descent.
    const [rate, epsilon] = [0.5, 1e3];
    const perceptron = new Perceptron(spec, { epsilon, weightDecay: 0 });
    const first = await perceptron.step(rows, labels, rate);
    const scores = await perceptron.scores(rows);
    assert.equal(scores.length, 12);
    let last = first;
    for (let i = 0; i < 3000; i++) {
      const loss = await perceptron.step(rows, labels, rate);
      assert.ok(loss <= last + 1e-6, `the loss rose from ${last} to ${loss} at step ${i}`);
      last = loss;
    }
    perceptron.free();
    assert.ok(first - last > 0.05, `the loss fell from ${first} to ${last}`);
  });

  it('averages the cells of maps', () => {
    const map = Float32Array.from({ length: 2 * 2 * 3 * 2 }, (_, i) => i);
    // Of the first row: two channels, 2 x 3 pixels.
    const whole = averageCells(map, [2, 3, 2], 1);
    assert.deepEqual([...whole], [5, 6, 17, 18]);
    // Columns 0-1 and 1-2, each row by itself.
    const cells = averageCells(map.subarray(0, 12), [2, 3, 2], 2);
    assert.deepEqual([...cells], [1, 2, 3, 4, 7, 8, 9, 10]);
    assert.deepEqual([...averageCells(map.subarray(0, 8), [2, 2, 2], 2)], [0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('gives the same points for the same seed, others for another, and stops when asked', async () => {
    const random = gaussian(8);
    const rows = (count: number) => ({
      image: Float32Array.from({ length: count * 4 }, random),
      text: Float32Array.from({ length: count * 3 }, random),
      classes: Int32Array.from({ length: count }, (_, i) => i % 2),
    });
    const [train, dev] = [rows(20), rows(10)];
    const training = { ...PAPER, hidden: [8], iterations: 30, batchSize: 8, warmupIterations: 5, evaluateEvery: 12 };
    const run = (seed: number) => trainOnMemes(train, dev, { ...training, learningRate: 0.01 }, seed);
    const points = await run(1);
    assert.deepEqual(
      points.map(({ iteration }) => iteration),
      [12, 24, 30],
    );
    assert.deepEqual(await run(1), points);
    assert.notDeepEqual(await run(2), points);
    const signal = AbortSignal.abort(new Error('enough'));
    await assert.rejects(trainOnMemes(train, dev, training, 1, { signal }), /enough/);
    await assert.rejects(trainOnMemes(train, dev, { ...training, decay: 0, learningRate: 1e30 }, 1), {
      code: 'LOSS_NOT_FINITE',
    });
  });

  describe('with a text model', () => {
    let model: string;
    before(async function () {
      const found = await fetchTextModel();
      if ('folder' in found) model = found.folder;
      else {
        console.error(`skipped: ${found.reason}`);
        this.skip();
      }
    });

    it('has texts of one meaning closer than others, whatever else is in their batch', async () => {
      for (const pooling of ['mean', 'cls'] as const) {
        const encoder = await OnnxTextEncoder.open(model, pooling, 128);
        const texts = [
          'A cat sits on the mat.',
          'A kitten is sitting on a rug.',
          'Interest rates rose again in March.',
        ];
        const { values, width } = await encoder.encode(texts);
        assert.equal(width, 384);
        const row = (i: number) => values.subarray(i * width, (i + 1) * width);
        assert.ok(cosine(row(0), row(1)) > cosine(row(0), row(2)) + 0.1, pooling);
        const alone = await encoder.encode([texts[0]!]);
        // Padding changes nothing; the model's int8 arithmetic scales by what is in a batch.
        assert.ok(cosine(alone.values, row(0)) > 0.98, `${cosine(alone.values, row(0))}`);
      }
    });

    it('cuts long texts at the most tokens, keeping the end mark', async () => {
      const encoder = await OnnxTextEncoder.open(model, 'cls', 8);
      const { cut, values } = await encoder.encode([`${'word '.repeat(50)}`, 'word '.repeat(6), 'short']);
      assert.equal(cut, 1);
      const width = values.length / 3;
      assert.ok(cosine(values.subarray(0, width), values.subarray(width, 2 * width)) > 0.999);
    });

    it('says what a folder lacks, and which outputs a model has', async () => {
      const empty = path.join(temporary.path, 'empty');
      mkdirSync(empty);
      await assert.rejects(OnnxTextEncoder.open(empty, 'cls', 8), {
        code: 'TEXT_MODEL',
        message: /has no model\.onnx/,
      });
      const message = /no output pooler_output \(it has last_hidden_state\)/;
      await assert.rejects(OnnxTextEncoder.open(model, 'pooler', 8), { code: 'TEXT_MODEL', message });
      const broken = path.join(temporary.path, 'broken');
      mkdirSync(broken);
      for (const name of ['model.onnx', 'tokenizer.json']) writeFileSync(path.join(broken, name), '{}');
      await assert.rejects(OnnxTextEncoder.open(broken, 'cls', 8), { code: 'TEXT_MODEL' });
    });

    /** Memes that are hateful where exactly one of picture (dark or bright) and text is friendly: neither says it alone. */
    async function memes(name: string, isHateful: (bright: boolean, friendly: boolean, at: number) => boolean) {
      const folder = path.join(temporary.path, name);
      mkdirSync(path.join(folder, 'img'), { recursive: true });
      const random = uniform(17);
      const texts = {
        friendly: ['what a lovely day with my friends', 'happy birthday my dear', 'we love this garden'],
        other: ['the tax office closes at noon', 'engine parts are on shelf four', 'form twelve must be filed'],
      };
      const lines: string[] = [];
      for (let i = 0; i < 120; i++) {
        const [bright, friendly] = [i % 2 === 0, i % 4 < 2];
        const base = bright ? 180 : 30;
        const data = Uint8Array.from({ length: 48 * 48 * 3 }, () => base + 40 * random());
        await sharp(data, { raw: { width: 48, height: 48, channels: 3 } })
          .png()
          .toFile(path.join(folder, 'img', `${i}.png`));
        const text = texts[friendly ? 'friendly' : 'other'][i % 3];
        lines.push(JSON.stringify({ img: `img/${i}.png`, text, label: Number(isHateful(bright, friendly, i)) }));
      }
      writeFileSync(path.join(folder, 'train.jsonl'), lines.slice(0, 84).join('\n'));
      writeFileSync(path.join(folder, 'dev.jsonl'), lines.slice(84).join('\n'));
      return opened('hateful-memes', folder);
    }

    const trunk = regnetTrunk({ depth: 4, w0: 16, wa: 16, wm: 2, groupWidth: 8 });
    const description = { trunk, head: { widths: [16], prototypes: 4 }, mean: [0.5, 0.5, 0.5], std: [0.2, 0.2, 0.2] };
    const results = path.join(temporary.path, 'results');
    function evaluate(data: Dataset, given: Partial<HatefulMemesOptions> = {}) {
      return runEvaluation({
        protocol: hatefulMemes,
        options: {
          ...{ size: 32, textModel: model, textPooling: 'mean', hidden: [64], iterations: 200, batchSize: 32 },
          ...{ learningRate: 3e-3, warmupIterations: 20, decay: 0, evaluateEvery: 50, ...given },
        },
        data,
        checkpoint: {
          ...{ path: '.', step: 0, digest: 'none', architecture: 'small', parameters: 1, description },
          ...{ config: {}, weights: 1 },
        },
        out: results,
        cache: new FeatureCache(path.join(temporary.path, 'cache'), assert.fail),
        versions: {},
      });
    }

    it('finds what only picture and text together say, from whole maps and from cells', async () => {
      const data = await memes('both', (bright, friendly) => bright !== friendly);
      for (const grid of [null, 1]) {
        const { metrics, files, data: used } = await evaluate(data, { grid });
        const [first, ...others] = metrics;
        assert.ok(first!.value > 0.95, `ROC AUC ${first!.value} with grid ${grid}`);
        assert.deepEqual([first!.name, first!.count, first!.of], ['ROC AUC', 36, undefined]);
        assert.deepEqual(
          others.map(({ of }) => of),
          [{ seed: '100' }, { seed: '200' }, { seed: '300' }, { iteration: 'last' }],
        );
        const mean = others.slice(0, 3).reduce((sum, { value }) => sum + value / 3, 0);
        assert.ok(Math.abs(mean - first!.value) < 1e-9, 'the first is the mean over seeds');
        assert.ok(others[3]!.value <= first!.value, 'the best is no worse than the last');
        assert.deepEqual(used.images, { train: 84, val: 36 });
        const { curves } = JSON.parse(readFileSync(path.join(results, files['curves']!), 'utf8')) as {
          curves: { seed: number; points: { iteration: number }[] }[];
        };
        assert.deepEqual(
          curves.map(({ seed, points }) => [seed, points.map(({ iteration }) => iteration)]),
          [100, 200, 300].map((seed) => [seed, [50, 100, 150, 200]]),
        );
      }
    });

    it('finds nothing where there is nothing: labels that each kind of picture and text has as often', async () => {
      const data = await memes('neither', (_bright, _friendly, i) => Math.floor(i / 12) % 2 === 1);
      const { value, low, high } = (await evaluate(data)).metrics.at(-1)!;
      assert.ok(low < 0.5 && high > 0.5, `at the end ${value}, from ${low} to ${high}`);
    });

    it('refuses before any work what it cannot be run on', async () => {
      const data = await memes('refused', (bright) => bright);
      await assert.rejects(evaluate(data, { textModel: null }), { code: 'PROTOCOL_OPTION', message: /textModel/ });
      await assert.rejects(evaluate(data, { textModel: '/nowhere' }), { code: 'TEXT_MODEL' });
      const split: Dataset['split'] = async (name) => ({ ...(await data.split(name)), texts: [] });
      await assert.rejects(evaluate({ ...data, split }), { code: 'TEXTS_MISSING', message: /comes without a text/ });
    });
  });
});

function near(actual: ArrayLike<number>, wanted: readonly number[]) {
  for (const [i, value] of wanted.entries()) assert.ok(Math.abs(actual[i]! - value) < 1e-6, `${actual[i]} ~ ${value}`);
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
