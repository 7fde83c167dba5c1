/** The loss scale of f16, as a pass and as arithmetic. That it trains is tested in kernels/tensorflow/fp16.test.ts. */
import assert from 'node:assert/strict';
import { LARGEST_SCALE, LOSS_SCALE, nextLossScale } from '../../program/loss-scale.ts';
import { shard } from '../../program/shard.ts';
import { trainingStep } from '../../program/training-step.ts';
import { smallSpec, smallStep } from './small-step.ts';

describe('loss scale', () => {
  it('halves at an overflow, which it counts, and not below 1', () => {
    assert.deepEqual(nextLossScale({ scale: 8, clean: 3, skipped: 1 }, false, 5), { scale: 4, clean: 0, skipped: 2 });
    assert.deepEqual(nextLossScale({ scale: 1, clean: 0, skipped: 0 }, false, 5), { scale: 1, clean: 0, skipped: 1 });
  });

  it('doubles after so many steps in a row without one, up to a limit', () => {
    let state = { scale: 8, clean: 0, skipped: 7 };
    const scales: number[] = [];
    for (let step = 0; step < 7; step++) {
      state = nextLossScale(state, true, 3);
      scales.push(state.scale);
    }
    assert.deepEqual(scales, [8, 8, 16, 16, 16, 32, 32]);
    assert.equal(state.skipped, 7);
    const largest = { scale: LARGEST_SCALE, clean: 0, skipped: 0 };
    assert.equal(nextLossScale(largest, true, 1).scale, LARGEST_SCALE);
  });

  it('is part of a step in f16 alone: of the first gradient, the norms and the update, and changes last', () => {
    const program = smallStep({ precision: 'f16' });
    const scale = program.values.find(({ name }) => name === LOSS_SCALE.scale)!;
    assert.deepEqual([scale.role, scale.init], ['state', { kind: 'constant', value: 65_536 }]);
    const users = program.operations.filter(({ inputs }) => Object.values(inputs).includes(scale.id));
    assert.deepEqual(
      users.map(({ kind }) => kind),
      ['swavLossBackward', 'squaredNorms', 'sgd'],
    );
    assert.equal(program.operations.at(-1)!.kind, 'adaptLossScale');
    for (const precision of ['f32', 'bf16'] as const) {
      assert.ok(!smallStep({ precision }).values.some(({ name }) => name === LOSS_SCALE.scale));
    }
  });

  it('stays in the step of a rank, whose weights travel in f16', () => {
    const step = trainingStep(smallSpec({ precision: 'f16', keepGradients: false }));
    const { program, updateStart, inspectStart } = shard(step, { rank: 0, worldSize: 2, precision: 'f16' });
    const scale = program.values.find(({ name }) => name === LOSS_SCALE.scale)!.id;
    const norms = program.operations.find(({ kind }) => kind === 'squaredNorms')!;
    assert.equal((norms.inputs as { scale?: number }).scale, scale);
    const update = program.operations.slice(updateStart, inspectStart).map(({ kind }) => kind);
    assert.ok(update.includes('adaptLossScale') && update.includes('sgd'));
    assert.ok(program.values.some(({ name, dtype }) => name.startsWith('f16(shard(') && dtype === 'f16'));
  });
});
