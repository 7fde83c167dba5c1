import assert from 'node:assert/strict';
import { features } from '../../../evals/features/features.ts';
import { symmetricEigenvalues } from '../../../evals/linear-algebra/symmetric-eigen.ts';
import { countPrototypes, effectiveRank, prototypeUse } from '../../../training/quality/embedding-statistics.ts';
import { gaussian } from '../../random.ts';

const near = (actual: number, expected: number, tolerance: number) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`);

describe('symmetric eigenvalues', () => {
  it('of a matrix known in closed form: the second difference, 2 - 2 cos(pi k / (n + 1))', () => {
    const n = 12;
    const matrix = Array.from({ length: n * n }, (_, index) => {
      const distance = Math.abs(Math.floor(index / n) - (index % n));
      return distance === 0 ? 2 : distance === 1 ? -1 : 0;
    });
    const eigenvalues = symmetricEigenvalues(matrix, n);
    eigenvalues.forEach((value, i) => {
      near(value, 2 - 2 * Math.cos((Math.PI * (n - i)) / (n + 1)), 1e-13);
    });
  });

  it('of dense random matrices: trace and sum of squares are kept, and Q D Q^T gives D back', () => {
    for (const n of [1, 2, 3, 8, 33]) {
      const random = gaussian(n);
      const spectrum = Array.from({ length: n }, (_, i) => (i - n / 3) * 1.5).sort((a, b) => b - a);
      const eigenvalues = symmetricEigenvalues(rotated(spectrum, random), n);
      eigenvalues.forEach((value, i) => {
        near(value, spectrum[i]!, 1e-11 * n);
      });
    }
  });

  it('of zeros, of a diagonal, and of repeated values', () => {
    assert.deepEqual([...symmetricEigenvalues(new Float64Array(9), 3)], [0, 0, 0]);
    assert.deepEqual([...symmetricEigenvalues([1, 0, 0, 0, 5, 0, 0, 0, 1], 3)], [5, 1, 1]);
    const ones = [...symmetricEigenvalues(new Float64Array(16).fill(1), 4)];
    near(ones[0]!, 4, 1e-14);
    for (const value of ones.slice(1)) near(value, 0, 1e-14);
  });

  it('refuses what is not square or not a number', () => {
    assert.throws(() => symmetricEigenvalues([1, 2, 3], 2), RangeError);
    assert.throws(() => symmetricEigenvalues([1, Number.NaN, Number.NaN, 2], 2), RangeError);
  });
});

describe('effective rank', () => {
  it('is r for r equal singular values, in both orientations', () => {
    for (const [count, dimension] of [
      [40, 16],
      [16, 40],
    ] as const) {
      for (const rank of [1, 3, 16]) {
        const values = new Float32Array(count * dimension);
        for (let i = 0; i < rank; i++) values[i * dimension + i] = 2.5;
        near(effectiveRank(features(values, dimension)), rank, 1e-5);
      }
    }
  });

  it('is exp of the entropy for unequal ones', () => {
    const shares = [3 / 4, 1 / 4];
    const expected = Math.exp(-shares.reduce((sum, share) => sum + share * Math.log(share), 0));
    near(effectiveRank(features(Float32Array.from([3, 0, 0, 0, 1, 0]), 3)), expected, 1e-6);
  });

  it('of gaussian data of rank r is just below r, and of full rank much higher', () => {
    const random = gaussian(7);
    const [count, dimension, rank] = [600, 48, 5];
    const factors = Float32Array.from({ length: count * rank }, random);
    const directions = Float32Array.from({ length: rank * dimension }, random);
    const values = Float32Array.from({ length: count * dimension }, (_, index) => {
      let sum = 0;
      for (let i = 0; i < rank; i++) {
        sum += factors[Math.floor(index / dimension) * rank + i]! * directions[i * dimension + (index % dimension)]!;
      }
      return sum;
    });
    const low = effectiveRank(features(values, dimension));
    assert.ok(low > rank - 0.3 && low < rank + 0.01, `${low}`);
    const full = effectiveRank(features(Float32Array.from({ length: count * dimension }, random), dimension));
    assert.ok(full > 0.97 * dimension && full <= dimension, `${full}`);
  });

  it('does not depend on scale, is 1 for identical rows and 0 for zeros', () => {
    const random = gaussian(3);
    const values = Float32Array.from({ length: 200 }, random);
    const scaled = values.map((value) => value * 1e-6);
    near(effectiveRank(features(scaled, 10)), effectiveRank(features(values, 10)), 1e-4);
    near(
      effectiveRank(
        features(
          Float32Array.from({ length: 80 }, (_, i) => (i % 8) + 1),
          8,
        ),
      ),
      1,
      1e-5,
    );
    assert.equal(effectiveRank(features(new Float32Array(80), 8)), 0);
  });
});

describe('prototype use', () => {
  it('is 1 when every prototype is chosen equally and 0 when one takes all', () => {
    const identity = Float32Array.from({ length: 25 }, (_, i) => (i % 6 === 0 ? 1 : 0));
    assert.deepEqual(prototypeUse(countPrototypes(identity, 5)), { entropy: 1, used: 5 });
    const one = Float32Array.from({ length: 25 }, (_, i) => (i % 5 === 2 ? 1 : 0));
    assert.deepEqual(prototypeUse(countPrototypes(one, 5)), { entropy: 0, used: 1 });
  });

  it('of few rows and many prototypes is measured against what so few rows could reach', () => {
    const scores = new Float32Array(4 * 1000);
    for (let row = 0; row < 4; row++) scores[row * 1000 + row * 17] = 1;
    const { entropy, used } = prototypeUse(countPrototypes(scores, 1000));
    near(entropy, 1, 1e-12);
    assert.equal(used, 4);
  });

  it('adds up over batches', () => {
    const counts = countPrototypes(Float32Array.from([1, 0, 0, 1, 0, 0]), 3);
    countPrototypes(Float32Array.from([0, 0, 1]), 3, counts);
    assert.deepEqual([...counts], [2, 0, 1]);
  });

  it('of nothing is 0', () => {
    assert.deepEqual(prototypeUse(new Float64Array(8)), { entropy: 0, used: 0 });
  });
});

/** Q diag(spectrum) Q^T for an orthogonal Q made of n random reflections. */
function rotated(spectrum: number[], random: () => number): Float64Array {
  const n = spectrum.length;
  const matrix = new Float64Array(n * n);
  spectrum.forEach((value, i) => {
    matrix[i * n + i] = value;
  });
  for (let reflection = 0; reflection < n; reflection++) {
    const v = Array.from({ length: n }, random);
    const scale = 2 / v.reduce((sum, value) => sum + value * value, 0);
    for (const stride of [
      { along: 1, across: n },
      { along: n, across: 1 },
    ]) {
      for (let line = 0; line < n; line++) {
        const at = (i: number) => line * stride.across + i * stride.along;
        const product = scale * v.reduce((sum, value, i) => sum + value * matrix[at(i)]!, 0);
        v.forEach((value, i) => {
          matrix[at(i)]! -= product * value;
        });
      }
    }
  }
  return matrix;
}
