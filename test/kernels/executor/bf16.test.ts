/** A training step with feature maps in bf16 against the same step in f32, for every way of recomputing. */
import assert from 'node:assert/strict';
import type { Program } from '../../../program/program.ts';
import { activationsByUnit } from '../../../program/recompute.ts';
import { STEP, withRecompute } from '../../../program/training-step.ts';
import { smallStep, stepContents } from '../../program/small-step.ts';
import { execute } from '../../program/tiny-program.ts';
import { onEveryExecutor } from '../executors.ts';

/**
 * A bf16 number is off by up to 2^-9. Through the tens of roundings between images and loss, which go either way, the loss
 * may be off by about one of these. Gradients turn a little more with each layer on the way down; with ReLU much more, because
 * rounding also opens and closes units: an error of 1 % of the deviation does so to some 1 % of them, which is an error of
 * 10 % in the gradient at each layer.
 */
const BOUND = {
  loss: 2 ** -9,
  /** Cosine between the gradients of a weight in bf16 and in f32: least mean over the weights, and least of all. */
  cosine: { regnety: { mean: 0.9, least: 0.6 }, regnetz: { mean: 0.95, least: 0.85 } },
} as const;

/** Fixed, because the bounds are not proven but found. */
const SEED = 2;

const policies = {
  'everything kept': (program: Program) => withRecompute(program, { normalised: false }),
  'normalised maps recomputed': (program: Program) => withRecompute(program, {}),
  'groups recomputed': (program: Program) => withRecompute(program, { normalised: false, groups: thirds(program) }),
  'groups and normalised maps recomputed': (program: Program) => withRecompute(program, { groups: thirds(program) }),
} as const;

function thirds(program: Program): string[][] {
  const units = activationsByUnit(program).map(({ unit }) => unit);
  return [0, 1, 2].map((third) => units.filter((_, index) => Math.floor((3 * index) / units.length) === third));
}

interface Results {
  readonly loss: number;
  readonly gradients: ReadonlyMap<string, Float32Array>;
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

for (const kind of ['regnety', 'regnetz'] as const) {
  onEveryExecutor(`bf16 against f32, ${kind}`, () => {
    /** Loss, and gradients of weights: those of shifts are nothing but rounding where a normalisation follows. */
    async function results(precision: 'f32' | 'bf16', policy: (program: Program) => Program): Promise<Results> {
      const program = policy(smallStep({ precision }, { kind }));
      const executor = await execute(program, stepContents(program, SEED));
      const weights = program.values.filter(({ role, shape }) => role === 'parameter' && shape.length > 1);
      const gradients = new Map(weights.map(({ name }) => [name, executor.read(`d(${name})`)]));
      return { loss: executor.read(STEP.loss)[0]!, gradients };
    }

    let expected: Results;
    before(async () => {
      expected = await results('f32', policies['everything kept']);
    });

    for (const [title, policy] of Object.entries(policies)) {
      it(title, async () => {
        const { loss, gradients } = await results('bf16', policy);
        const distance = Math.abs(loss - expected.loss) / expected.loss;
        assert.ok(distance <= BOUND.loss, `loss ${loss}, in f32 ${expected.loss}`);
        const cosines = [...gradients].map(([name, gradient]) => cosine(gradient, expected.gradients.get(name)!));
        const { mean, least } = BOUND.cosine[kind];
        assert.ok(cosines.reduce((sum, each) => sum + each) >= mean * cosines.length, `cosines ${cosines}`);
        assert.ok(Math.min(...cosines) >= least, `cosines ${cosines}`);
      });
    }

    it('all of them give the same bits', async () => {
      const all = await Promise.all(Object.values(policies).map((policy) => results('bf16', policy)));
      for (const other of all.slice(1)) assert.deepEqual(other, all[0]);
    });
  });
}
