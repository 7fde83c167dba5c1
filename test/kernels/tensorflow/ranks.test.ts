/** Ranks on TensorFlow when one of them is gone: over shared memory, and over NCCL's stand-in. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { runRanks } from '../../../bench/rank-processes.ts';
import { tinyConfig } from '../../training/tiny-training.ts';
import { environmentOf } from '../collectives/operations.ts';
import { hasTensorFlowRanks, tensorFlowBuild, tensorFlowDevice, tensorFlowTransports } from '../executors.ts';
import type { RanksArguments, RanksResult } from './ranks-rank.ts';

const script = path.join(import.meta.dirname, 'ranks-rank.ts');

const where = hasTensorFlowRanks ? describe : describe.skip;
where(`TensorFlow: ranks${hasTensorFlowRanks ? '' : ' (not set up: auspex setup tensorflow)'}`, () => {
  const config = tinyConfig('photos', 'out', `training.device=${tensorFlowDevice}`, 'ranks.collectiveTimeout=20');

  for (const transport of tensorFlowTransports) {
    for (const [leaves, code] of [
      ['killed', 'PEER_LOST'],
      ['aborts', 'ABORTED'],
    ] as const) {
      it(`by ${transport}: one that is ${leaves === 'killed' ? 'killed' : 'aborted'} ends the others' step at once, and they begin anew`, async () => {
        const args: RanksArguments = { config, transport, leaves };
        const [first, last] = await runRanks<RanksArguments, RanksResult>(
          script,
          2,
          args,
          tensorFlowBuild === 'gpu' ? {} : environmentOf(transport),
        );
        assert.deepEqual(first!.losses, last!.losses, 'the loss is that of all ranks');
        assert.equal(first!.code, code, first!.message);
        assert.ok(first!.seconds < 10, `noticed after ${first!.seconds} s`);
        assert.ok(Number.isFinite(first!.alone));
      });
    }
  }
});
