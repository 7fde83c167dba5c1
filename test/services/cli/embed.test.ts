/** `auspex embed` from the command line: every layer, mixed formats, bad files, wrong checkpoints. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openSafetensors } from '../../../checkpoints/safetensors.ts';
import { openImageFolder } from '../../../data/image-folder.ts';
import { embedImages } from '../../../evals/features/embed-images.ts';
import { FEATURE_LAYERS, type FeatureLayer } from '../../../program/encoder.ts';
import { loadEncoder } from '../../../training/checkpoints/load-encoder.ts';
import { jpeg, picture } from '../../data/pictures.ts';
import { relativeL2 } from '../../golden/fixture.ts';
import { runTraining, temporaryFolder, tinyConfig, writePhotos } from '../../training/tiny-training.ts';
import { auspex } from './run.ts';

interface EmbedResult {
  readonly out: string;
  readonly layer: FeatureLayer;
  readonly shape: readonly number[];
  readonly images: number;
  readonly skipped: readonly { readonly name: string; readonly code: string; readonly message: string }[];
  readonly imagesPerSecond: number;
}

describe('auspex embed', () => {
  const temporary = temporaryFolder();
  const at = (...parts: string[]) => path.join(temporary.path, ...parts);
  const [run, images] = [at('run'), at('images')];
  const names = ['a.png', 'b.webp', 'c.jpg', 'deep/d.jpg', 'deep/e.jpg'];
  before(async () => {
    await writePhotos(at('photos'), 12);
    await runTraining(tinyConfig(at('photos'), run, 'training.iterations=2'));
    mkdirSync(at('images', 'deep'), { recursive: true });
    writeFileSync(at('images', 'a.png'), await picture(60, 50, 1).png().toBuffer());
    writeFileSync(at('images', 'b.webp'), await picture(50, 60, 2).webp().toBuffer());
    for (const [i, name] of names.slice(2).entries()) writeFileSync(path.join(images, name), await jpeg(64, 48, 3 + i));
    writeFileSync(at('images', 'broken.jpg'), (await jpeg()).subarray(0, 300));
  });
  after(() => temporary.remove());

  const embed = (...args: string[]) => auspex(['embed', '--images', images, '--size', '64', '--batch', '2', ...args]);

  // The tiny trunk has three stages, of 16, 24 and 48 channels.
  const shapes: Record<FeatureLayer, number[]> = {
    res4: [5, 8, 8, 24],
    res5: [5, 4, 4, 48],
    pool: [5, 48],
    projection: [5, 16],
  };
  for (const layer of FEATURE_LAYERS) {
    it(`${layer}: shape, names and values`, async () => {
      const out = at(`${layer}.safetensors`);
      const { code, ...output } = embed('--checkpoint', run, '--layer', layer, '--out', out, '--json');
      assert.equal(code, 0, output.stderr);
      const result = output.json<EmbedResult>();
      assert.deepEqual([result.out, result.layer, result.shape, result.images], [out, layer, shapes[layer], 5]);
      assert.deepEqual(
        result.skipped.map(({ name }) => name),
        ['broken.jpg'],
      );
      assert.match(output.stderr, /^skipped broken\.jpg: .*\n$/);
      const file = openSafetensors(out);
      assert.deepEqual(JSON.parse(file.metadata['names']!), names);
      assert.deepEqual(JSON.parse(file.metadata['skipped']!), result.skipped);
      const { shape, data } = file.tensor('features');
      assert.deepEqual(shape, shapes[layer]);

      const features = new Float32Array(Uint8Array.from(data).buffer);
      const encoder = await loadEncoder(run, { layer, size: 64, batchSize: 5 });
      const expected = await embedImages(await openImageFolder(images), encoder);
      assert.deepEqual(expected.names, names);
      assert.ok(relativeL2(features, expected.features) < 1e-2);
      assert.ok(features.some((value) => value !== features[0]));
    });
  }

  it('takes a run, its checkpoints or one of them, and says in text what it wrote', () => {
    const out = at('text.safetensors');
    for (const checkpoint of [path.join(run, 'checkpoints'), path.join(run, 'checkpoints', 'step-00000002')]) {
      const { code, stdout } = embed('--checkpoint', checkpoint, '--out', out);
      assert.equal(code, 0);
      assert.match(stdout, /^skipped broken.jpg: .*\n5 images, pool features \[5, 48\], [\d.]+ images\/s: .*text/);
    }
  });

  it('what cannot be is one line and an exit code', () => {
    const good = ['--checkpoint', run];
    const refusals: [args: string[], code: number, error: RegExp][] = [
      [['--checkpoint', at('nowhere')], 1, /^error CHECKPOINT_NOT_FOUND: .*nowhere does not exist/],
      [['--checkpoint', images], 1, /^error CHECKPOINT_NOT_FOUND: .*there is no checkpoint/],
      [[...good, '--images', at('nowhere')], 1, /^error NO_SUCH_FOLDER: /],
      [[...good, '--out', at('nowhere', 'features')], 1, /^error CHECKPOINT_WRITE_FAILED: .*folder does not exist/],
      [[...good, '--layer', 'res6'], 2, /^error USAGE: .*res4, res5, pool, projection/],
    ];
    for (const [args, code, error] of refusals) {
      const refused = embed(...args);
      assert.equal(refused.code, code, args.join(' '));
      assert.match(refused.stderr, error);
      assert.match(refused.stderr, /^[^\n]*\n$/);
      assert.equal(refused.stdout, '');
    }
  });
});
