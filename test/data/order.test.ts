import assert from 'node:assert/strict';
import { permute, shuffledOrder } from '../../data/order.ts';

const seed = Math.floor(Math.random() * 2 ** 53);

describe(`data: order (seed ${seed})`, () => {
  it('visits every image exactly once per epoch, for all small lengths and some large ones', () => {
    for (const length of [...Array(130).keys(), 1023, 4096, 10_007].filter((n) => n > 0)) {
      const seen = new Uint8Array(length);
      for (let i = 0; i < length; i++) seen[permute(i, length, seed, 3)]!++;
      assert(
        seen.every((count) => count === 1),
        `length ${length}`,
      );
    }
  });

  it('stays within a trillion images and gives no image twice in a sample of positions', () => {
    const length = 2 ** 40 - 12_345;
    const images = new Set<number>();
    for (let i = 0; i < 20_000; i++) {
      const image = permute(length - 1 - i, length, seed, 0);
      assert(image >= 0 && image < length);
      images.add(image);
    }
    assert.equal(images.size, 20_000);
  });

  it('differs from epoch to epoch and from seed to seed', () => {
    const list = (ofSeed: number, epoch: number) =>
      Array.from({ length: 1000 }, (_, i) => permute(i, 1000, ofSeed, epoch));
    const agreements = (a: number[], b: number[]) => a.filter((image, i) => image === b[i]).length;
    const first = list(seed, 0);
    // Two random permutations agree in one place on average; 20 has a probability below 10^-18.
    assert(agreements(first, list(seed, 1)) < 20);
    assert(agreements(first, list(seed ^ 1, 0)) < 20);
    assert(agreements(first, list(seed + 2 ** 33, 0)) < 20, 'the upper bits of the seed count');
    assert(agreements(first, [...first.keys()]) < 20);
  });

  it('puts every image in every place about equally often', () => {
    const length = 16;
    const epochs = 8000;
    const counts = Array.from({ length }, () => new Float64Array(length));
    for (let epoch = 0; epoch < epochs; epoch++) {
      for (let i = 0; i < length; i++) counts[i]![permute(i, length, 12_345, epoch)]!++;
    }
    const expected = epochs / length;
    for (const row of counts) {
      const chiSquared = row.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
      // 15 degrees of freedom: above 60 with a probability of 2 * 10^-7.
      assert(chiSquared < 60, `chi squared ${chiSquared}`);
    }
  });

  it('counts positions on from epoch to epoch', () => {
    const order = shuffledOrder(10, seed);
    const later = permute(5, 10, seed, 2);
    assert.deepEqual(order.at(0, 25), { epoch: 2, index: later, lane: 0, ordinal: later });
    assert.equal(order.at(0, 3).index, permute(3, 10, seed, 0));
    assert.throws(() => order.at(0, -1), { code: 'BAD_POSITION' });
    assert.throws(() => order.at(0, 0.5), { code: 'BAD_POSITION' });
  });

  it('refuses lengths that it cannot order', () => {
    for (const length of [0, -1, 1.5, 2 ** 40 + 1])
      assert.throws(() => permute(0, length, 1, 0), { code: 'BAD_OPTION' });
  });
});
