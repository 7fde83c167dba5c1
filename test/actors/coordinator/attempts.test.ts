import assert from 'node:assert/strict';
import { Attempts } from '../../../actors/coordinator/attempts.ts';

describe('attempts of a training', () => {
  it('are exhausted after twelve worlds that came no further, however far each of them came', () => {
    const attempts = new Attempts();
    attempts.reached(100);
    for (let world = 1; world <= 12; world++) {
      assert.equal(attempts.exhausted, false);
      attempts.reached(40 + world);
      attempts.ended();
    }
    assert.ok(attempts.exhausted);
    assert.deepEqual([attempts.fruitless, attempts.furthest], [12, 100]);
  });

  it('begin anew with each step further', () => {
    const attempts = new Attempts();
    for (let world = 1; world <= 40; world++) {
      attempts.reached(Math.ceil(world / 10));
      attempts.ended();
      assert.equal(attempts.exhausted, false);
    }
  });

  it('follow each other at once, and then after pauses that grow to half a minute', () => {
    const attempts = new Attempts();
    const pauses = Array.from({ length: 10 }, () => attempts.ended());
    assert.deepEqual(pauses, [0, 0, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    attempts.reached(1);
    assert.equal(attempts.ended(), 0);
  });
});
