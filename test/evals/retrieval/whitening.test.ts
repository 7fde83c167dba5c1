/** Eigenvectors, and whitening of data whose shape is known. */
import assert from 'node:assert/strict';
import { seededRandom } from '../../../data/random.ts';
import { symmetricEigenvectors } from '../../../evals/linear-algebra/symmetric-eigen.ts';
import { WhiteningFit, whiteningMap } from '../../../evals/retrieval/whitening.ts';
import { assertClose } from '../../golden/fixture.ts';

const normal = (random: ReturnType<typeof seededRandom>) =>
  Math.sqrt(-2 * Math.log(1 - random.uniform(0, 1))) * Math.cos(2 * Math.PI * random.uniform(0, 1));

describe('symmetric eigenvectors', () => {
  for (const n of [1, 2, 7, 50, 130]) {
    it(`${n} x ${n}: they are orthonormal, and give the matrix back`, async () => {
      const random = seededRandom(n);
      const matrix = new Float64Array(n * n);
      for (let i = 0; i < n; i++)
        for (let j = 0; j <= i; j++) matrix[i * n + j] = matrix[j * n + i] = random.uniform(-1, 1);
      const { values, vectors } = await symmetricEigenvectors(matrix, n);
      const product = (weight: (k: number) => number, left: (k: number, i: number) => number) =>
        Array.from({ length: n * n }, (_, at) => {
          const [i, j] = [Math.floor(at / n), at % n];
          let sum = 0;
          for (let k = 0; k < n; k++) sum += weight(k) * left(k, i) * left(k, j);
          return sum;
        });
      assertClose(
        product(
          (k) => values[k]!,
          (k, i) => vectors[k * n + i]!,
        ),
        matrix,
        { atol: 1e-12 },
        'V^T D V',
      );
      const identity = Array.from(matrix, (_, at) => Number(at % (n + 1) === 0));
      assertClose(
        product(
          () => 1,
          (k, i) => vectors[i * n + k]!,
        ),
        identity,
        { atol: 1e-12 },
        'V V^T',
      );
      assert.deepEqual(
        [...values],
        [...values].sort((a, b) => b - a),
      );
    });
  }

  it('of a diagonal and of repeated values they are axes', async () => {
    const { values, vectors } = await symmetricEigenvectors([2, 0, 0, 0, 5, 0, 0, 0, 2], 3);
    assert.deepEqual([...values], [5, 2, 2]);
    assert.deepEqual([...vectors.subarray(0, 3)].map(Math.abs), [0, 1, 0]);
  });

  it('ends where nobody wants them any more', async () => {
    const stopped = AbortSignal.abort(new Error('gone'));
    await assert.rejects(symmetricEigenvectors(new Float64Array(16), 4, stopped), /gone/);
  });
});

describe('whitening', () => {
  const [count, dimension] = [1500, 6];

  /** Correlated rows far from 0, of as many free directions as asked for. */
  function rows(directions: number): Float32Array {
    const random = seededRandom(7);
    const mixing = Array.from({ length: directions * dimension }, () => random.uniform(-1, 1));
    const made = new Float32Array(count * dimension);
    for (let row = 0; row < count; row++) {
      const free = Array.from({ length: directions }, (_, k) => normal(random) * (k + 1));
      for (let d = 0; d < dimension; d++) {
        made[row * dimension + d] = 100 + free.reduce((sum, value, k) => sum + value * mixing[k * dimension + d]!, 0);
      }
    }
    return made;
  }

  it('leaves directions without correlation, each of length 1 over all rows', async () => {
    const fit = new WhiteningFit(dimension);
    const data = rows(dimension);
    // In pieces of no particular size.
    for (let at = 0; at < data.length; at += 77 * dimension) await fit.add(data.subarray(at, at + 77 * dimension));
    const map = whiteningMap(await fit.finish());
    const white = await map.apply(data);
    map.free();
    const products = Array.from({ length: dimension ** 2 }, (_, at) => {
      let sum = 0;
      for (let row = 0; row < count; row++) {
        sum += white[row * dimension + Math.floor(at / dimension)]! * white[row * dimension + (at % dimension)]!;
      }
      return sum;
    });
    const identity = products.map((_, at) => Number(at % (dimension + 1) === 0));
    assertClose(products, identity, { atol: 2e-3 }, 'W^T W');
  });

  it('leaves out directions that hold nothing but rounding', async () => {
    const fit = new WhiteningFit(dimension);
    await fit.add(rows(3));
    assert.equal((await fit.finish()).eigenvalues.length, 3);
  });

  it('keeps as many components as asked for', async () => {
    const fit = new WhiteningFit(dimension);
    await fit.add(rows(dimension));
    const { eigenvalues, components } = await fit.finish(2);
    assert.deepEqual([eigenvalues.length, components.length], [2, 2 * dimension]);
  });

  it('cannot be fitted to rows that are all alike', async () => {
    const fit = new WhiteningFit(dimension);
    await fit.add(new Float32Array(20 * dimension).fill(3));
    await assert.rejects(fit.finish(), { code: 'FEATURES_ALIKE' });
  });
});
