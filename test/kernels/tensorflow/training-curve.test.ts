/**
 * A training goes the same way on both executors. Crops change from step to step; the learning rate is that of a training. Rounding
 * grows from step to step, so the first losses are compared closely and the whole curve in the mean: over 200 steps oneDNN is 0.009 in
 * the mean from itself on another number of threads, and TensorFlow 0.005 from it.
 *
 * AUSPEX_SLOW=1 takes 200 steps instead of 20.
 */
import assert from 'node:assert/strict';
import { type Compiled, CompiledProgram } from '../../../kernels/executor.ts';
import { type Program, valueNamed } from '../../../program/program.ts';
import { STEP, withRecompute } from '../../../program/training-step.ts';
import { elements } from '../../../program/values.ts';
import { normals, uniform } from '../../program/random.ts';
import { smallStep, stepContents } from '../../program/small-step.ts';
import { hasTensorFlow, openTensorFlow } from '../executors.ts';

const STEPS = process.env['AUSPEX_SLOW'] ? 200 : 20;
const SEED = 3;

async function curve(program: Program, compile: (program: Program) => Compiled): Promise<number[]> {
  const executor = compile(program).allocate();
  for (const [name, numbers] of Object.entries(stepContents(program, SEED))) executor.write(name, numbers);
  const random = uniform(SEED);
  const pixels = elements(valueNamed(program, STEP.images));
  // Few different batches, seen again and again: there is something to learn.
  const batches = Array.from({ length: 4 }, () => normals(random, pixels));
  const losses: number[] = [];
  for (let step = 0; step < STEPS; step++) {
    executor.write(STEP.images, batches[step % batches.length]!);
    executor.write(STEP.control, Float32Array.of(0.02 * Math.min(1, (step + 1) / 10), step < 5 ? 1 : 0));
    await executor.run();
    assert.equal(executor.read(STEP.applied)[0], 1, `step ${step} was applied`);
    losses.push(executor.read(STEP.loss)[0]!);
  }
  executor.free();
  return losses;
}

(hasTensorFlow ? describe : describe.skip)(`a training of ${STEPS} steps, on oneDNN and on TensorFlow`, () => {
  it('has the same curve in f32', async () => {
    const head = { widths: [24, 12], batchNorm: 'hidden' as const, prototypes: 20 };
    const program = withRecompute(smallStep({ precision: 'f32', head, input: { dtype: 'f32' } }), {});
    const device = await openTensorFlow();
    const expected = await curve(program, (each) => new CompiledProgram(each, { threads: 1 }));
    const found = await curve(program, (each) => device.compile(each));
    const apart = found.map((loss, step) => Math.abs(loss - expected[step]!));
    const mean = apart.reduce((sum, each) => sum + each) / STEPS;
    const early = Math.max(...apart.slice(0, 8));
    const report = `early ${early}, mean ${mean}, last ${expected.at(-1)} and ${found.at(-1)}`;
    if (process.env['AUSPEX_SLOW']) process.stdout.write(`      ${report}, largest ${Math.max(...apart)}\n`);
    assert.ok(early <= 1e-4, report);
    assert.ok(mean <= 0.04, report);
    assert.ok(Math.max(...expected) - expected.at(-1)! > 10 * mean, `the loss moved: ${report}`);
  });
});
