/** Data parallel without shards: every gradient is summed, once and as soon as it can be. */
import assert from 'node:assert/strict';
import type { Program } from '../../program/program.ts';
import { replicate } from '../../program/replicate.ts';
import { simulate } from '../../program/simulator/simulate.ts';
import { withRecompute } from '../../program/training-step.ts';
import { roundDevice } from './simulator/round-device.ts';
import { smallStep } from './small-step.ts';

describe('replicated step', () => {
  const step = withRecompute(smallStep(), {});
  const program: Program = replicate(step, 8);

  it('sums every gradient once, as soon as it is there, and updates with the mean', () => {
    const sums = program.operations.filter((operation) => operation.kind === 'allReduce');
    const sgd = program.operations.find((operation) => operation.kind === 'sgd')!;
    assert.equal(sums.length, sgd.inputs.gradients.length);
    assert.deepEqual(new Set(sums.map(({ outputs }) => outputs.output)), new Set(sgd.inputs.gradients));
    for (const { inputs, outputs } of sums) {
      assert.deepEqual(program.values[outputs.output]!.view, { of: inputs.input, byteOffset: 0 });
      const made = program.operations.findIndex((operation) => Object.values(operation.outputs).includes(inputs.input));
      const next = program.operations.slice(made + 1).find((operation) => operation.kind !== 'allReduce')!;
      assert.ok(program.operations.indexOf(next) - made <= 4);
    }
    const awaited = program.operations.find((operation) => operation.kind === 'await')!;
    assert.ok(sums.every(({ outputs }) => awaited.inputs.values.includes(outputs.output)));
    assert.ok(program.operations.indexOf(awaited) < program.operations.indexOf(sgd));
  });

  it('exchanges sums of batch norm with all, or with those that are asked', () => {
    const ranksOf = (made: Program) =>
      made.operations.flatMap((operation) =>
        operation.kind === 'batchNormMoments' ? [operation.attributes.ranks] : [],
      );
    assert.ok(ranksOf(program).every((ranks) => ranks === 8));
    assert.ok(ranksOf(replicate(step, 8, 2)).every((ranks) => ranks === 2));
    const run = simulate(program, roundDevice, { world: 8, shards: 1, perHost: 4 });
    assert.deepEqual([run.wire.allGather, run.wire.reduceScatter], [0, 0]);
    assert.ok(run.wire.allReduce > 0 && run.wire.exchanged > 0);
  });
});
