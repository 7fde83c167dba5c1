/** Ranks that have met, before their first step. */
import assert from 'node:assert/strict';
import { totalBytes } from '../../program/memory-budget.ts';
import type { ConfigInput } from '../../training/config/config.ts';
import { loadConfig } from '../../training/config/config.ts';
import { Rank } from '../../training/rank.ts';
import { compileRankStep } from '../../training/rank-step.ts';
import { TINY } from './tiny-training.ts';

function tiny(...set: string[]) {
  return loadConfig({ values: TINY as unknown as ConfigInput, data: 'photos', out: 'run', set });
}

/** Two ranks of this process, with so many threads each. */
async function connect(config: ReturnType<typeof tiny>, threads: readonly number[]) {
  const ranks = threads.map((own, rank) =>
    Rank.open({ config, rank, worldSize: threads.length, transport: 'shared-memory', threads: own }),
  );
  try {
    const addresses = ranks.map(({ communicator }) => communicator.address);
    return await Promise.allSettled(ranks.map((rank) => rank.connect(addresses, null)));
  } finally {
    for (const rank of ranks) rank.close();
  }
}

describe('ranks that meet', () => {
  it('refuse to train where the memory budget makes them recompute differently, and say what to set', async () => {
    const bytes = (threads: number) =>
      totalBytes(compileRankStep(tiny(), { rank: 0, worldSize: 2 }, { threads }).compiled.plan);
    const budget = `training.memoryBudget=${bytes(1)}`;
    for (const outcome of await connect(tiny(budget), [1, 4])) {
      assert.ok(outcome.status === 'rejected');
      const { code, message } = outcome.reason as { code: string; message: string };
      assert.equal(code, 'RANKS_DIFFER');
      assert.match(message, /rank 0 has 1, rank 1 has 2\. Set training\.recomputeGroups=2/);
    }
    const settled = await connect(tiny(budget), [1, 1]);
    assert.deepEqual(
      settled.map(({ status }) => status),
      ['fulfilled', 'fulfilled'],
    );
  });
});
