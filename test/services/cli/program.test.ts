import assert from 'node:assert/strict';
import type { DescribedProgram } from '../../../program/print.ts';
import { auspex } from './run.ts';

/** The tiny preset with a small batch: a program is planned in full even so. */
const TINY = ['program', '--preset', 'tiny', '--set', 'training.batchSize=8', '--set', 'training.threads=1'];

describe('auspex program', () => {
  it('prints every operation of the training step', () => {
    const { code, stdout, stderr } = auspex(TINY);
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /^tiny: \d+ operations/);
    for (const kind of ['normalizeImages', 'convolution', 'squeezeBackward', 'sinkhorn', 'sgd']) {
      assert.match(stdout, new RegExp(`  ${kind}  `));
    }
  });

  it('gives the same as JSON, with the memory plan', () => {
    const { code, json } = auspex([...TINY, '--json']);
    assert.equal(code, 0);
    const { operations, memory, counts } = json<DescribedProgram>();
    assert.equal(
      operations.length,
      Object.values(counts.operations).reduce((sum, count) => sum + count, 0),
    );
    assert.ok(memory!.arenaBytes >= memory!.peak.liveBytes);
    assert.equal(operations[0]!.kind, 'normalizeImages');
  });

  it('keeps to a memory budget, or says which would do', () => {
    const refused = auspex([...TINY, '--set', 'training.memoryBudget=1000']);
    assert.equal(refused.code, 1);
    const least = Number(/Give at least (\d+) bytes/.exec(refused.stderr)?.[1]);
    assert.match(refused.stderr, /^error BUDGET_TOO_SMALL: /);
    const fitted = auspex([...TINY, '--json', '--set', `training.memoryBudget=${least}`]).json<DescribedProgram>();
    assert.equal(fitted.memory!.arenaBytes + fitted.memory!.persistentBytes, least);
    assert.ok(fitted.counts.operations.recompute! > 0);
  });

  it('needs a configuration that exists', () => {
    const { code, stderr } = auspex(['program', '--preset', 'tinny']);
    assert.equal(code, 1);
    assert.match(stderr, /^error UNKNOWN_PRESET: .*tiny/);
  });
});
