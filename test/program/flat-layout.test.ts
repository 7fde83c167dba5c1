import assert from 'node:assert/strict';
import { flatLayouts, piecesOf, type UnitParameter, VECTORS } from '../../program/flat-layout.ts';
import { integer, oneOf, seed, uniform } from './random.ts';

const count = (shape: readonly number[]) => shape.reduce((product, extent) => product * extent, 1);

/** A network of random units: matrices of all sizes, vectors, and prototypes whose rows stay whole. */
function randomParameters(random: () => number): UnitParameter[] {
  const units = integer(random, 1, 6);
  const parameters = Array.from({ length: units }, (_, unit) =>
    Array.from({ length: integer(random, 1, 5) }, (_, index): UnitParameter => {
      const extent = () => integer(random, 1, 40);
      const shape = oneOf(random, [[extent()], [extent(), extent()], [extent(), extent(), 3, 3]]);
      return { name: `unit${unit}.${index}`, shape, unit: `unit${unit}` };
    }),
  ).flat();
  const rows = [integer(random, 1, 50), integer(random, 1, 20)];
  return [...parameters, { name: 'prototypes', shape: rows, unit: 'prototypes', wholeRows: true }];
}

describe(`flat layout (seed ${seed})`, () => {
  const random = uniform(seed);
  const networks = Array.from({ length: 100 }, () => randomParameters(random));

  it('gives every element of every parameter to exactly one rank', () => {
    for (const parameters of networks) {
      const worldSize = integer(random, 1, 7);
      const layouts = flatLayouts(parameters, worldSize);
      for (const { name, shape } of parameters) {
        const owners = new Uint8Array(count(shape));
        for (const layout of layouts) {
          for (let rank = 0; rank < worldSize; rank++) {
            for (const piece of piecesOf(layout, rank, worldSize).filter((candidate) => candidate.name === name)) {
              const shard = layout.elements / worldSize;
              const { offset } = layout.parameters.find((parameter) => parameter.name === name)!;
              assert.ok(piece.shardOffset >= 0 && piece.shardOffset + piece.elements <= shard);
              if (piece.elements > 0) {
                assert.equal(rank * shard + piece.shardOffset, offset + piece.firstElement, 'both name the same place');
              }
              for (let i = 0; i < piece.elements; i++) owners[piece.firstElement + i]! += 1;
            }
          }
        }
        assert.ok(
          owners.every((owned) => owned === 1),
          `${name} of ${worldSize} ranks`,
        );
      }
    }
  });

  it('puts parameters at the same places for any number of ranks', () => {
    for (const parameters of networks) {
      const places = [1, 2, 5].map((worldSize) =>
        flatLayouts(parameters, worldSize).map(({ name, unit, parameters: inFlat }) => ({ name, unit, inFlat })),
      );
      assert.deepEqual(places[1], places[0]);
      assert.deepEqual(places[2], places[0]);
    }
  });

  it('keeps rows whole where that is asked for', () => {
    for (const parameters of networks) {
      const worldSize = integer(random, 2, 5);
      const width = parameters.at(-1)!.shape[1]!;
      const flat = flatLayouts(parameters, worldSize).find(({ name }) => name === 'prototypes');
      if (!flat) continue; // a single row of prototypes
      for (let rank = 0; rank < worldSize; rank++) {
        const [piece] = piecesOf(flat, rank, worldSize);
        assert.equal(piece!.elements % width, 0);
        assert.equal(piece!.firstElement % width, 0);
      }
    }
  });

  it('makes a unit of everything with more than one dimension, and one flat of all vectors', () => {
    const parameters: UnitParameter[] = [
      { name: 'a.weight', shape: [8, 4, 3, 3], unit: 'a' },
      { name: 'a.bn.weight', shape: [8], unit: 'a' },
      { name: 'b.weight', shape: [8, 8], unit: 'b' },
      { name: 'b.bias', shape: [8], unit: 'b' },
    ];
    const flats = flatLayouts(parameters, 2);
    assert.deepEqual(
      flats.map(({ name, parameters: inFlat }) => [name, inFlat.map((parameter) => parameter.name)]),
      [
        ['a', ['a.weight']],
        [VECTORS, ['a.bn.weight', 'b.bias']],
        ['b', ['b.weight']],
      ],
    );
  });

  it('makes a unit of a convolution of 100 million parameters by itself', () => {
    const parameters: UnitParameter[] = [
      { name: 'conv1', shape: [10_000, 10_000, 1, 1], unit: 's4.b1' },
      { name: 'conv2', shape: [9_999, 10_000, 1, 1], unit: 's4.b1' },
    ];
    assert.deepEqual(
      flatLayouts(parameters, 8).map(({ name, unit }) => [name, unit]),
      [
        ['s4.b1/conv1', 's4.b1'],
        ['s4.b1', 's4.b1'],
      ],
    );
  });
});
