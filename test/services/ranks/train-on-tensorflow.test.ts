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
import { lossesOf, processOf, ranksConfig, runRanked, worldsOf } from './ranks-training.ts';

const isSetUp = hasTensorFlowRanks ? '' : ' (not set up: auspex setup tensorflow)';
const where = hasTensorFlowRanks ? describe : describe.skip;

for (const transport of tensorFlowTransports) {
  where(`training on ranks, on TensorFlow, by ${transport}${isSetUp}`, () => {
    const temporary = temporaryFolder();
    const photos = path.join(temporary.path, 'photos');
    const out = (name: string) => path.join(temporary.path, name);
    const byNccl = transport === 'nccl' ? ['ranks.transport=nccl'] : [];
    const config = (name: string, ...set: string[]) =>
      ranksConfig(photos, out(name), `training.device=${tensorFlowDevice}`, ...byNccl, ...set);
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
      await runRanked(config('both', ...set), { ranks: 2, stopAt: 4 });
      const onRanks = lossesOf(out('both')).length;
      assert.ok(onRanks >= 4 && onRanks < 8, `stopped after ${onRanks} steps`);
      await runTraining(ranksConfig(photos, out('both'), ...set), { resume: true });
      assertNear(lossesOf(out('both')), lossesOf(out('one')), `${onRanks} steps on TensorFlow, then oneDNN`);
    });

    it('goes on by itself when a rank is killed, with the bits of a training that was left alone', async () => {
      let victim: number | undefined;
      let [saved, killed] = [0, false];
      const set = ['training.iterations=20', 'checkpoint.everyIterations=5'];
      const { events, result } = await runRanked(config('killed', ...set), {
        ranks: 2,
        onEvent(event) {
          if (event.kind === 'world') victim = processOf(event.ranks[1]!);
          if (event.kind === 'checkpoint' && !killed) saved = event.step;
          if (event.kind !== 'step' || event.step < 7 || saved < 5 || killed) return;
          killed = true;
          process.kill(victim!, 'SIGKILL');
        },
      });
      assert.ok(killed);
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
