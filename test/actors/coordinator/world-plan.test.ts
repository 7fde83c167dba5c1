import assert from 'node:assert/strict';
import { nextBarrier, parseRankRange, slowRanks, worldSizeFor } from '../../../actors/coordinator/world-plan.ts';

describe('number of ranks', () => {
  it('is a number or a range', () => {
    assert.deepEqual(parseRankRange('4'), { minimum: 4, maximum: 4 });
    assert.deepEqual(parseRankRange('2..4'), { minimum: 2, maximum: 4 });
    for (const text of ['', '0', '4..2', '0..3', 'two', '2..', '-1', '1.5', '2...4']) {
      assert.equal(parseRankRange(text), undefined, text);
    }
  });

  it('is the largest that is there, is allowed, and divides the batch', () => {
    const range = { minimum: 2, maximum: 6 };
    const divides = (count: number) => (size: number) => count % size === 0;
    assert.equal(worldSizeFor(8, range, divides(12)), 6);
    assert.equal(worldSizeFor(5, range, divides(12)), 4);
    assert.equal(worldSizeFor(5, range, divides(6)), 3);
    assert.equal(worldSizeFor(1, range, divides(12)), 0);
    assert.equal(worldSizeFor(6, { minimum: 5, maximum: 5 }, divides(12)), 0);
  });
});

describe('next barrier', () => {
  it('is the next checkpoint, measurement or end, whichever comes first', () => {
    assert.equal(nextBarrier(0, 100, [30, 20]), 20);
    assert.equal(nextBarrier(20, 100, [30, 20]), 30);
    assert.equal(nextBarrier(30, 100, [30, 20]), 40);
    assert.equal(nextBarrier(95, 100, [30, 20]), 100);
    assert.equal(nextBarrier(5, 100, [null, null]), 100);
  });
});

describe('slow ranks', () => {
  it('compute far longer than the others', () => {
    assert.deepEqual(slowRanks([1, 1.1, 0.9, 3]), [3]);
    assert.deepEqual(slowRanks([1, 1.5, 1.2]), []);
    assert.deepEqual(slowRanks([1, 2.5]), [1]);
    assert.deepEqual(slowRanks([5]), []);
  });
});
