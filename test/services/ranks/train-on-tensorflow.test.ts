/**
 * Training on several ranks with `training.device: tensorflow-cpu`, or gpu (AUSPEX_TEST_DEVICE), with real processes, where
 * TensorFlow is set up. Without GPUs, a library stands for NCCL.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import { keepEnvironment } from '../../keep-environment.ts';
import { environmentOf } from '../../kernels/collectives/operations.ts';
import {
  hasTensorFlowRanks,
  tensorFlowBuild,
  tensorFlowDevice,
  tensorFlowTransports,
} from '../../kernels/executors.ts';
import { runTraining, temporaryFolder, writePhotos } from '../../training/tiny-training.ts';
import { lossesOf, ranksConfig, ranksMap, runRanked, runWithKill, worldsOf } from './ranks-training.ts';

const isSetUp = hasTensorFlowRanks ? '' : ' (not set up: auspex setup tensorflow)';
const where = hasTensorFlowRanks ? describe : describe.skip;

for (const transport of tensorFlowTransports) {
  where(`training on ranks, on TensorFlow, by ${transport}${isSetUp}`, () => {
    const temporary = temporaryFolder();
    const photos = path.join(temporary.path, 'photos');
    const out = (name: string) => path.join(temporary.path, name);
    const chosen = transport === 'nccl' ? ['ranks.transport=nccl'] : [];
    const config = (name: string, ...set: string[]) =>
      ranksConfig(photos, out(name), `training.device=${tensorFlowDevice}`, ...chosen, ...set);
    const restoreEnvironment = keepEnvironment();

    before(async () => {
      if (tensorFlowBuild === 'cpu') Object.assign(process.env, environmentOf(transport));
      await writePhotos(photos, 40);
    });
    after(() => {
      restoreEnvironment();
      temporary.remove();
    });

    it('gives the losses of one rank on oneDNN, which goes on from its checkpoint', async () => {
      const set = ['training.iterations=8', 'checkpoint.everyIterations=4'];
      await runTraining(ranksConfig(photos, out('one'), ...set));
      let byNccl = false;
      await runRanked(config('both', ...set), {
        ranks: 2,
        stopAt: 4,
        onEvent(event) {
          if (event.kind === 'step') byNccl ||= ranksMap('/libnccl');
        },
      });
      assert.equal(byNccl, transport === 'nccl');
      const onRanks = lossesOf(out('both')).length;
      assert.ok(onRanks >= 4 && onRanks < 8, `stopped after ${onRanks} steps`);
      await runTraining(ranksConfig(photos, out('both'), ...set), { resume: true });
      assertNear(lossesOf(out('both')), lossesOf(out('one')), `${onRanks} steps on TensorFlow, then oneDNN`);
    });

    it('goes on by itself when a rank is killed, with the bits of a training that was left alone', async () => {
      const set = ['training.iterations=20', 'checkpoint.everyIterations=5'];
      const { events, result } = await runWithKill(config('killed', ...set), { step: 7, saved: 5 });
      assert.deepEqual([result.status, result.steps], ['finished', 20]);
      assert.equal(worldsOf(events).length, 2);
      assert.match(worldsOf(events)[1]!.reason!, /gone|failed/);
      await runRanked(config('undisturbed', ...set), { ranks: 2 });
      assert.deepEqual(lossesOf(out('killed')), lossesOf(out('undisturbed')));
    });
  });
}

function assertNear(actual: readonly (number | null)[], expected: readonly (number | null)[], what: string): void {
  assert.equal(actual.length, expected.length);
  for (const [step, loss] of actual.entries()) {
    const difference = Math.abs(loss! / expected[step]! - 1);
    assert.ok(difference <= 1e-4, `${what}, step ${step + 1}: ${loss}, not ${expected[step]}`);
  }
}
