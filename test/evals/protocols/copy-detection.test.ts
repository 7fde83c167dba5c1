/** Copy detection from images to figures, on sets whose answer is known. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { openCopydays } from '../../../evals/datasets/copydays.ts';
import type { Dataset } from '../../../evals/datasets/dataset.ts';
import { FeatureCache } from '../../../evals/features/feature-cache.ts';
import { type CopyDetectionOptions, copyDetection } from '../../../evals/protocols/copy-detection.ts';
import { runEvaluation } from '../../../evals/run-evaluation.ts';
import type { RgbImage } from '../../../kernels/images.ts';
import { regnetTrunk } from '../../../model/regnet.ts';
import { blobPicture } from '../../training/quickstart/pictures.ts';
import { temporaryFolder } from '../../training/tiny-training.ts';

const SIZE = 64;
const ORIGINALS = 24;

describe('copy detection', () => {
  const temporary = temporaryFolder();
  const trunk = regnetTrunk({ depth: 8, w0: 24, wa: 24, wm: 2, groupWidth: 8 });
  const description = { trunk, head: { widths: [16], prototypes: 4 }, mean: [0.5, 0.5, 0.5], std: [0.2, 0.2, 0.2] };
  after(() => temporary.remove());

  /** A set in Copydays' layout, of one copy for each original; `copyOf` says which picture the copy of an original is. */
  async function set(name: string, copyOf: (original: number) => RgbImage, whitening = true): Promise<Dataset> {
    const folder = path.join(temporary.path, name);
    const write = async (file: string, { width, height, data }: RgbImage) => {
      mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
      // PNG by content: copies are exact.
      const png = await sharp(data, { raw: { width, height, channels: 3 } })
        .png()
        .toBuffer();
      writeFileSync(path.join(folder, file), png);
    };
    for (let i = 0; i < ORIGINALS; i++) {
      await write(`original/${2000 + i}00.jpg`, blobPicture(80, 60, i));
      await write(`strong/${2000 + i}01.jpg`, copyOf(i));
      await write(`distractors/${i}.png`, blobPicture(60, 80, 100 + i));
      if (whitening) await write(`whitening/${i}.png`, blobPicture(60, 80, 200 + i));
    }
    return openCopydays(folder, () => ORIGINALS);
  }

  /** Of an untrained encoder. */
  function evaluate(data: Dataset, given: Partial<CopyDetectionOptions> = {}) {
    return runEvaluation({
      protocol: copyDetection,
      options: { size: SIZE, histogram: false, ...given },
      data,
      checkpoint: {
        path: '.',
        step: 0,
        digest: 'none',
        architecture: 'small',
        parameters: 1,
        description,
        config: {},
        weights: 1,
      },
      out: path.join(temporary.path, 'results'),
      cache: new FeatureCache(path.join(temporary.path, 'cache'), assert.fail),
      versions: {},
    });
  }

  it('finds exact copies first, by every pooling, at both layers, whitened or not', async () => {
    const data = await set('exact', (original) => blobPicture(80, 60, original));
    for (const whitening of [true, false]) {
      const { metrics } = await evaluate(data, {
        layers: ['res4', 'res5'],
        poolings: ['rmac', 'gem', 'average', 'max'],
        whitening,
        histogram: true,
      });
      assert.equal(metrics.length, 2 * (2 * 4 + 1));
      for (const { name, value, low, high, count, of } of metrics) {
        assert.deepEqual(
          { value, low, high, count, of },
          { value: 1, low: 1, high: 1, count: ORIGINALS, of },
          `${name} ${JSON.stringify(of)}`,
        );
      }
    }
  });

  it('finds no more than by chance where copies are called copies of others', async () => {
    const data = await set('shuffled', (original) => blobPicture(80, 60, (original + 7) % ORIGINALS));
    const { metrics } = await evaluate(data);
    const [map, first] = metrics;
    assert.equal(first!.value, 0, 'another original, that which it was made of, always comes first');
    assert.ok(map!.value < 0.2 && map!.low <= map!.value && map!.value <= map!.high, `${map!.value}`);
  });

  it('tells nothing apart where all pictures look alike: equal ones count against the copy', async () => {
    const folder = path.join(temporary.path, 'exact');
    const data = await openCopydays(folder, () => ORIGINALS);
    const grey = { width: 40, height: 40, data: new Uint8Array(4800).fill(90) };
    const png = await sharp(grey.data, { raw: { width: 40, height: 40, channels: 3 } })
      .png()
      .toBuffer();
    const alike: Dataset = {
      ...data,
      async split(name) {
        const split = await data.split(name);
        const images = {
          length: split.images.length,
          name: (i: number) => split.images.name(i),
          read: async () => png,
        };
        return { ...split, images };
      },
    };
    const { metrics } = await evaluate(alike, { whitening: false });
    assert.equal(metrics[1]!.value, 0);
    assert.ok(metrics[0]!.value < 0.02, `${metrics[0]!.value}`);
    // Regions of a map differ by where they are; their average does not.
    await assert.rejects(evaluate(alike, { poolings: ['average'] }), { code: 'FEATURES_ALIKE' });
  });

  it('lists where each original came, and the most similar image that was wrong', async () => {
    const data = await set('mirrored', (original) => blobPicture(80, 60, original === 3 ? 4 : original));
    const { files } = await evaluate(data);
    const { methods } = JSON.parse(readFileSync(path.join(temporary.path, 'results', files['queries']!), 'utf8'));
    const { layer, pooling, whitening, queries } = methods[0];
    assert.deepEqual([layer, pooling, whitening, queries.length], ['res4', 'rmac', 'on', ORIGINALS]);
    const { query, original, rank, similarity, nearestWrong } = queries[3];
    assert.deepEqual([query, original], ['strong/200301.jpg', 'original/200300.jpg']);
    assert.ok(rank > 1 && nearestWrong.similarity > similarity);
    assert.equal(nearestWrong.image, 'original/200400.jpg', 'the picture that it is in truth');
    assert.ok(queries[5].rank === 1 && queries[5].nearestWrong.similarity < queries[5].similarity);
  });

  it('is refused before any work where there is nothing to fit whitening to', async () => {
    const data = await set('bare', (original) => blobPicture(80, 60, original), false);
    await assert.rejects(evaluate(data), { code: 'SPLIT_MISSING', message: /needs split train/ });
    assert.equal((await evaluate(data, { whitening: false })).metrics[0]!.value, 1);
  });

  it('has no other options than its own', () => {
    assert.throws(() => copyDetection.options.parse({ pooling: 'rmac' }));
    const { layers, poolings, levels, whitening, size } = copyDetection.options.parse({});
    assert.deepEqual([layers, poolings, levels, whitening, size], [['res4'], ['rmac'], 3, true, 224]);
  });
});
