/** Five whole training steps against the reference implementation: losses, gradients, parameters, running statistics. */
import assert from 'node:assert/strict';
import type { Executor } from '../../kernels/executor.ts';
import { STEP, trainingStep, withRecompute } from '../../program/training-step.ts';
import { compileOnCurrent, onEveryExecutor } from '../kernels/executors.ts';
import { assertClose, type Fixture, loadFixture, relativeL2 } from './fixture.ts';
import { concatenate } from './layout.ts';
import { cropsOf, specOf, type TrainStepsConfig } from './train-steps-spec.ts';

/** Writes `init.*` into every parameter and running statistic. */
function initialise(executor: Executor, fixture: Fixture<TrainStepsConfig, unknown>) {
  for (const { name, role } of executor.program.values) {
    if (role === 'parameter' || role === 'state') executor.write(name, fixture.values(`init.${name}`));
  }
}

onEveryExecutor('golden: train_steps', () => {
  const fixture = loadFixture<TrainStepsConfig, { 'A.losses': number[] }>('train_steps');
  const { config, scalars, tolerances } = fixture;

  for (const [title, recompute] of [
    ['everything kept', { normalised: false }],
    ['normalised maps recomputed', {}],
    [
      'three groups of units recomputed',
      {
        groups: [
          ['stem', 's1.b1'],
          ['s2.b1', 's3.b1'],
          ['s4.b1', 's4.b2', 's4.b3'],
        ],
      },
    ],
  ] as const) {
    it(`variant A in fp32, ${title}`, async () => {
      const executor = compileOnCurrent(withRecompute(trainingStep(specOf(config, 'f32')), recompute)).allocate();
      initialise(executor, fixture);
      const losses: number[] = [];
      for (let step = 0; step < config.steps; step++) {
        executor.write(STEP.images, cropsOf(fixture, config.batch_of_step[step]!));
        const frozen = step < config.prototypes_frozen_steps ? 1 : 0;
        executor.write(STEP.control, Float32Array.of(config.lr[step]!, frozen));
        await executor.run();
        losses.push(executor.read(STEP.loss)[0]!);
        if (step === 0) checkGradients(executor);
      }
      assertClose(losses, scalars['A.losses'], tolerances['A.losses, B.losses']!, 'losses');
      checkFinal(executor);
    });
  }

  function checkGradients(executor: Executor) {
    const bound = tolerances['A.grad0']!.relative_l2_per_tensor!;
    for (const name of fixture.names('A.grad0.')) {
      const parameter = name.slice('A.grad0.'.length);
      const distance = relativeL2(executor.read(`d(${parameter})`), fixture.values(name));
      assert.ok(distance <= bound, `gradient of ${parameter}: relative L2 ${distance} > ${bound}`);
    }
  }

  function checkFinal(executor: Executor) {
    const bounds = tolerances['A.final, B.final parameters'] as unknown as Record<string, number>;
    const together = { actual: [] as Float32Array[], expected: [] as Float32Array[], init: [] as Float32Array[] };
    for (const key of fixture.names('A.final.')) {
      const name = key.slice('A.final.'.length);
      const [actual, expected, init] = [executor.read(name), fixture.values(key), fixture.values(`init.${name}`)];
      if (name.includes('running_')) {
        assertClose(actual, expected, tolerances['running statistics']!, name);
        continue;
      }
      const distance = relativeL2(actual, expected, init);
      assert.ok(distance <= bounds['relative_l2_of_change_per_tensor']!, `change of ${name}: relative L2 ${distance}`);
      together.actual.push(actual);
      together.expected.push(expected);
      together.init.push(init);
    }
    const distance = relativeL2(
      ...([together.actual, together.expected, together.init].map(concatenate) as [
        Float32Array,
        Float32Array,
        Float32Array,
      ]),
    );
    assert.ok(
      distance <= bounds['relative_l2_of_change_all_parameters_together']!,
      `all parameters: relative L2 ${distance}`,
    );
  }
});
