/** Weights that go to timm and torchvision, and weights that come from them: the features are the same on both sides. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { readSafetensors, writeSafetensors } from '../../checkpoints/safetensors.ts';
import { packageRoot } from '../../kernels/addon.ts';
import { exportCheckpoint } from '../../training/checkpoints/export-checkpoint.ts';
import { importCheckpoint } from '../../training/checkpoints/import-checkpoint.ts';
import { loadEncoder } from '../../training/checkpoints/load-encoder.ts';
import { prefixed, trunkAs, visslHeadOf, visslShards, write } from '../checkpoints/interchange/foreign.ts';
import { f32, randomNetwork, saveNetwork } from '../checkpoints/random-checkpoint.ts';
import { relativeL2 } from '../golden/fixture.ts';
import { uniform } from '../random.ts';
import { temporaryFolder } from '../training/tiny-training.ts';

const SEED = 31;
const SIZE = 96;
const COUNT = 3;

const LIBRARIES = [
  { library: 'timm', model: 'regnety_004' },
  { library: 'torchvision', model: 'regnet_y_400mf' },
] as const;

describe('weights for and from Python', () => {
  const temporary = temporaryFolder();
  const at = (name: string) => path.join(temporary.path, name);
  const python = process.env['AUSPEX_PYTHON'] ?? path.join(packageRoot, 'bench', '.python', 'bin', 'python');
  const random = uniform(SEED);
  const views = Uint8Array.from({ length: COUNT * SIZE * SIZE * 3 }, () => 256 * random());
  after(() => temporary.remove());
  before(async () => {
    const { mean, std } = randomNetwork(SEED, { architecture: '400mf' }).config.crops;
    await writeSafetensors(
      at('views'),
      new Map([
        ['views', { dtype: 'U8', shape: [COUNT, SIZE, SIZE, 3], data: views }],
        ['mean', f32([3], Float32Array.from(mean))],
        ['std', f32([3], Float32Array.from(std))],
      ]),
    );
  });

  function featuresIn(what: 'load' | 'save', library: string, model: string, weights: string): Float32Array {
    const script = path.join(import.meta.dirname, 'exchange.py');
    const args = [script, what, library, model, weights, at('views'), at('features')];
    const { status, stderr } = spawnSync(python, args, { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    return new Float32Array(Uint8Array.from(readSafetensors(at('features')).get('features')!.data).buffer);
  }

  async function assertOurs(checkpoint: string, theirs: Float32Array) {
    const encoder = await loadEncoder(checkpoint, { size: SIZE, batchSize: COUNT, precision: 'fp32' });
    const distance = relativeL2(await encoder.embed(views), theirs);
    assert.ok(distance <= 1e-4, `relative L2 ${distance} (seed ${SEED})`);
  }

  for (const { library, model } of LIBRARIES) {
    it(`${library} loads an export with strict=True, and gives our features`, async function () {
      if (!hasLibrary(python, library)) return this.skip();
      await saveNetwork(at(`ours for ${library}`), 1, randomNetwork(SEED, { architecture: '400mf' }));
      const checkpoint = at(`ours for ${library}`);
      const exported = await exportCheckpoint({ checkpoint, format: library, out: at(`${library}.safetensors`) });
      assert.equal(exported.model, model);
      await assertOurs(checkpoint, featuresIn('load', library, model, exported.out));
    });

    it(`what ${library} saved gives its features here`, async function () {
      if (!hasLibrary(python, library)) return this.skip();
      const weights = at(`theirs from ${library}.safetensors`);
      const theirs = featuresIn('save', library, model, weights);
      const { architecture, checkpoint } = await importCheckpoint({ from: weights, out: at(`from ${library}`) });
      assert.equal(architecture, 'regnety-400mf');
      await assertOurs(checkpoint, theirs);
    });
  }
});

describe("VISSL's pickles, converted by docs/examples/vissl_to_safetensors.py", () => {
  const temporary = temporaryFolder();
  const python = process.env['AUSPEX_PYTHON'] ?? path.join(packageRoot, 'bench', '.python', 'bin', 'python');
  const converter = path.join(packageRoot, 'docs', 'examples', 'vissl_to_safetensors.py');
  const network = randomNetwork(SEED);
  after(() => temporary.remove());

  for (const kind of ['consolidated', 'sliced', 'sharded'] as const) {
    it(`${kind}: imported with the same embeddings`, async function () {
      if (!hasLibrary(python, 'safetensors')) return this.skip();
      const at = (...names: string[]) => path.join(temporary.path, kind, ...names);
      mkdirSync(at('vissl'), { recursive: true });
      const { shards, metas } = visslShards(network, 3);
      const whole = new Map([...prefixed('trunk.', trunkAs('vissl', network)), ...visslHeadOf(network)]);
      const files = await Promise.all(
        kind === 'sharded'
          ? shards.map((shard, rank) => write(at(), `shard-${rank}`, shard, metas[rank]))
          : [write(at(), 'whole', whole)],
      );
      const run = (...args: string[]) => {
        const { status, stderr } = spawnSync(python, args, { encoding: 'utf8' });
        assert.equal(status, 0, stderr);
      };
      run(path.join(import.meta.dirname, 'make_vissl.py'), kind, at('vissl'), ...files);
      await assert.rejects(importCheckpoint({ from: at('vissl', 'model_phase0.torch'), out: at('refused') }), {
        code: 'PICKLE_REFUSED',
      });
      run(converter, at('vissl', 'model_phase0.torch'), at('converted'));
      const { tensors } = await importCheckpoint({ from: at('converted'), out: at('imported') });
      assert.equal(tensors, whole.size);
      await saveNetwork(at('ours'), 1, network);
      const views = new Uint8Array(2 * 40 * 40 * 3).map((_, i) => (i * 37) % 256);
      const embed = async (folder: string) =>
        (await loadEncoder(folder, { layer: 'projection', size: 40, batchSize: 2, precision: 'fp32' })).embed(views);
      assert.deepEqual(await embed(at('imported')), await embed(at('ours')));
    });
  }
});

/** AUSPEX_PYTHON names a Python that has them. */
function hasLibrary(python: string, library: string): boolean {
  if (path.isAbsolute(python) && !existsSync(python)) return false;
  return spawnSync(python, ['-c', `import ${library}, torch, safetensors`]).status === 0;
}
