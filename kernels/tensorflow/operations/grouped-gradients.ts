/**
 * Gradients of grouped convolutions out of what TensorFlow has on processors, where it refuses them: its forward pass knows
 * groups, and products of matrices come in batches.
 */
import type { ConvolutionAttributes } from '../../../program/operations.ts';
import { attribute, type Tensor } from '../binding.ts';
import type { Tensors } from '../tensors.ts';

/**
 * The gradient of the data is a convolution of stride 1 of the gradient, spread out by the stride, with the kernel turned
 * around and in and out exchanged within each group.
 * @param dy (N, h, w, out) @param weight (out, in / groups, k, k) @param shape (N, H, W, in)
 */
export function groupedDataGradient(
  t: Tensors,
  dy: Tensor,
  weight: Tensor,
  shape: readonly number[],
  { kernel, stride, groups }: ConvolutionAttributes,
): Tensor {
  const [n, height, width, channels] = shape as [number, number, number, number];
  const [out, perGroup] = weight.shape as [number, number, number, number];
  const half = Math.floor(kernel / 2);
  const turned = t.one('ReverseV2', [weight, t.integers([2, 3])]);
  const grouped = t.reshape(turned, [groups, out / groups, perGroup, kernel, kernel]);
  // (k, k, out / groups, groups, in / groups)
  const exchanged = t.transpose(grouped, [3, 4, 1, 0, 2]);
  const filter = t.reshape(exchanged, [kernel, kernel, out / groups, channels]);
  const spread = stride === 1 ? dy : spreadOut(t, dy, stride);
  // Output pixel i reached input pixels i * stride - half .. + kernel - 1 - half.
  const before = kernel - 1 - half;
  const [below, right] = [height, width].map((side, axis) => side + kernel - 1 - before - spread.shape[axis + 1]!) as [
    number,
    number,
  ];
  const window = [
    attribute.int('strides', [1, 1, 1, 1]),
    attribute.string('padding', 'EXPLICIT'),
    attribute.int('explicit_paddings', [0, 0, before, Math.max(0, below), before, Math.max(0, right), 0, 0]),
  ];
  const dx = t.one('Conv2D', [spread, filter], window);
  return dx.shape[1] === height && dx.shape[2] === width ? dx : t.slice(dx, [0, 0, 0, 0], [n, height, width, channels]);
}

/** stride - 1 zeros behind every pixel, (N, h * stride, w * stride, C). */
function spreadOut(t: Tensors, map: Tensor, stride: number): Tensor {
  const [n, height, width, channels] = map.shape as [number, number, number, number];
  const apart = t.reshape(map, [n * height, 1, width, channels]);
  const columns = t.reshape(
    t.pad(t.reshape(apart, [n * height * width, 1, channels]), [
      [0, 0],
      [0, stride - 1],
      [0, 0],
    ]),
    [n * height, 1, width * stride * channels],
  );
  const rows = t.pad(columns, [
    [0, 0],
    [0, stride - 1],
    [0, 0],
  ]);
  return t.reshape(rows, [n, height * stride, width * stride, channels]);
}

/**
 * For each tap of the kernel, what the input was there: (groups, k * k * in / groups, P) x (groups, P, out / groups).
 * @param x (N, H, W, in) @param dy (N, h, w, out)
 * @returns (out, in / groups, k, k) f32
 */
export function groupedWeightGradient(
  t: Tensors,
  x: Tensor,
  dy: Tensor,
  { kernel, stride, groups }: ConvolutionAttributes,
): Tensor {
  const [n, height, width, channels] = x.shape as [number, number, number, number];
  const [, h, w, out] = dy.shape as [number, number, number, number];
  const half = Math.floor(kernel / 2);
  const perGroup = channels / groups;
  // Every tap reaches within so many whole strides.
  const [rows, columns] = [h, w].map((side) => side + Math.floor((kernel - 1) / stride)) as [number, number];
  const padded = t.pad(x, [
    [0, 0],
    [half, Math.max(0, rows * stride - half - height)],
    [half, Math.max(0, columns * stride - half - width)],
    [0, 0],
  ]);
  const seenAt = taps(t, padded, { rows, columns, stride });
  // (groups, P, out / groups)
  const gradients = t.transpose(t.reshape(dy, [n * h * w, groups, out / groups]), [1, 0, 2]);
  const products: Tensor[] = [];
  for (let ky = 0; ky < kernel; ky++) {
    for (let kx = 0; kx < kernel; kx++) {
      const seen = seenAt(ky, kx, h, w);
      const inputs = t.transpose(t.reshape(seen, [n * h * w, groups, perGroup]), [1, 0, 2]);
      products.push(t.one('BatchMatMulV2', [inputs, gradients], [attribute.bool('adj_x', true)]));
    }
  }
  // (k * k, groups, in / groups, out / groups) -> (groups, out / groups, in / groups, k * k)
  const stacked = t.transpose(t.cast(t.stack(products), 'f32'), [1, 3, 2, 0]);
  return t.reshape(stacked, [out, perGroup, kernel, kernel]);
}

/**
 * What a tap of the kernel sees: every so many pixels from its own on. TensorFlow's strided slices are slow, so the map is taken
 * apart once into the pixels that lie a whole number of strides from each other, of which a tap sees a rectangle.
 */
function taps(
  t: Tensors,
  padded: Tensor,
  { rows, columns, stride }: { rows: number; columns: number; stride: number },
) {
  const [n, , , channels] = padded.shape as [number, number, number, number];
  const even = t.slice(padded, [0, 0, 0, 0], [n, rows * stride, columns * stride, channels]);
  const apart = t.reshape(even, [n * rows, stride, columns, stride * channels]);
  const phases = new Map<number, Tensor>();
  const phaseOf = (y: number, x: number): Tensor => {
    if (stride === 1) return even;
    let phase = phases.get(y * stride + x);
    if (!phase) {
      const cut = t.slice(apart, [0, y, 0, x * channels], [n * rows, 1, columns, channels]);
      phase = t.reshape(cut, [n, rows, columns, channels]);
      phases.set(y * stride + x, phase);
    }
    return phase;
  };
  return (ky: number, kx: number, h: number, w: number): Tensor => {
    const first = [0, Math.floor(ky / stride), Math.floor(kx / stride), 0];
    return t.slice(phaseOf(ky % stride, kx % stride), first, [n, h, w, channels]);
  };
}
