/** `model.init`: a training starts with the trunk of another checkpoint, and with that alone. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { CheckpointStore } from '../../../checkpoints/store.ts';
import { importCheckpoint } from '../../../training/checkpoints/import-checkpoint.ts';
import { trunkAs, write } from '../../checkpoints/interchange/foreign.ts';
import { randomNetwork, saveSharded } from '../../checkpoints/random-checkpoint.ts';
import { ranksConfig, runRanked } from '../../services/ranks/ranks-training.ts';
import { runTraining, TINY, temporaryFolder, tinyConfig, writePhotos } from '../tiny-training.ts';

const SEED = 83;
/** Steps too small to change a value of the size of one. */
const STILL = ['schedule.start=1e-30', 'schedule.peak=1e-30', 'schedule.end=1e-30', 'training.iterations=1'];

describe('model.init', () => {
  const temporary = temporaryFolder();
  const at = (name: string) => path.join(temporary.path, name);
  const data = at('photos');
  const network = randomNetwork(SEED, TINY.model);
  before(async () => {
    await writePhotos(data, 12);
    const from = await write(temporary.path, 'theirs', trunkAs('torchvision', network));
    await importCheckpoint({ from, out: at('imported') });
    await saveSharded(at('sharded'), 3, network, 2);
    await runTraining(tinyConfig(data, at('anew'), ...STILL));
  });
  after(() => temporary.remove());

  async function valuesIn(run: string) {
    const { tensors } = await new CheckpointStore(path.join(at(run), 'checkpoints')).load();
    return (file: string, name: string) =>
      new Float32Array(Uint8Array.from(tensors.get(file)!.tensor(name).data).buffer);
  }

  /** Parameters of the trunk as given; of the head as without it. */
  async function assertStarted(run: string) {
    const [values, anew] = [await valuesIn(run), await valuesIn('anew')];
    for (const { name } of network.parameters) {
      const [file, tensor] = name.startsWith('trunk.') ? ['trunk', name.slice('trunk.'.length)] : ['head', name];
      const expected = file === 'trunk' ? network.values.get(name)! : anew(file!, tensor!);
      // Biases of the head begin at zero, where even these steps show.
      const difference = Math.max(...values(file!, tensor!).map((value, i) => Math.abs(value - expected[i]!)));
      assert.ok(difference < 1e-20, `${name} differs by ${difference} (seed ${SEED})`);
    }
    // One batch moves running statistics by a tenth of the way to its own.
    const mean = 's1.b1.conv1.bn.running_mean';
    assert.notDeepEqual(values('trunk', mean), anew('trunk', mean));
  }

  for (const source of ['imported', 'sharded']) {
    it(`one rank, from ${source}: the trunk is given, the head starts anew`, async () => {
      const { result } = await runTraining(tinyConfig(data, at(`one ${source}`), ...STILL, `model.init=${at(source)}`));
      assert.equal(result.status, 'finished');
      await assertStarted(`one ${source}`);
    });
  }

  it('two ranks read the same', async () => {
    const still = [...STILL, 'optimizer.larc=false', `model.init=${at('imported')}`];
    const { result } = await runRanked(ranksConfig(data, at('two'), ...still), { ranks: 2 });
    assert.equal(result.status, 'finished');
    await assertStarted('two');
  });

  it('another trunk is refused, with what to set', async () => {
    const other = 'model.architecture={"w0":16,"wa":8,"wm":1.7,"depth":4,"groupWidth":8}';
    const training = runTraining(tinyConfig(data, at('other'), other, `model.init=${at('imported')}`));
    await assert.rejects(training, { code: 'CHECKPOINT_MISMATCH', message: /another trunk.*set model\.architecture/ });
  });
});
