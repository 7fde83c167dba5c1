import assert from 'node:assert/strict';
import { s2 } from 's2js';
import { CellPartition, leafCell, leafCells, partitionOf } from '../../../evals/geo/cells.ts';
import { likeliestCells } from '../../../evals/geo/hierarchy.ts';
import { seed, uniform } from '../../program/random.ts';

/** So many places around a middle, in degrees. */
function around(latitude: number, longitude: number, count: number, spread: number, random = uniform(1)): number[] {
  return Array.from({ length: count }, () => [
    latitude + spread * (random() - 0.5),
    longitude + spread * (random() - 0.5),
  ]).flat();
}

const divide = (degrees: Float64Array, minImages: number, maxImages: number) =>
  partitionOf(degrees, leafCells(degrees), { minImages, maxImages });

describe('cells of the globe', () => {
  it(`hold more than the least and at most the largest number of images, none twice (seed ${seed})`, () => {
    const random = uniform(seed);
    const degrees = Float64Array.from([
      ...around(48.9, 2.3, 700, 0.5, random),
      ...around(40.7, -74, 300, 5, random),
      ...around(0, 0, 400, 170, random),
    ]);
    const leaves = leafCells(degrees);
    const partition = partitionOf(degrees, leaves, { minImages: 10, maxImages: 60 });
    const counts = partition.cells.map(() => 0);
    let outside = 0;
    for (const leaf of leaves) {
      const holding = partition.cells.filter(({ token }) => s2.cellid.contains(s2.cellid.fromToken(token), leaf));
      assert.ok(holding.length <= 1, 'cells overlap');
      const found = partition.find(leaf);
      assert.equal(partition.cells[found]?.token, holding[0]?.token);
      if (found < 0) outside++;
      else counts[found]!++;
    }
    assert.deepEqual(
      counts,
      partition.cells.map(({ images }) => images),
    );
    assert.ok(
      counts.every((count) => count > 10 && count <= 60),
      `${counts}`,
    );
    assert.ok(outside > 0 && outside < 450, `${outside} outside`);
    // Undivided cells are of level 2 at least, and the parent of a divided one had too many images.
    for (const { token } of partition.cells) {
      const id = s2.cellid.fromToken(token);
      const level = s2.cellid.level(id);
      assert.ok(level >= 2);
      if (level === 2) continue;
      const parent = s2.cellid.parent(id, level - 1);
      assert.ok(leaves.filter((leaf) => s2.cellid.contains(parent, leaf)).length > 60, token);
    }
  });

  it('leave out cells of exactly the least number of images, as the published code does', () => {
    const degrees = Float64Array.from([...around(48, 2, 20, 0.1), ...around(-33, 151, 21, 0.1)]);
    assert.deepEqual(
      divide(degrees, 20, 1000).cells.map(({ images }) => images),
      [21],
    );
    assert.equal(divide(degrees, 19, 1000).cells.length, 2);
  });

  it('divide a cell of more than the largest number and no other', () => {
    const degrees = Float64Array.from(around(48.85, 2.35, 40, 4));
    assert.equal(divide(degrees, 0, 40).cells.length, 1);
    assert.ok(divide(degrees, 0, 39).cells.length > 1);
  });

  it('stop at the smallest cells where images lie in one place', () => {
    const degrees = Float64Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? 48.85 : 2.35));
    const { cells } = divide(degrees, 50, 60);
    assert.deepEqual(
      cells.map(({ images }) => images),
      [100],
    );
    assert.equal(s2.cellid.level(s2.cellid.fromToken(cells[0]!.token)), 30);
  });

  it('stand for the mean of their images, also where longitudes end', () => {
    const [paris] = divide(Float64Array.of(48, 2, 49, 3, 48.5, 4), 0, 100).cells;
    assert.ok(Math.abs(paris!.latitude - 48.5) < 1e-12 && Math.abs(paris!.longitude - 3) < 1e-12);
    // Fiji's islands lie on both sides of it, 180 and -180 are one meridian, and all of them meet at the poles.
    const ends = [-17, -89.9, 0, 60, 89.9].flatMap((latitude) =>
      [179.9, 180, -180, -179.95].flatMap((longitude) => [latitude, longitude]),
    );
    for (const { longitude } of divide(Float64Array.from(ends), 0, 100).cells) {
      assert.ok(Math.abs(longitude) > 179.8, `${longitude}`);
    }
  });

  it('of few images lie in those of many', () => {
    const degrees = Float64Array.from(around(0, 0, 3000, 170));
    const [fine, coarse] = [divide(degrees, 5, 20), divide(degrees, 5, 200)];
    assert.ok(fine.cells.length > 2 * coarse.cells.length);
    for (const cell of fine.cells) {
      const parent = coarse.cells[coarse.findCell(cell)]!;
      assert.ok(s2.cellid.contains(s2.cellid.fromToken(parent.token), s2.cellid.fromToken(cell.token)));
    }
  });
});

describe('hierarchy of partitions', () => {
  const cell = (token: string) => ({ token, images: 1, latitude: 0, longitude: 0 });
  const token = (latitude: number, longitude: number, level: number) =>
    s2.cellid.toToken(s2.cellid.parent(leafCell(latitude, longitude), level));
  const paris = token(48.9, 2.3, 5);
  const rome = token(41.9, 12.5, 5);
  const fine = [token(48.9, 2.3, 10), token(48.6, 2.3, 10), token(41.9, 12.5, 10)].sort();
  const coarse = [paris, rome].sort();

  it('multiplies probabilities: a cell whose surroundings are unlikely loses', () => {
    const fineCells = new CellPartition(fine.map(cell));
    const coarseCells = new CellPartition(coarse.map(cell));
    const inRome = fineCells.find(leafCell(41.9, 12.5));
    const scores = Float32Array.from(fine, (_, i) => (i === inRome ? Math.log(0.4) : Math.log(0.3)));
    const alone = likeliestCells({ partition: fineCells, scores });
    assert.deepEqual([...alone.cells], [inRome]);
    assert.ok(Math.abs(alone.probabilities[0]! - 0.4) < 1e-6);

    const parisAt = coarseCells.find(leafCell(48.9, 2.3));
    const above = Float32Array.from(coarse, (_, i) => Math.log(i === parisAt ? 0.75 : 0.25));
    const both = likeliestCells({ partition: fineCells, scores }, [{ partition: coarseCells, scores: above }]);
    assert.notEqual(both.cells[0], inRome);
    assert.ok(Math.abs(both.probabilities[0]! - (0.3 * 0.75) / (0.6 * 0.75 + 0.4 * 0.25)) < 1e-6);
  });
});
