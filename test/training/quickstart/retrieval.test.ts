import assert from 'node:assert/strict';
import { seededRandom } from '../../../data/random.ts';
import { differenceOverPhotos, mean, scoreQueries } from '../../../training/quickstart/retrieval.ts';

const vector = (...values: number[]): Float32Array => Float32Array.from(values);

describe('retrieval scores', () => {
  it('counts the rank of the right answer by cosine, whatever the lengths of the vectors', () => {
    const scores = scoreQueries({
      queries: [vector(1, 0.1), vector(1, 0.1), vector(1, 0.1)],
      gallery: [vector(100, 0), vector(1, 1), vector(0, 0.001)],
      targets: [0, 1, 2],
    });
    assert.deepEqual([...scores.first], [1, 0, 0]);
    assert.deepEqual([...scores.reciprocalRank], [1, 1 / 2, 1 / 3]);
  });

  it('gives features that say nothing exactly what guessing gives', () => {
    const constant = Array.from({ length: 4 }, () => vector(1, 1));
    const scores = scoreQueries({ queries: constant, gallery: constant, targets: [0, 1, 2, 3] });
    const harmonic = (1 + 1 / 2 + 1 / 3 + 1 / 4) / 4;
    for (const first of scores.first) assert.equal(first, 1 / 4);
    for (const reciprocal of scores.reciprocalRank) assert.ok(Math.abs(reciprocal - harmonic) < 1e-12);
  });

  it('treats a vector of zeros as similar to nothing in particular', () => {
    const scores = scoreQueries({
      queries: [vector(0, 0)],
      gallery: [vector(1, 0), vector(0, 1)],
      targets: [1],
    });
    assert.equal(scores.first[0], 0.5);
  });
});

describe('the interval of a difference', () => {
  it('pairs two methods query by query', () => {
    const theirs = Array.from({ length: 50 }, (_, index) => Number(index % 3 === 0));
    const ours = theirs.map((score) => score + 0.25);
    const difference = differenceOverPhotos(
      ours,
      theirs,
      theirs.map((_, index) => index),
    );
    assert.deepEqual(difference, { value: 0.25, low: 0.25, high: 0.25 });
  });
});

describe('seeded random numbers', () => {
  it('fill their range evenly and differ between seeds', () => {
    const random = seededRandom(1);
    const counts = new Array<number>(10).fill(0);
    for (let draw = 0; draw < 10_000; draw++) counts[random.integer(10)]!++;
    for (const count of counts) assert.ok(Math.abs(count - 1000) < 150, `${counts}`);
    const values = Array.from({ length: 1000 }, () => random.uniform(-2, 3));
    assert.ok(values.every((value) => value >= -2 && value < 3));
    assert.ok(Math.abs(mean(values) - 0.5) < 0.15);
    assert.notEqual(seededRandom(1).uniform(0, 1), seededRandom(2).uniform(0, 1));
  });
});
