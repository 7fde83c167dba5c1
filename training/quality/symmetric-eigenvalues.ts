/**
 * Eigenvalues (no vectors) of a symmetric matrix: Householder reduction to tridiagonal form, then QL steps with implicit
 * shifts (Golub and Van Loan, Matrix Computations, sec. 8.3). About 4/3 n^3 multiply-adds: 0.1 s at n = 256.
 */

/** QL needs two or three steps per eigenvalue; a matrix that takes more has NaN in it. */
const MAX_STEPS_PER_EIGENVALUE = 60;

/**
 * The eigenvalues of a symmetric [n, n] row-major matrix, largest first. Only the lower triangle is read.
 * @throws RangeError when the matrix is not square or holds a NaN or an infinity
 */
export function symmetricEigenvalues(matrix: ArrayLike<number>, n: number): Float64Array {
  if (matrix.length !== n * n) throw new RangeError(`A matrix of ${matrix.length} values is not ${n} x ${n}.`);
  const { diagonal, offDiagonal } = tridiagonalise(Float64Array.from(matrix), n);
  diagonaliseInPlace(diagonal, offDiagonal);
  return diagonal.sort().reverse();
}

/** diagonal[i] is a(i, i), offDiagonal[i] is a(i + 1, i); the last offDiagonal is 0. */
interface Tridiagonal {
  readonly diagonal: Float64Array;
  readonly offDiagonal: Float64Array;
}

/** Zeroes column after column below the subdiagonal by the reflection A <- H A H, H = I - v v^T / h. Overwrites `a`. */
function tridiagonalise(a: Float64Array, n: number): Tridiagonal {
  const diagonal = new Float64Array(n);
  const offDiagonal = new Float64Array(n);
  const v = new Float64Array(n);
  const w = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    diagonal[k] = a[k * n + k]!;
    if (k === n - 1) break;
    let squares = 0;
    for (let i = k + 1; i < n; i++) {
      v[i] = a[i * n + k]!;
      squares += v[i]! * v[i]!;
    }
    const first = v[k + 1]!;
    const norm = Math.sqrt(squares) * (first > 0 ? -1 : 1); // the sign that adds to |v| instead of cancelling
    offDiagonal[k] = norm;
    const h = squares - first * norm;
    if (h === 0) continue;
    v[k + 1] = first - norm;
    reflect(a, n, k + 1, v, w, h);
  }
  return { diagonal, offDiagonal };
}

/** A <- A - v w^T - w v^T on the lower triangle from `begin` on, with w = A v / h - (v^T A v / 2 h^2) v. */
function reflect(a: Float64Array, n: number, begin: number, v: Float64Array, w: Float64Array, h: number) {
  w.fill(0, begin);
  for (let i = begin; i < n; i++) {
    const row = i * n;
    const vi = v[i]!;
    let sum = a[row + i]! * vi;
    for (let j = begin; j < i; j++) {
      const value = a[row + j]!;
      sum += value * v[j]!;
      w[j]! += value * vi;
    }
    w[i]! += sum;
  }
  let product = 0;
  for (let i = begin; i < n; i++) {
    w[i]! /= h;
    product += w[i]! * v[i]!;
  }
  const share = product / (2 * h);
  for (let i = begin; i < n; i++) w[i]! -= share * v[i]!;
  for (let i = begin; i < n; i++) {
    const row = i * n;
    const vi = v[i]!;
    const wi = w[i]!;
    for (let j = begin; j <= i; j++) a[row + j]! -= vi * w[j]! + wi * v[j]!;
  }
}

function diagonaliseInPlace(d: Float64Array, e: Float64Array) {
  for (let low = 0; low < d.length; low++) {
    for (let steps = 0; ; steps++) {
      const high = endOfBlock(d, e, low);
      if (high === low) break;
      if (steps === MAX_STEPS_PER_EIGENVALUE) throw new RangeError('The matrix holds a NaN or an infinity.');
      qlStep(d, e, low, high);
    }
  }
}

/** The last row of the unreduced block that begins at `low`: negligible couplings split the matrix. */
function endOfBlock(d: Float64Array, e: Float64Array, low: number): number {
  let high = low;
  while (
    high < d.length - 1 &&
    !(Math.abs(e[high]!) <= Number.EPSILON * (Math.abs(d[high]!) + Math.abs(d[high + 1]!)))
  ) {
    high++;
  }
  return high;
}

/** One implicit QL sweep over rows low..high: a rotation makes a bulge at the bottom, the others chase it to the top. */
function qlStep(d: Float64Array, e: Float64Array, low: number, high: number) {
  const ratio = (d[low + 1]! - d[low]!) / (2 * e[low]!);
  const radius = Math.hypot(ratio, 1);
  const shift = d[low]! - e[low]! / (ratio + (ratio >= 0 ? radius : -radius)); // Wilkinson's
  let g = d[high]! - shift;
  let sine = 1;
  let cosine = 1;
  let moved = 0;
  for (let i = high - 1; i >= low; i--) {
    const bulge = sine * e[i]!;
    const coupling = cosine * e[i]!;
    const length = Math.hypot(bulge, g);
    e[i + 1] = length;
    if (length === 0) {
      // Underflow split the block here: finish the row and let the next sweep see two blocks.
      d[i + 1]! -= moved;
      e[high] = 0;
      return;
    }
    sine = bulge / length;
    cosine = g / length;
    g = d[i + 1]! - moved;
    const mixed = (d[i]! - g) * sine + 2 * cosine * coupling;
    moved = sine * mixed;
    d[i + 1] = g + moved;
    g = cosine * mixed - coupling;
  }
  d[low]! -= moved;
  e[low] = g;
  e[high] = 0;
}
