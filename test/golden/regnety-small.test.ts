/** A small RegNetY against the reference implementation: every stage, every gradient, running statistics, inference. */
import assert from 'node:assert/strict';
import { regnetTrunk } from '../../model/regnet.ts';
import { trunk } from '../../model/trunk.ts';
import { BATCH_NORM, type ProgramBuilder } from '../../program/builder.ts';
import { differentiate } from '../../program/differentiate.ts';
import { fuse } from '../../program/fuse.ts';
import { type Program, valueNamed } from '../../program/program.ts';
import { onEveryExecutor } from '../kernels/executors.ts';
import { builderOf, type Contents, execute, withOutputs } from '../program/tiny-program.ts';
import { assertClose, loadFixture, relativeL2 } from './fixture.ts';
import { toRows } from './layout.ts';

interface Config {
  depth: number;
  w0: number;
  wa: number;
  wm: number;
  group_width: number;
  stem_width: number;
  se_ratio_of_block_input: number;
  bn_eps: number;
  bn_momentum: number;
  batch: number;
  height: number;
  width: number;
}

onEveryExecutor('golden: regnety_small', () => {
  const { config, tolerances, ...fixture } = loadFixture<Config, unknown>('regnety_small');
  const {
    depth,
    w0,
    wa,
    wm,
    group_width: groupWidth,
    stem_width: stemWidth,
    se_ratio_of_block_input: seRatio,
  } = config;
  const spec = regnetTrunk({ depth, w0, wa, wm, groupWidth, stemWidth, seRatio });
  const grids = [{ images: config.batch, height: config.height, width: config.width }];

  const pixelRows = (name: string) => toRows(fixture.values(name), fixture.tensor(name).shape);
  const images = { images: pixelRows('input') };
  const weights = Object.fromEntries(
    fixture.names('weight.').map((name) => [name.slice('weight.'.length), fixture.values(name)]),
  );

  const passes = { unfused: (program: Program) => program, fused: fuse } as const;

  function emitRunningMoments(builder: ProgramBuilder) {
    for (const { mean, variance, runningMean, runningVariance, counts } of builder.moments) {
      builder.emit('updateRunningMoments', {
        phase: 'update',
        inputs: { mean, variance },
        outputs: {},
        updates: { runningMean, runningVariance },
        attributes: { momentum: BATCH_NORM.momentum, counts },
      });
    }
  }

  /** Forward, the gradients of sum(features * seed), running statistics; `out.*`, features and gradients are outputs. */
  function trainingProgram(pass: (program: Program) => Program) {
    const builder = builderOf('regnety_small');
    const input = builder.normalizedImages(grids);
    const { stages, pooled } = trunk(builder, spec, input, '');
    const seed = builder.value({ name: 'seed', role: 'input', shape: [config.batch, spec.width] });
    emitRunningMoments(builder);
    const stem = valueNamed(builder.program(), 'relu(stem.bn)').id;
    const { program, gradients } = differentiate(pass(builder.program()), {
      seeds: [{ value: pooled, gradient: seed }],
      inputs: [input],
    });
    const outputs = new Map([
      ['features', pooled],
      ['out.stem', stem],
    ]);
    for (const [index, id] of stages.entries()) outputs.set(`out.s${index + 1}`, id);
    return { program: withOutputs(program, [...outputs.values(), ...gradients.values()]), outputs, gradients };
  }

  async function trained(pass: (program: Program) => Program) {
    const { program, outputs, gradients } = trainingProgram(pass);
    const executor = await execute(program, { ...weights, ...images, seed: fixture.values('output_weight') });
    const read = (id: number) => executor.read(program.values[id]!.name);
    return {
      executor,
      outputs: new Map([...outputs].map(([name, id]) => [name, read(id)])),
      gradients: new Map([...gradients].map(([id, gradient]) => [program.values[id]!.name, read(gradient)])),
    };
  }

  it('epsilon and momentum of batch normalisation are the reference ones', () => {
    assert.deepEqual(BATCH_NORM, { epsilon: config.bn_eps, momentum: config.bn_momentum });
  });

  for (const [title, pass] of Object.entries(passes)) {
    describe(title, () => {
      let results: Awaited<ReturnType<typeof trained>>;
      before(async () => {
        results = await trained(pass);
      });

      it('stage outputs and features', () => {
        for (const name of fixture.names('out.')) {
          assertClose(results.outputs.get(name)!, pixelRows(name), tolerances['out.*']!, name);
        }
        assertClose(results.outputs.get('features')!, fixture.values('features'), tolerances['features']!, 'features');
      });

      it('gradients of every parameter and of the images', () => {
        const bound = tolerances['grad.*']!.relative_l2_per_tensor!;
        for (const name of fixture.names('grad.')) {
          const isInput = name === 'grad.input';
          const actual = results.gradients.get(isInput ? 'images' : name.slice('grad.'.length));
          assert.ok(actual, `there is a gradient for ${name}`);
          const distance = relativeL2(actual, isInput ? pixelRows(name) : fixture.values(name));
          assert.ok(distance <= bound, `${name}: relative L2 ${distance} > ${bound}`);
        }
        assert.equal(results.gradients.size, fixture.names('grad.').length);
      });

      it('running statistics after one forward pass', () => {
        for (const name of fixture.names('after.')) {
          const actual = results.executor.read(name.slice('after.'.length));
          assertClose(actual, fixture.values(name), tolerances['after.*']!, name);
        }
      });

      it('features in inference, with those statistics', async () => {
        const builder = builderOf('regnety_small', { mode: 'inference' });
        const { pooled } = trunk(builder, spec, builder.normalizedImages(grids), '');
        const program = withOutputs(pass(builder.program()), [pooled]);
        const statistics: Contents = Object.fromEntries(
          fixture.names('after.').map((name) => [name.slice('after.'.length), fixture.values(name)]),
        );
        const executor = await execute(program, { ...weights, ...statistics, ...images });
        const features = executor.read(program.values[pooled]!.name);
        assertClose(features, fixture.values('eval_features'), tolerances['eval_features']!, 'eval_features');
      });
    });
  }

  it('fused and unfused programs agree', async () => {
    const [unfused, fused] = await Promise.all([trained(passes.unfused), trained(passes.fused)]);
    for (const [name, expected] of unfused.outputs) {
      assertClose(fused.outputs.get(name)!, expected, tolerances[name.startsWith('out.') ? 'out.*' : name]!, name);
    }
    const bound = tolerances['grad.*']!.relative_l2_per_tensor!;
    for (const [name, expected] of unfused.gradients) {
      const distance = relativeL2(fused.gradients.get(name)!, expected);
      assert.ok(distance <= bound, `gradient of ${name}: relative L2 ${distance} > ${bound}`);
    }
  });
});
