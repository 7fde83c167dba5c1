import assert from 'node:assert/strict';
import { randomAt } from '../../../data/monitor/random-at.ts';
import { Reservoir } from '../../../data/monitor/reservoir.ts';

/** Which images are in the sample at the end, by slot. */
function sampleOf(limit: number, seed: number, images: number): number[] {
  const reservoir = new Reservoir({ limit, seed });
  const sample: number[] = [];
  for (let image = 0; image < images; image++) {
    const slot = reservoir.offer();
    if (slot !== undefined) sample[slot] = image;
  }
  return sample;
}

/** The upper bound of a chi-square value that is exceeded once in a million times (Wilson and Hilferty, 1931). */
function chiSquareBound(freedom: number): number {
  return freedom * (1 - 2 / (9 * freedom) + 4.75 * Math.sqrt(2 / (9 * freedom))) ** 3;
}

function chiSquare(counts: readonly number[], expected: number): number {
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

describe('random numbers by position', () => {
  it('are uniform, and neighbours are independent', () => {
    const seed = Math.floor(Math.random() * 2 ** 53);
    const [draws, cells] = [400_000, 16];
    const pairs = Array<number>(cells * cells).fill(0);
    for (let n = 0; n < draws; n++) {
      const [first, second] = [randomAt(seed, n), randomAt(seed, n + 1)];
      assert.ok(first >= 0 && first < 1);
      pairs[Math.floor(cells * first) * cells + Math.floor(cells * second)]!++;
    }
    const value = chiSquare(pairs, draws / cells ** 2);
    assert.ok(value < chiSquareBound(cells ** 2 - 1), `seed ${seed}: chi-square ${value}`);
  });

  it('differ by seed, also where only the upper half of it differs, and beyond 2^32', () => {
    const values = [0, 1, 2 ** 32, 2 ** 53 - 1].flatMap((seed) =>
      [0, 1, 2 ** 32, 2 ** 40].map((n) => randomAt(seed, n)),
    );
    assert.equal(new Set(values).size, values.length);
  });
});

describe('reservoir', () => {
  it('gives every image the same chance, whenever it came', () => {
    const first = Math.floor(Math.random() * 2 ** 40);
    const [runs, images, limit] = [20_000, 50, 10];
    const counts = Array<number>(images).fill(0);
    for (let run = 0; run < runs; run++) for (const image of sampleOf(limit, first + run, images)) counts[image]!++;
    // An image is in the sample or not: the variance of its count is that of trials without replacement.
    const value = chiSquare(counts, (runs * limit) / images) * ((images - 1) / (images - limit));
    assert.ok(value < chiSquareBound(images - 1), `first seed ${first}: chi-square ${value}`);
  });

  it('gives every pair of images the same chance', () => {
    const first = Math.floor(Math.random() * 2 ** 40);
    const [runs, images] = [30_000, 12];
    const counts = new Map<string, number>();
    for (let run = 0; run < runs; run++) {
      const pair = sampleOf(2, first + run, images)
        .sort((a, b) => a - b)
        .join(' ');
      counts.set(pair, (counts.get(pair) ?? 0) + 1);
    }
    const pairs = (images * (images - 1)) / 2;
    const value = chiSquare([...counts.values()], runs / pairs) + ((pairs - counts.size) * runs) / pairs;
    assert.ok(value < chiSquareBound(pairs - 1), `first seed ${first}: chi-square ${value}`);
  });

  it('holds every image as long as there is room, then never more than its limit', () => {
    assert.deepEqual(sampleOf(10, 3, 4), [0, 1, 2, 3]);
    const sample = sampleOf(10, 3, 10_000);
    assert.equal(new Set(sample).size, 10);
    assert.equal(sample.length, 10);
    const reservoir = new Reservoir({ limit: 5, seed: 1 });
    for (let i = 0; i < 8; i++) reservoir.offer();
    assert.deepEqual([reservoir.size, reservoir.offered], [5, 8]);
  });

  it('is the same for the same seed, and another for another', () => {
    assert.deepEqual(sampleOf(100, 7, 5000), sampleOf(100, 7, 5000));
    assert.notDeepEqual(sampleOf(100, 7, 5000), sampleOf(100, 8, 5000));
  });

  it('goes on from the number of images alone', () => {
    const whole = new Reservoir({ limit: 20, seed: 5 });
    const slots = Array.from({ length: 500 }, () => whole.offer());
    const rest = new Reservoir({ limit: 20, seed: 5, offered: 300 });
    assert.deepEqual(
      slots.slice(300),
      Array.from({ length: 200 }, () => rest.offer()),
    );
  });
});
