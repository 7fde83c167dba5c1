/** Recomputation: the same bits as keeping everything, and less memory. */
import assert from 'node:assert/strict';
import { planMemory } from '../../program/memory-plan.ts';
import { creates, reads } from '../../program/operations.ts';
import type { Program } from '../../program/program.ts';
import { activationsByUnit, recomputeGroups, recomputeNormalised } from '../../program/recompute.ts';
import { STEP } from '../../program/training-step.ts';
import { seed, uniform } from './random.ts';
import { smallStep, stepContents } from './small-step.ts';
import { allocate, readAll, run } from './tiny-program.ts';

const TRIALS = 5;

function unitsOf(program: Program): string[] {
  return activationsByUnit(program).map(({ unit }) => unit);
}

/** Contiguous groups with random ends, from one to one per unit. */
function randomGroups(units: readonly string[], random: () => number): string[][] {
  const groups: string[][] = [[]];
  const share = random();
  for (const unit of units) {
    if (groups.at(-1)!.length > 0 && random() < share) groups.push([]);
    groups.at(-1)!.push(unit);
  }
  return groups;
}

/** Every result of two steps. */
async function twoSteps(program: Program) {
  const executor = allocate(program);
  const contents = stepContents(program, seed);
  await run(executor, contents);
  const images = STEP.crops in contents ? STEP.crops : STEP.images;
  await run(executor, { [images]: contents[images]!, [STEP.control]: contents[STEP.control]! });
  return readAll(executor);
}

function assertSame(actual: Map<string, Float32Array>, expected: Map<string, Float32Array>, what: string) {
  assert.deepEqual([...actual.keys()], [...expected.keys()]);
  for (const [name, values] of expected) assert.deepEqual(actual.get(name), values, `${name}, ${what} (seed ${seed})`);
}

describe(`recompute: the same bits (seed ${seed})`, () => {
  const random = uniform(seed);

  for (const precision of ['f32', 'bf16'] as const) {
    for (const kind of ['regnety', 'regnetz'] as const) {
      it(`${kind}, ${precision}: any groups, with and without normalised maps`, async () => {
        const program = smallStep({ precision }, { kind });
        const expected = await twoSteps(program);
        assertSame(await twoSteps(recomputeNormalised(program)), expected, 'normalised');
        for (let trial = 0; trial < TRIALS; trial++) {
          const groups = randomGroups(unitsOf(program), random);
          const grouped = recomputeGroups(program, groups);
          const what = JSON.stringify(groups);
          assertSame(await twoSteps(grouped), expected, what);
          assertSame(await twoSteps(recomputeNormalised(grouped)), expected, `${what}, normalised`);
        }
      });
    }
  }
});

describe('recompute: structure', () => {
  const program = smallStep({}, {});
  const units = unitsOf(program);
  const halves = [units.slice(0, units.length / 2), units.slice(units.length / 2)];

  it('units come in order of execution, with the bytes that the backward pass reads', () => {
    assert.deepEqual(units, ['input', 'stem', 's1.b1', 's1.b2', 's2.b1', 's2.b2', 's3.b1']);
    for (const { unit, bytes } of activationsByUnit(program)) assert.ok(bytes > 0, unit);
  });

  it('one group, or none, changes nothing', () => {
    assert.equal(recomputeGroups(program, [units]), program);
    assert.equal(recomputeGroups(program, []), program);
  });

  it('memory goes down', () => {
    const arena = (variant: Program) => planMemory(variant).arenaBytes;
    assert.ok(arena(recomputeNormalised(program)) < arena(program));
    assert.ok(arena(recomputeGroups(program, halves)) < arena(program));
    assert.ok(arena(recomputeNormalised(recomputeGroups(program, halves))) < arena(recomputeNormalised(program)));
  });

  it('the last group is kept, and statistics are taken once', () => {
    const again = recomputeGroups(program, halves).operations.filter(({ phase }) => phase === 'recompute');
    assert.ok(again.length > 0);
    assert.ok(again.every(({ unit }) => halves[0]!.includes(unit)));
    assert.ok(again.every(({ kind }) => kind !== 'batchNormMoments' && kind !== 'squeeze' && kind !== 'linear'));
  });

  it('what passes from one group to the next is kept, not made again', () => {
    const variant = recomputeGroups(program, halves);
    const [first, second] = halves.map((group) => variant.operations.filter(({ unit }) => group.includes(unit)));
    const forward = (operations: typeof first) => operations!.filter(({ phase }) => phase === 'forward');
    const made = new Set(forward(first).flatMap(creates));
    const checkpoints = new Set(
      forward(second)
        .flatMap(reads)
        .filter((id) => made.has(id) && variant.values[id]!.grids),
    );
    assert.equal(checkpoints.size, 1);
    for (const id of checkpoints)
      assert.ok(!variant.values.some(({ name }) => name === `${variant.values[id]!.name}'`));
    const backward = second!.filter(({ phase }) => phase === 'backward').flatMap(reads);
    assert.ok([...checkpoints].every((id) => backward.includes(id)));
  });

  it('every value is made once and before it is read', () => {
    const random = uniform(seed);
    for (let trial = 0; trial < 20; trial++) {
      const variant = recomputeNormalised(recomputeGroups(program, randomGroups(units, random)));
      const made = new Set(
        variant.values.filter(({ role }) => role !== 'intermediate' && role !== 'output').map(({ id }) => id),
      );
      for (const operation of variant.operations) {
        for (const id of reads(operation))
          assert.ok(made.has(id), `${operation.kind} reads ${variant.values[id]!.name}`);
        for (const id of creates(operation)) {
          assert.ok(!made.has(id), `${operation.kind} makes ${variant.values[id]!.name} again`);
          made.add(id);
        }
      }
    }
  });

  it('what the backward pass reads of a recomputed group is made again', () => {
    const [first] = halves;
    const variant = recomputeGroups(program, halves);
    const maps = new Set(
      variant.operations
        .filter(({ phase, unit }) => phase === 'forward' && first!.slice(0, -1).includes(unit))
        .flatMap(creates)
        .filter((id) => variant.values[id]!.grids),
    );
    for (const operation of variant.operations.filter(({ phase }) => phase === 'backward')) {
      for (const id of reads(operation))
        assert.ok(!maps.has(id), `${operation.kind} reads ${variant.values[id]!.name}`);
    }
  });
});
