/**
 * Fifty steps of a small network against the curve that they had before the kernels for AVX-512 and AMX were written
 * (fifty-steps.json): whatever makes a step quicker may change the last bits of a loss, and not where training goes.
 *
 * Rounding grows from step to step, the more since a loss so large turns units on and off: between AVX2, AVX-512, AMX and that
 * curve the first losses were up to 1e-6 apart in f32 and 0.013 in bf16, all of them 0.013 in the mean.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { STEP, withRecompute } from '../../../program/training-step.ts';
import { smallStep, stepContents } from '../../program/small-step.ts';
import { allocate } from '../../program/tiny-program.ts';

const STEPS = 50;
const SEED = 1;

async function losses(precision: 'f32' | 'bf16', threads: number): Promise<number[]> {
  const stages = [
    { depth: 1, width: 32, groupWidth: 8 },
    { depth: 2, width: 64, groupWidth: 16 },
    { depth: 1, width: 112, groupWidth: 56 },
  ];
  const program = withRecompute(smallStep({ precision }, { stemWidth: 16, stages }), {});
  const contents = stepContents(program, SEED);
  const executor = allocate(program, { threads });
  for (const [name, numbers] of Object.entries(contents)) executor.write(name, numbers);
  const found: number[] = [];
  for (let step = 0; step < STEPS; step++) {
    executor.write(STEP.crops, contents[STEP.crops]!);
    executor.write(STEP.control, contents[STEP.control]!);
    await executor.run();
    found.push(executor.read(STEP.loss)[0]!);
  }
  return found;
}

describe('fifty steps', () => {
  const file = path.join(import.meta.dirname, 'fifty-steps.json');
  const curves = JSON.parse(readFileSync(file, 'utf8')) as Record<'f32' | 'bf16', number[]>;
  for (const [precision, bound] of [
    ['f32', { early: 1e-5, mean: 0.04 }],
    ['bf16', { early: 0.04, mean: 0.04 }],
  ] as const) {
    it(`in ${precision} go where they went, on one thread and on two`, async () => {
      for (const threads of [1, 2]) {
        const found = await losses(precision, threads);
        const apart = found.map((loss, step) => Math.abs(loss - curves[precision][step]!));
        const mean = apart.reduce((sum, each) => sum + each) / STEPS;
        const early = Math.max(...apart.slice(0, 8));
        assert.ok(early <= bound.early, `one of the first losses is ${early} off: ${found}`);
        assert.ok(mean <= bound.mean, `losses are ${mean} off in the mean: ${found}`);
      }
    });
  }
});
