/** What a sharded step is made of. That it computes the right thing is tested in golden/train-steps-ranks.test.ts. */
import assert from 'node:assert/strict';
import { trunkOf } from '../../model/families.ts';
import { VECTORS } from '../../program/flat-layout.ts';
import { larcProgram } from '../../program/larc.ts';
import { planMemory } from '../../program/memory-plan.ts';
import { creates, isCommunication, type Operation, reads } from '../../program/operations.ts';
import type { Program } from '../../program/program.ts';
import { type ShardedStep, shard } from '../../program/shard.ts';
import { type RecomputeSpec, STEP, trainingStep, withRecompute } from '../../program/training-step.ts';
import { byteLength, isPersistent, type ValueId } from '../../program/values.ts';
import { smallSpec } from './small-step.ts';

type Precision = 'f32' | 'bf16';

function sharded(
  worldSize: number,
  rank = 0,
  precision: Precision = 'f32',
  recompute: RecomputeSpec = {},
): ShardedStep {
  const step = trainingStep(smallSpec({ precision, keepGradients: false }));
  return shard(withRecompute(step, recompute), { rank, worldSize, precision });
}

/** The step of a real architecture, one image a rank. */
function shardedModel(architecture: string, worldSize: number, precision: Precision): ShardedStep {
  const step = trainingStep({
    ...smallSpec({ precision, keepGradients: false }),
    trunk: trunkOf(architecture),
    head: { widths: [2048, 2048, 128], prototypes: 3000 },
    grids: [
      { images: 2, height: 64, width: 64 },
      { images: 3, height: 32, width: 32 },
    ],
  });
  return shard(withRecompute(step, {}), { rank: 0, worldSize, precision });
}

const GROUPS = [['stem', 's1.b1', 's1.b2'], ['s2.b1', 's2.b2'], ['s3.b1']];

/** Gathers of the passes, with when they start, are awaited, and are used first and last. */
function gathers({ program, updateStart }: ShardedStep) {
  const { operations, values } = program;
  return operations.slice(0, updateStart).flatMap((operation, start) => {
    if (operation.kind !== 'allGather') return [];
    const { output } = operation.outputs;
    const awaited = operations.findIndex((other) => other.kind === 'await' && other.inputs.values.includes(output));
    const uses = operations.flatMap((other, index) =>
      !isCommunication(other) && other.kind !== 'await' && reads(other).some((id) => values[id]!.view?.of === output)
        ? [index]
        : [],
    );
    return [
      { flat: values[output]!.name, output, unit: operation.unit, start, awaited, first: uses[0]!, last: uses.at(-1)! },
    ];
  });
}

