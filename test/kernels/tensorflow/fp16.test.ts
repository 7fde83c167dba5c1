/** Steps in f16 with a loss scale, on TensorFlow: gradients, overflows, and a curve. */
import assert from 'node:assert/strict';
import type { Executor } from '../../../kernels/executor.ts';
import { LOSS_SCALE } from '../../../program/loss-scale.ts';
import { valueNamed } from '../../../program/program.ts';
import { STEP, withRecompute } from '../../../program/training-step.ts';
import { elements, isPersistent, type Precision } from '../../../program/values.ts';
import { normals, seed, uniform } from '../../program/random.ts';
import { smallStep, stepContents } from '../../program/small-step.ts';
import { hasTensorFlow, openTensorFlow } from '../executors.ts';

async function started(precision: Precision, scale: number, growthInterval = 2000, of = seed): Promise<Executor> {
  const head = { widths: [24, 12], batchNorm: 'hidden' as const, prototypes: 20 };
  const spec = { head, input: { dtype: 'f32' as const }, lossScale: { initial: 1, growthInterval } };
  const program = withRecompute(smallStep({ ...spec, precision }), {});
  const executor = (await openTensorFlow()).compile(program).allocate();
  const contents = {
    // The same in every precision.
    ...stepContents(smallStep({ ...spec, precision: 'f32' }), of),
    ...(precision === 'f16' && {
      [LOSS_SCALE.scale]: Float32Array.of(scale),
      [LOSS_SCALE.counts]: new Float32Array(2),
    }),
  };
  for (const [name, numbers] of Object.entries(contents)) executor.write(name, numbers);
  return executor;
}

const kept = (executor: Executor) =>
  new Map(
    executor.program.values
      .filter((value) => isPersistent(value) && !value.name.startsWith('loss scale'))
      .map(({ name }) => [name, executor.read(name)]),
  );

(hasTensorFlow ? describe : describe.skip)(`TensorFlow: f16 (seed ${seed})`, () => {
  it('gives norms of gradients and an update that do not depend on the scale, near those of f32', async () => {
    const results: { norms: Float32Array; moved: number[] }[] = [];
    for (const [precision, scale] of [
      ['f32', 1],
      ['f16', 256],
      ['f16', 2048],
    ] as const) {
      const executor = await started(precision, scale);
      const before = kept(executor);
      await executor.run();
      assert.equal(executor.read(STEP.applied)[0], 1, `a scale of ${scale} overflows nothing`);
      const moved = [...before].flatMap(([name, old]) => {
        const now = executor.read(name);
        return name.startsWith('momentum(') ? [Math.hypot(...now.map((value, i) => value - old[i]!))] : [];
      });
      const norms = executor.read(STEP.norms).filter((_, i) => i % 2 === 1);
      results.push({ norms: norms.map(Math.sqrt), moved });
      executor.free();
    }
    const [f32, small, large] = results as [(typeof results)[0], (typeof results)[0], (typeof results)[0]];
    const apart = (one: ArrayLike<number>, other: ArrayLike<number>) => {
      const [a, b] = [Array.from(one), Array.from(other)];
      return Math.hypot(...a.map((value, i) => value - b[i]!)) / Math.hypot(...b);
    };
    for (const which of ['norms', 'moved'] as const) {
      assert.ok(apart(large[which], small[which]) < 0.02, `${which} by scale: ${apart(large[which], small[which])}`);
      assert.ok(apart(small[which], f32[which]) < 0.1, `${which} to f32: ${apart(small[which], f32[which])}`);
    }
  });

  it('leaves a step out that overflows, counts it, halves the scale until none does, and grows it again', async () => {
    const executor = await started('f16', 2 ** 30, 2);
    const before = kept(executor);
    let overflows = 0;
    for (; overflows < 40; overflows++) {
      await executor.run();
      if (executor.read(STEP.applied)[0] === 1) break;
      assert.equal(executor.read(LOSS_SCALE.scale)[0], 2 ** (29 - overflows));
      assert.deepEqual([...executor.read(LOSS_SCALE.counts)], [0, overflows + 1]);
      assert.deepEqual(kept(executor), before, 'nothing else has changed');
    }
    assert.ok(overflows > 2 && overflows < 30, `${overflows} overflows`);
    assert.notDeepEqual(kept(executor), before);
    const scale = executor.read(LOSS_SCALE.scale)[0]!;
    assert.equal(scale, 2 ** (30 - overflows));
    assert.deepEqual([...executor.read(LOSS_SCALE.counts)], [1, overflows]);
    executor.write(LOSS_SCALE.scale, Float32Array.of(64));
    await executor.run();
    assert.equal(executor.read(LOSS_SCALE.scale)[0], 128);
    assert.deepEqual([...executor.read(LOSS_SCALE.counts)], [0, overflows]);
    executor.free();
  });

  it('trains as f32 does', async () => {
    const steps = 20;
    const curves: number[][] = [];
    for (const precision of ['f32', 'f16'] as const) {
      const executor = await started(precision, 1024, 10, 3);
      const random = uniform(3);
      const pixels = elements(valueNamed(executor.program, STEP.images));
      const batches = Array.from({ length: 4 }, () => normals(random, pixels));
      const losses: number[] = [];
      for (let step = 0; step < steps; step++) {
        executor.write(STEP.images, batches[step % batches.length]!);
        executor.write(STEP.control, Float32Array.of(0.02 * Math.min(1, (step + 1) / 10), step < 5 ? 1 : 0));
        await executor.run();
        losses.push(executor.read(STEP.loss)[0]!);
      }
      curves.push(losses);
      executor.free();
    }
    const [f32, f16] = curves as [number[], number[]];
    const apart = f16.map((loss, step) => Math.abs(loss - f32[step]!));
    const mean = apart.reduce((sum, each) => sum + each) / steps;
    const report = `first ${apart[0]}, mean ${mean}, largest ${Math.max(...apart)}; ${f32.at(-1)} and ${f16.at(-1)}`;
    assert.ok(apart[0]! < 0.01, report);
    assert.ok(mean < 0.01, report);
    assert.ok(Math.max(...f32) - f16.at(-1)! > 10 * mean, `the loss moved: ${report}`);
    if (process.env['AUSPEX_SLOW']) process.stdout.write(`      ${report}\n`);
  });
});
