/** Exchanges on TensorFlow go on beside what is computed: over shared memory, and over NCCL's stand-in. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { runRanks } from '../../../bench/rank-processes.ts';
import { environmentOf } from '../collectives/operations.ts';
import { hasTensorFlowRanks, tensorFlowBuild, tensorFlowTransports } from '../executors.ts';
import { ELEMENTS, type OverlapArguments, type OverlapResult } from './overlap-rank.ts';

const script = path.join(import.meta.dirname, 'overlap-rank.ts');

const where = hasTensorFlowRanks ? describe : describe.skip;
where(`TensorFlow: exchanges${hasTensorFlowRanks ? '' : ' (not set up: auspex setup tensorflow)'}`, () => {
  for (const transport of tensorFlowTransports) {
    it(`by ${transport} go on beside what is computed after they were started`, async () => {
      const environment = tensorFlowBuild === 'gpu' ? {} : environmentOf(transport);
      const results = await runRanks<OverlapArguments, OverlapResult>(script, 2, { transport }, environment);
      for (const [rank, { beside, whole, part, mean, awaiting, communicating, exchange }] of results.entries()) {
        assert.deepEqual(beside, [Math.fround(0.6), Math.fround(0.8)]);
        // Rows of ones and of twos, brought to unit length.
        for (const value of whole) assert.ok(Math.abs(value - 1 / Math.sqrt(ELEMENTS)) < 1e-6, `${value}`);
        assert.deepEqual(part, [0.5 * (2 * (2 * rank) + 1), 0.5 * (2 * (2 * rank + 1) + 1)]);
        assert.deepEqual(mean, [0.5]);
        assert.ok(awaiting >= 0 && communicating > 0 && exchange.end > exchange.begin);
      }
      // The first rank's exchange was under way all the time that it computed something else.
      const [{ exchange, computed }] = results as [OverlapResult, OverlapResult];
      assert.ok(
        exchange.end > computed.end,
        `the exchange ended at ${exchange.end}, the computation at ${computed.end}`,
      );
    });
  }
});
