/** Images in their own shapes: which are seen together, and what a network sees of them. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { openImageFolder } from '../../data/image-folder.ts';
import { groupByShape, shapeOf } from '../../data/whole-shapes.ts';
import type { Dataset } from '../../evals/datasets/dataset.ts';
import type { EvaluatedCheckpoint } from '../../evals/evaluated-checkpoint.ts';
import { Encoder } from '../../evals/features/encoder.ts';
import { FeatureCache } from '../../evals/features/feature-cache.ts';
import { Bench } from '../../evals/workbench.ts';
import { resizeImage } from '../../kernels/images.ts';
import { regnetTrunk } from '../../model/regnet.ts';
import { blobPicture } from '../training/quickstart/pictures.ts';
import { temporaryFolder } from '../training/tiny-training.ts';

describe('whole images in their own shapes', () => {
  const temporary = temporaryFolder();
  after(() => temporary.remove());
  const sizes = [
    [80, 60],
    [60, 80],
    [160, 120],
    [70, 70],
    [400, 20],
  ] as const;
  before(async () => {
    for (const [i, [width, height]] of sizes.entries()) {
      const { data } = blobPicture(width, height, i);
      const png = await sharp(data, { raw: { width, height, channels: 3 } })
        .png()
        .toBuffer();
      writeFileSync(path.join(temporary.path, `${i}.png`), png);
    }
    // A picture by its first bytes, and no more.
    writeFileSync(path.join(temporary.path, '5.png'), Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]));
  });

  it('have the longer side as asked, and the shorter in proportion, by steps', () => {
    assert.deepEqual(shapeOf([60, 80], 224), [176, 224]);
    assert.deepEqual(shapeOf([80, 60], 224), [224, 176]);
    assert.deepEqual(shapeOf([333, 500], 384), [256, 384]);
    assert.deepEqual(shapeOf([70, 70], 64), [64, 64]);
    assert.deepEqual(shapeOf([10, 1000], 64), [32, 64]);
  });

  it('are grouped, and what cannot be read is not lost', async () => {
    const groups = await groupByShape(await openImageFolder(temporary.path), 64);
    assert.deepEqual(
      groups.map(({ shape, images }) => [shape, images]),
      [
        [
          [48, 64],
          [0, 2],
        ],
        [[64, 48], [1]],
        [
          [64, 64],
          [3, 5],
        ],
        [[32, 64], [4]],
      ],
    );
  });

  it('give maps of their own shapes, those that a network computes of the resized picture', async () => {
    const source = await openImageFolder(temporary.path);
    const description = {
      trunk: regnetTrunk({ depth: 4, w0: 16, wa: 16, wm: 2, groupWidth: 8 }),
      head: { widths: [16], prototypes: 4 },
      ...{ mean: [0.5, 0.5, 0.5], std: [0.2, 0.2, 0.2] },
    };
    const checkpoint: EvaluatedCheckpoint = {
      ...{ path: '.', step: 0, digest: '', architecture: '', parameters: 0, config: {}, weights: 3, description },
    };
    const split = { images: source, labels: { kind: 'classes', classes: new Int32Array(source.length) } } as const;
    const bench = new Bench({
      data: {
        name: 'shapes',
        folder: '.',
        classes: ['all'],
        score: 'accuracy',
        splits: ['test'],
      } as unknown as Dataset,
      splits: new Map([['test', { name: 'test', split }]]),
      ...{ checkpoint, out: '.', precision: 'fp32', signal: new AbortController().signal },
      cache: new FeatureCache(temporary.path, assert.fail),
      onProgress: () => undefined,
    });
    const seen: number[] = [];
    try {
      for await (const { features, shape, rows } of bench.batches(
        { split: 'test', layer: 'res5', size: 64 },
        'whole',
      )) {
        for (const [row, image] of rows.entries()) {
          seen.push(image);
          const [width, height] = sizes[image]!;
          const view = shapeOf([height, width], 64);
          const encoder = Encoder.untrained(description, 3, {
            layer: 'res5',
            size: view,
            batchSize: 1,
            precision: 'fp32',
          });
          const picture = await resizeImage(blobPicture(width, height, image), view[1], view[0]);
          const expected = await encoder.embed(picture.data);
          assert.deepEqual(encoder.shape, shape);
          await encoder.free();
          const map = features.values.subarray(row * features.dimension, (row + 1) * features.dimension);
          const error = Math.max(...expected.map((value, i) => Math.abs(value - map[i]!)));
          assert.ok(error < 1e-3 * Math.max(...expected), `image ${image}: ${error}`);
        }
      }
    } finally {
      await bench.close();
    }
    assert.deepEqual(seen.sort(), [0, 1, 2, 3, 4]);
    assert.deepEqual(
      bench.skipped.get('test')?.map(({ name, code }) => [name, code]),
      [['5.png', 'CORRUPT']],
    );
  });
});
