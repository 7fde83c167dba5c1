/** The trunk that a training saves is one that timm loads: names, shapes, and the features that come out. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { openSafetensors, readSafetensors, writeSafetensors } from '../../checkpoints/safetensors.ts';
import { sliceCheckpoint } from '../../checkpoints/slice.ts';
import { loadEvaluationViews } from '../../data/evaluation-views.ts';
import { openImageFolder } from '../../data/image-folder.ts';
import { packageRoot } from '../../kernels/addon.ts';
import { trunkOf } from '../../model/families.ts';
import { trunkParameters } from '../../model/parameters.ts';
import { loadEncoder } from '../../training/checkpoints/load-encoder.ts';
import { loadConfig } from '../../training/config/config.ts';
import { loadFixture, relativeL2 } from '../golden/fixture.ts';
import { runTraining, temporaryFolder, tinyConfig, writePhotos } from '../training/tiny-training.ts';

interface SmallNet {
  depth: number;
  w0: number;
  wa: number;
  wm: number;
  group_width: number;
}

describe('timm', () => {
  const temporary = temporaryFolder();
  const data = path.join(temporary.path, 'photos');
  before(() => writePhotos(data, 8));
  after(() => temporary.remove());

  const listing = (entries: Iterable<readonly [name: string, { readonly shape: readonly number[] }]>) =>
    [...entries].map(([name, { shape }]) => `${name}: ${shape}`).sort();

  it('has the names and shapes of a saved trunk, no more and no less', async () => {
    const fixture = loadFixture<SmallNet, unknown>('regnety_small');
    const { depth, w0, wa, wm, group_width: groupWidth } = fixture.config;
    const architecture = JSON.stringify({ w0, wa, wm, depth, groupWidth });
    const config = tinyConfig(data, path.join(temporary.path, 'small'), `model.architecture=${architecture}`);
    const { result } = await runTraining({ ...config, training: { ...config.training, iterations: 1 } });
    const { entries } = openSafetensors(path.join(result.checkpoint!, 'trunk.safetensors'));
    const expected = fixture
      .names('weight.')
      .map((name) => [name.slice('weight.'.length), fixture.tensor(name)] as const);
    assert.deepEqual(listing(entries), listing(expected));

    const { parameters, buffers } = trunkParameters(trunkOf(config.model.architecture));
    assert.deepEqual(listing(entries), listing([...parameters, ...buffers].map((spec) => [spec.name, spec] as const)));
    const order = [...entries.keys()];
    const inOrder = parameters.map(({ name }) => name);
    assert.deepEqual(
      order.filter((name) => inOrder.includes(name)),
      inOrder,
    );
  });

  it('loads a trunk with strict=True, and its slices by huggingface_hub, and gives our features', async function () {
    const python = process.env['AUSPEX_PYTHON'] ?? path.join(packageRoot, 'bench', '.python', 'bin', 'python');
    if (!hasTimm(python)) {
      this.test!.title += ` (pending: ${python} has no timm, torch and safetensors; AUSPEX_PYTHON names another)`;
      this.skip();
    }
    const out = path.join(temporary.path, '400mf');
    const set = ['training.iterations=2', 'training.batchSize=2', 'schedule.warmupIterations=1'];
    const { result } = await runTraining(loadConfig({ preset: '400mf', data, out, set }));

    const size = 224;
    const encoder = await loadEncoder(out, { size, batchSize: 4, precision: 'fp32' });
    const { views } = await loadEvaluationViews(await openImageFolder(data), [0, 1, 2, 3], { size });
    const f32 = (values: readonly number[]) => new Uint8Array(Float32Array.from(values).buffer);
    const { mean, std } = loadConfig({ preset: '400mf' }).crops;
    const [viewsFile, featuresFile] = ['views', 'features'].map((name) =>
      path.join(temporary.path, `${name}.safetensors`),
    );
    await writeSafetensors(
      viewsFile!,
      new Map([
        ['views', { dtype: 'U8', shape: [4, size, size, 3], data: views }],
        ['mean', { dtype: 'F32', shape: [3], data: f32(mean) }],
        ['std', { dtype: 'F32', shape: [3], data: f32(std) }],
      ]),
    );
    const script = path.join(import.meta.dirname, 'features_by_timm.py');
    const trunk = path.join(result.checkpoint!, 'trunk.safetensors');
    const featuresOf = (weights: string) => {
      const args = [script, 'regnety_004', weights, viewsFile!, featuresFile!];
      const { status, stderr } = spawnSync(python, args, { encoding: 'utf8' });
      assert.equal(status, 0, stderr);
      return readSafetensors(featuresFile!).get('features')!;
    };
    const { shape, data: bytes } = featuresOf(trunk);
    const slices = path.join(temporary.path, 'slices');
    await sliceCheckpoint({ step: 2, path: result.checkpoint! }, slices, { momentum: true });
    assert.ok(Buffer.from(featuresOf(slices).data).equals(Buffer.from(bytes)), 'slices are loaded as other weights');
    assert.deepEqual(shape, [4, encoder.width]);
    const expected = new Float32Array(Uint8Array.from(bytes).buffer);
    const distance = relativeL2(await encoder.embed(views), expected);
    assert.ok(distance <= 1e-4, `relative L2 ${distance}`);
  });
});

function hasTimm(python: string): boolean {
  if (path.isAbsolute(python) && !existsSync(python)) return false;
  return spawnSync(python, ['-c', 'import timm, torch, safetensors']).status === 0;
}