describe('shard', () => {
  for (const [title, recompute] of [
    ['normalised maps recomputed', {}],
    ['groups of units recomputed', { groups: GROUPS }],
  ] as const) {
    it(`awaits every gather before its first use, and starts it while the unit before computes (${title})`, () => {
      const step = sharded(2, 0, 'f32', recompute);
      const all = gathers(step);
      assert.ok(all.length > 6);
      for (const { flat, start, awaited, first, last } of all) {
        assert.ok(start < awaited && awaited < first && first <= last, flat);
        // Something is computed between start and await, or there is nothing before it.
        const between = step.program.operations
          .slice(start, awaited)
          .filter((operation) => !isCommunication(operation));
        const isFirst = all.filter((other) => other.first < first && !other.flat.startsWith(VECTORS)).length === 0;
        assert.ok(isFirst || between.some(({ kind }) => kind !== 'await' && kind !== 'convert'), flat);
      }
    });

    it(`gathers a unit once for each pass, also where it is recomputed (${title})`, () => {
      const counts = new Map<string, number>();
      for (const { unit } of gathers(sharded(2, 0, 'f32', recompute))) counts.set(unit, (counts.get(unit) ?? 0) + 1);
      const { stem, head, prototypes, [VECTORS]: vectors, ...blocks } = Object.fromEntries(counts);
      // The stem's input needs no gradient; the last units stay from one pass to the other; vectors stay throughout.
      const stemAgain = 'groups' in recompute ? 2 : 1;
      assert.deepEqual({ stem, head, prototypes, vectors }, { stem: stemAgain, head: 1, prototypes: 1, vectors: 1 });
      assert.ok(Object.values(blocks).every((count) => count === 2));
    });
  }

  it('gathers every unit once in all where units are kept by choice', () => {
    const step = trainingStep(smallSpec({ keepGradients: false }));
    const kept = shard(withRecompute(step, {}), { rank: 0, worldSize: 2, precision: 'bf16', keepGathered: true });
    const all = gathers(kept);
    assert.equal(all.length, kept.layouts.length);
    for (const { awaited, first } of all) assert.ok(awaited < first);
  });

  it('uses no copy of a unit outside the time for which it is gathered', () => {
    const { program, updateStart } = sharded(3);
    const whole = new Map(program.values.flatMap(({ id, view }) => (view ? [[id, view.of] as const] : [])));
    const present = new Set<ValueId>();
    for (const operation of program.operations.slice(0, updateStart)) {
      if (operation.kind === 'await') for (const id of operation.inputs.values) present.add(id);
      if (isCommunication(operation) || operation.kind === 'await') continue;
      for (const id of reads(operation)) {
        const of = whole.get(id);
        if (of !== undefined && program.values[of]!.name.includes(' pass')) assert.ok(present.has(of));
      }
    }
  });

  it('reduces every gradient once, when it is complete, and awaits it before the update', () => {
    const { program, layouts, updateStart } = sharded(2);
    const { operations, values } = program;
    const reduced = operations.filter((operation) => operation.kind === 'reduceScatter');
    assert.equal(reduced.length, layouts.length);
    for (const operation of reduced) {
      const { input } = operation.inputs;
      const start = operations.indexOf(operation);
      const writers = operations.flatMap((other, index) =>
        creates(other).some((id) => values[id]!.view?.of === input) ? [index] : [],
      );
      assert.ok(writers.length > 0 && writers.at(-1)! < start);
      const awaited = operations.findIndex((other) => other.kind === 'await' && other.inputs.values.includes(input));
      assert.ok(awaited > start && awaited < updateStart);
      assert.equal(operation.attributes.scale, 1 / 2);
    }
  });

  it('gathers prototypes in f32, also those that are so many that they are a unit by themselves', () => {
    for (const prototypes of [20, 100_000]) {
      const spec = smallSpec({ precision: 'bf16', keepGradients: false, head: { widths: [24, 1000], prototypes } });
      const step = shard(withRecompute(trainingStep(spec), {}), { rank: 0, worldSize: 2, precision: 'bf16' });
      const types = new Map(gathers(step).map(({ unit, output }) => [unit, step.program.values[output]!.dtype]));
      assert.deepEqual(
        ['stem', 'head', 'prototypes', VECTORS].map((unit) => types.get(unit)),
        ['bf16', 'bf16', 'f32', 'f32'],
        `${prototypes} prototypes`,
      );
    }
  });

  it('shares the statistics of all ranks, or of groups, and always those of Sinkhorn', () => {
    const step = trainingStep(smallSpec({ keepGradients: false }));
    for (const batchNormRanks of [1, 2, 4]) {
      const { program } = shard(step, { rank: 3, worldSize: 4, precision: 'f32', batchNormRanks });
      const ranks = (kind: Operation['kind']) =>
        program.operations
          .filter((operation) => operation.kind === kind)
          .map(({ attributes }) => (attributes as { ranks: number }).ranks);
      for (const kind of ['batchNormMoments', 'batchNormBackward', 'squeezeBackward'] as const) {
        assert.ok(ranks(kind).length > 0 && ranks(kind).every((count) => count === batchNormRanks), kind);
      }
      assert.deepEqual(ranks('sinkhorn'), [4]);
    }
  });

  it('learns the norms of all layers by exactly one all-reduce of 2L numbers', () => {
    const { layouts } = sharded(2);
    const layers = layouts.flatMap(({ parameters }) => parameters).length;
    const larc = { enabled: true, trustCoefficient: 1e-3, epsilon: 1e-8, weightDecay: 1e-5 };
    const { operations, values } = larcProgram(layers, larc);
    const exchanges = operations.filter(isCommunication);
    assert.deepEqual(
      exchanges.map(({ kind }) => kind),
      ['allReduce'],
    );
    assert.deepEqual(values[creates(exchanges[0]!)[0]!]!.shape, [layers, 2]);
  });

  it('has every rank plan the same places for what others read', () => {
    for (const precision of ['f32', 'bf16'] as const) {
      const shared = [0, 1, 2].map((rank) => {
        const { program } = sharded(3, rank, precision);
        const plan = planMemory(program);
        const places = program.values.filter((value) => value.shared).map(({ id, name }) => [name, plan.offsets[id]]);
        return { places, bytes: plan.sharedBytes };
      });
      assert.ok(shared[0]!.places.length > 5);
      assert.deepEqual(shared[1], shared[0]);
      assert.deepEqual(shared[2], shared[0]);
    }
  });

  for (const precision of ['f32', 'bf16'] as const) {
    for (const worldSize of [2, 4, 8]) {
      it(`keeps 1/${worldSize} of parameters and optimiser on a rank, and two units at most (400mf, ${precision})`, () => {
        const { program, layouts } = shardedModel('regnety-400mf', worldSize, precision);
        const elements = layouts.map((layout) =>
          layout.parameters.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0),
        );
        const whole = 8 * elements.reduce((sum, count) => sum + count, 0); // f32 parameter and momentum
        const [largest, second] = [...elements].sort((a, b) => b - a) as [number, number];
        const bound = whole / worldSize + 8 * (largest + second);
        assert.ok(parameterBytes(program) <= bound, `${parameterBytes(program)} > ${bound}`);
      });
    }
  }

  it('never has more than two units gathered, and those kept for the backward pass', () => {
    const step = shardedModel('regnety-400mf', 2, 'f32');
    const all = gathers(step).filter(({ flat }) => !flat.startsWith(VECTORS));
    for (const [index] of step.program.operations.slice(0, step.updateStart).entries()) {
      const present = all.filter(({ start, last }) => start <= index && index <= last);
      const kept = present.filter(({ unit }) => unit === 'head' || unit === 'prototypes');
      assert.ok(present.length - kept.length <= 2, `operation ${index}: ${present.map(({ flat }) => flat)}`);
      assert.ok(present.length <= 3);
    }
  });

  it('gives the loss and the use of prototypes of all ranks under their old names', () => {
    const { program } = sharded(2);
    for (const name of [STEP.loss, STEP.prototypeUse]) {
      const value = program.values.find((candidate) => candidate.name === name)!;
      assert.equal(value.role, 'output');
      assert.equal(program.operations.find((operation) => creates(operation).includes(value.id))!.kind, 'allReduce');
    }
  });
});

/** The most bytes at a time that parameters, momentum and gathered units take on a rank, found from uses alone. */
function parameterBytes({ values, operations }: Program): number {
  const storage = (id: ValueId) => values[id]!.view?.of ?? id;
  const isGathered = (id: ValueId) => / pass$/.test(values[id]!.name) || values[id]!.name.startsWith('bf16(');
  const spans = new Map<ValueId, { first: number; last: number }>();
  for (const [index, operation] of operations.entries()) {
    for (const id of [...creates(operation), ...reads(operation)].map(storage)) {
      const span = spans.get(id) ?? { first: index, last: index };
      spans.set(id, { first: span.first, last: index });
    }
  }
  const kept = values
    .filter((value) => isPersistent(value) && value.role !== 'state')
    .reduce((sum, value) => sum + byteLength(value), 0);
  const gathered = operations.map((_, index) =>
    [...spans].reduce(
      (sum, [id, { first, last }]) =>
        isGathered(id) && first <= index && index <= last ? sum + byteLength(values[id]!) : sum,
      0,
    ),
  );
  return kept + Math.max(...gathered);
}
