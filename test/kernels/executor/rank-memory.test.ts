/** The memory plan of a rank is a promise too: nothing is touched beyond it, in none of its three regions. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { runRanks } from '../../../bench/rank-processes.ts';
import { planMemory } from '../../../program/memory-plan.ts';
import { trainingStep, withRecompute } from '../../../program/training-step.ts';
import { seed } from '../../program/random.ts';
import { smallSpec } from '../../program/small-step.ts';
import type { RankMemoryArguments, RankMemoryResult } from './rank-memory-rank.ts';

const script = path.join(import.meta.dirname, 'rank-memory-rank.ts');

describe(`executor: memory of a rank (seed ${seed})`, () => {
  for (const precision of ['f32', 'bf16'] as const) {
    it(`${precision}: uses what was planned and nothing beyond it`, async () => {
      const one = planMemory(withRecompute(trainingStep(smallSpec({ precision })), {}));
      for (const size of [2, 3]) {
        const results = await runRanks<RankMemoryArguments, RankMemoryResult>(script, size, { precision, seed });
        for (const [rank, { plan, touched, applied }] of results.entries()) {
          assert.deepEqual(touched, [], `rank ${rank} of ${size}`);
          assert.equal(applied, 2);
          assert.equal(plan.sharedBytes, results[0]!.plan.sharedBytes);
          assert.ok(plan.persistentBytes < one.persistentBytes);
        }
      }
    });
  }
});
