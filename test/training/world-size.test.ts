/** Among how many ranks a training is divided, and which of them share the statistics of batch norm. */
import assert from 'node:assert/strict';
import { worldSizeFor } from '../../actors/coordinator/world-plan.ts';
import type { Operation } from '../../program/operations.ts';
import type { ConfigInput } from '../../training/config/config.ts';
import { loadConfig } from '../../training/config/config.ts';
import { compileRankStep } from '../../training/rank-step.ts';
import { divisionProblem } from '../../training/world-size.ts';
import { TINY } from './tiny-training.ts';

const SYNCHRONISED: readonly Operation['kind'][] = ['batchNormMoments', 'batchNormBackward', 'squeezeBackward'];

function tiny(batchSize: number, ...set: string[]) {
  const values = TINY as unknown as ConfigInput;
  return loadConfig({ values, data: 'photos', out: 'run', set: [`training.batchSize=${batchSize}`, ...set] });
}

describe('world size', () => {
  it('makes a group of batch norm of all ranks where there are fewer than it has', () => {
    const config = tiny(8, 'ranks.batchNorm=8');
    const { operations } = compileRankStep(config, { rank: 3, worldSize: 4 }).compiled.program;
    const groups = operations
      .filter(({ kind }) => SYNCHRONISED.includes(kind))
      .map(({ attributes }) => (attributes as { readonly ranks?: number }).ranks);
    assert.deepEqual([...new Set(groups)], [4]);
    // Pixels that the running variances stand for are those of four ranks, not of eight.
    const of = (batch: number, world: number, ...set: string[]) =>
      compileRankStep(tiny(batch, ...set), { rank: 0, worldSize: world }).compiled.program.operations.find(
        ({ kind }) => kind === 'updateRunningMoments',
      )!.attributes;
    assert.deepEqual(of(8, 4, 'ranks.batchNorm=8'), of(8, 1));
  });

  it('refuses ranks that do not divide into groups of batch norm', () => {
    const config = tiny(8, 'ranks.batchNorm=3');
    assert.throws(() => compileRankStep(config, { rank: 0, worldSize: 4 }), {
      code: 'BAD_WORLD_SIZE',
      message: /^4 ranks do not divide into groups of ranks\.batchNorm=3\./,
    });
  });

  it('goes on with the largest number of ranks that groups of batch norm divide', () => {
    const config = tiny(48, 'ranks.batchNorm=8');
    const sizeFor = (available: number) =>
      worldSizeFor(available, { minimum: 1, maximum: 16 }, (size) => divisionProblem(config, size) === undefined);
    assert.deepEqual([16, 12, 8, 5].map(sizeFor), [16, 8, 8, 4]);
  });

  it('counts the lanes of a topic', () => {
    assert.equal(divisionProblem(tiny(12), 3), undefined);
    assert.match(divisionProblem(tiny(12), 3, 4)!.message, /of 4 lanes of partitions of the topic, cannot be divided/);
  });
});
