/** An exported ONNX model, run by ONNX Runtime: the features are ours. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { onnx } from '#protos/onnx.js';
import { InterchangeError } from '../../../checkpoints/interchange/errors.ts';
import { trunkOf } from '../../../model/families.ts';
import { FEATURE_LAYERS, type FeatureLayer } from '../../../program/encoder.ts';
import { type ExportOptions, exportCheckpoint } from '../../../training/checkpoints/export-checkpoint.ts';
import { loadEncoder } from '../../../training/checkpoints/load-encoder.ts';
import { relativeL2 } from '../../golden/fixture.ts';
import { uniform } from '../../random.ts';
import { temporaryFolder } from '../../training/tiny-training.ts';
import { randomNetwork, SMALL_TRUNK, saveNetwork, saveSharded } from '../random-checkpoint.ts';
import { runOnnx } from './runtime.ts';

const SEED = 11;
/** Odd, so that the rounding of halves is seen. */
const SIZE = 57;
const MEAN = [0.485, 0.456, 0.406];
const STD = [0.229, 0.224, 0.225];

type OnnxOptions = Partial<Extract<ExportOptions, { format: 'onnx' }>>;

describe('auspex checkpoint export --format onnx', () => {
  const temporary = temporaryFolder();
  const at = (name: string) => path.join(temporary.path, name);
  after(() => temporary.remove());
  before(async () => {
    await saveNetwork(at('regnety'), 5, randomNetwork(SEED));
    await saveNetwork(
      at('regnetz'),
      5,
      randomNetwork(SEED, { architecture: { stages: [stage(1, 16), stage(2, 24)], kind: 'regnetz' } }),
    );
    await saveNetwork(at('no head BN'), 5, randomNetwork(SEED, { headBatchNorm: 'none' }));
    await saveNetwork(at('affine-free BN'), 5, randomNetwork(SEED, { headBatchNorm: 'hidden-and-output' }));
    await saveSharded(at('sharded'), 5, randomNetwork(SEED), 3);
  });
  const widths = trunkOf(SMALL_TRUNK).stages.map(({ width }) => width);
  const stage = (depth: number, width: number) => ({ depth, width, groupWidth: 8 });

  async function exported(checkpoint: string, name: string, options: OnnxOptions = {}) {
    const out = at(`${name}.onnx`);
    const written = await exportCheckpoint({ format: 'onnx', checkpoint: at(checkpoint), out, ...options });
    return { ...written, model: onnx.ModelProto.decode(readFileSync(out)) };
  }

  async function compare(checkpoint: string, name: string, layer: FeatureLayer, options: OnnxOptions = {}) {
    const { out } = await exported(checkpoint, name, { layer, ...options });
    const count = options.batch ?? 3;
    const encoder = await loadEncoder(at(checkpoint), { layer, size: SIZE, batchSize: count, precision: 'fp32' });
    const views = randomViews(count);
    const features = await runOnnx(out, normalised(views), [count, 3, SIZE, SIZE]);
    const isMap = encoder.shape.length === 3;
    const [height, width, channels] = isMap ? encoder.shape : [1, 1, encoder.shape[0]!];
    assert.deepEqual(features.dims, isMap ? [count, channels, height, width] : [count, channels]);
    const ours = channelsFirst(await encoder.embed(views), count, height! * width!, channels!);
    const theirs = features.data;
    const distance = relativeL2(theirs, ours);
    assert.ok(distance <= 1e-4, `relative L2 ${distance} (seed ${SEED})`);
    assert.ok(
      ours.some((value) => value !== ours[0]),
      'features that are all equal prove nothing',
    );
  }

  for (const layer of FEATURE_LAYERS) {
    for (const keepBatchNorm of [false, true]) {
      const how = keepBatchNorm ? 'as operations' : 'folded';
      it(`${layer}, normalisations ${how}: the features are ours`, () =>
        compare('regnety', `${layer} ${how}`, layer, { keepBatchNorm }));
    }
  }

  for (const [checkpoint, layer] of [
    ['regnetz', 'pool'],
    ['sharded', 'projection'],
    ['no head BN', 'projection'],
    ['affine-free BN', 'projection'],
  ] as const) {
    it(`${checkpoint}: the features are ours`, async () => {
      await compare(checkpoint, checkpoint, layer);
      await compare(checkpoint, `${checkpoint} kept`, layer, { keepBatchNorm: true });
    });
  }

  it('batch and size are open, or fixed as asked for', async () => {
    const open = await exported('regnety', 'open');
    assert.deepEqual(dimensions(open.model), [
      ['batch', 3, 'height', 'width'],
      ['batch', widths.at(-1)],
    ]);
    const fixed = await exported('regnety', 'fixed', { batch: 2, size: SIZE, layer: 'res4' });
    assert.deepEqual(dimensions(fixed.model), [
      [2, 3, SIZE, SIZE],
      [2, widths.at(-2), 8, 8],
    ]);
    await compare('regnety', 'fixed', 'res4', { batch: 2, size: SIZE });
    const three = runOnnx(fixed.out, normalised(randomViews(3)), [3, 3, SIZE, SIZE]);
    await assert.rejects(three, /Got: 3 Expected: 2/);
  });

  it('folding leaves no normalisation, and a later layer is not in the graph', async () => {
    const operators = ({ model }: { model: onnx.ModelProto }) =>
      new Set(model.graph!.node!.map(({ opType }) => opType));
    assert.ok(!operators(await exported('regnety', 'folded')).has('BatchNormalization'));
    assert.ok(operators(await exported('regnety', 'kept', { keepBatchNorm: true })).has('BatchNormalization'));
    const { model } = await exported('regnety', 'res4', { layer: 'res4' });
    assert.ok(!model.graph!.initializer!.some(({ name }) => name!.includes('.s3.') || name!.startsWith('head')));
    assert.ok(model.graph!.initializer!.some(({ name }) => name!.includes('.s2.')));
  });

  it('says what went in: metadata, operator set 13', async () => {
    const { model } = await exported('regnety', 'metadata');
    assert.deepEqual(
      model.opsetImport!.map(({ version }) => Number(version)),
      [13],
    );
    const metadata = Object.fromEntries(model.metadataProps!.map(({ key, value }) => [key, value]));
    assert.deepEqual(
      [metadata['mean'], metadata['std'], metadata['layer'], metadata['step']],
      [MEAN.join(), STD.join(), 'pool', '5'],
    );
  });

  it('weights in a file of their own: the same features, and an older model keeps its file', async () => {
    await compare('regnety', 'external', 'pool', { externalData: true });
    const first = await exported('regnety', 'external', { externalData: true });
    assert.ok(readFileSync(first.out).length < first.bytes / 4, 'the model without its weights is small');
    const before = readFileSync(first.data!);
    const other = await exported('no head BN', 'external', { externalData: true, layer: 'projection' });
    assert.notEqual(other.data, first.data);
    assert.deepEqual(readFileSync(first.data!), before);
    assert.deepEqual(
      readdirSync(temporary.path).filter((name) => name.startsWith('.tmp-')),
      [],
    );
  });

  it('a layer that the trunk has not is refused, and the file that was there stays', async () => {
    await saveNetwork(at('one stage'), 1, randomNetwork(SEED, { architecture: { stages: [stage(1, 16)] } }));
    writeFileSync(at('kept.onnx'), 'earlier');
    const refused = exportCheckpoint({
      format: 'onnx',
      checkpoint: at('one stage'),
      out: at('kept.onnx'),
      layer: 'res4',
    });
    await assert.rejects(refused, (error) => error instanceof InterchangeError && error.code === 'CANNOT_EXPORT');
    assert.equal(readFileSync(at('kept.onnx'), 'utf8'), 'earlier');
  });
});

