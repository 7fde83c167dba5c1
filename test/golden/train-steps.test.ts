/** Five whole training steps against the reference implementation: losses, gradients, parameters, running statistics. */
import assert from 'node:assert/strict';
import { CompiledProgram, type Executor } from '../../kernels/executor.ts';
import { regnetTrunk } from '../../model/regnet.ts';
import { STEP, trainingStep, withRecompute } from '../../program/training-step.ts';
import { assertClose, type Fixture, loadFixture, relativeL2 } from './fixture.ts';
import { concatenate, toRows } from './layout.ts';

interface Config {
  regnet: { depth: number; w0: number; wa: number; wm: number; group_width: number };
  batch: number;
  large: number;
  small: number;
  head: number[];
  prototypes: number;
  lr: number[];
  steps: number;
  batch_of_step: number[];
  momentum: number;
  weight_decay: number;
  larc_eta: number;
  larc_eps: number;
  temperature: number;
  sinkhorn_eps: number;
  sinkhorn_iters: number;
  prototypes_frozen_steps: number;
}

function stepOf(config: Config, precision: 'f32' | 'bf16') {
  const { depth, w0, wa, wm, group_width: groupWidth } = config.regnet;
  const [largeCrops, smallCrops] = [2, 4];
  return trainingStep({
    name: 'train_steps',
    trunk: regnetTrunk({ depth, w0, wa, wm, groupWidth }),
    head: { widths: config.head.slice(1), prototypes: config.prototypes },
    swav: {
      temperature: config.temperature,
      epsilon: config.sinkhorn_eps,
      sinkhornIterations: config.sinkhorn_iters,
      assignedCrops: largeCrops,
      crops: largeCrops + smallCrops,
      queueLength: 0,
    },
    grids: [
      { images: largeCrops * config.batch, height: config.large, width: config.large },
      { images: smallCrops * config.batch, height: config.small, width: config.small },
    ],
    input: { dtype: 'f32' },
    precision,
    optimizer: {
      momentum: config.momentum,
      weightDecay: config.weight_decay,
      larc: { enabled: true, trustCoefficient: config.larc_eta, epsilon: config.larc_eps },
    },
    keepGradients: true,
  });
}

/** Writes `init.*` into every parameter and running statistic. */
function initialise(executor: Executor, fixture: Fixture<Config, unknown>) {
  for (const { name, role } of executor.program.values) {
    if (role === 'parameter' || role === 'state') executor.write(name, fixture.values(`init.${name}`));
  }
}

function cropsOf(fixture: Fixture<Config, unknown>, batch: number): Float32Array {
  const parts = ['large', 'small'].map((size) => `crops${batch}.${size}`);
  return concatenate(parts.map((name) => toRows(fixture.values(name), fixture.tensor(name).shape)));
}

describe('golden: train_steps', () => {
  const fixture = loadFixture<Config, { 'A.losses': number[] }>('train_steps');
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
      const executor = new CompiledProgram(withRecompute(stepOf(config, 'f32'), recompute)).allocate();
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