function dimensions({ graph }: onnx.ModelProto) {
  return [graph!.input![0], graph!.output![0]].map((value) =>
    value!.type!.tensorType!.shape!.dim!.map(({ dimValue, dimParam }) => dimParam || Number(dimValue)),
  );
}

function randomViews(count: number): Uint8Array {
  const random = uniform(SEED);
  return Uint8Array.from({ length: count * SIZE * SIZE * 3 }, () => 256 * random());
}

/** (N, H, W, 3) bytes as (N, 3, H, W) numbers, with ImageNet's means and deviations. */
function normalised(views: Uint8Array): Float32Array {
  const values = new Float32Array(views.length);
  const pixels = SIZE * SIZE;
  for (let i = 0; i < views.length; i++) {
    const [image, pixel, channel] = [Math.floor(i / 3 / pixels), Math.floor(i / 3) % pixels, i % 3];
    values[(image * 3 + channel) * pixels + pixel] = (views[i]! / 255 - MEAN[channel]!) / STD[channel]!;
  }
  return values;
}

/** (N, pixels, C) as (N, C, pixels). */
function channelsFirst(values: Float32Array, count: number, pixels: number, channels: number): Float32Array {
  const moved = new Float32Array(values.length);
  for (let n = 0; n < count; n++) {
    for (let p = 0; p < pixels; p++) {
      for (let c = 0; c < channels; c++)
        moved[(n * channels + c) * pixels + p] = values[(n * pixels + p) * channels + c]!;
    }
  }
  return moved;
}
