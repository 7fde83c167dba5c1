/**
 * Features that need no training, each in several forms: a learned feature is worth something only if it beats the best
 * form of each. Pixels know the layout, histograms know the colours.
 */
import type { RgbImage } from './edits.ts';

/** One feature vector of an image. */
export type Describe = (image: RgbImage) => Float32Array;

/** A family of baselines: the same idea in every reasonable form. */
export interface BaselineFamily {
  readonly name: string;
  readonly forms: ReadonlyMap<string, Describe>;
}

/** The families that need no network. */
export function describedBaselines(): BaselineFamily[] {
  const pixelForms = new Map<string, Describe>();
  for (const side of [8, 16, 32]) {
    for (const grey of [false, true]) {
      const name = `${side}x${side} ${grey ? 'grey' : 'colour'}`;
      pixelForms.set(name, (image) => pixels(image, side, grey));
      pixelForms.set(`${name}, mean 0`, (image) => withoutMean(pixels(image, side, grey)));
    }
  }
  const histogramForms = new Map<string, Describe>();
  for (const normalised of [false, true]) {
    for (const root of [false, true]) {
      const suffix = `${normalised ? ', tones normalised' : ''}${root ? ', square root' : ''}`;
      const finish = (histogram: Float32Array) => (root ? histogram.map(Math.sqrt) : histogram);
      for (const bins of [8, 16, 32, 64]) {
        histogramForms.set(`grey ${bins}${suffix}`, (image) => finish(greyHistogram(tones(image, normalised), bins)));
      }
      for (const bins of [8, 16, 32]) {
        histogramForms.set(`3 x ${bins}${suffix}`, (image) =>
          finish(marginalHistogram(tones(image, normalised), bins)),
        );
      }
      for (const bins of [4, 6, 8]) {
        histogramForms.set(`${bins}^3${suffix}`, (image) => finish(jointHistogram(tones(image, normalised), bins)));
      }
    }
  }
  return [
    { name: 'pixels', forms: pixelForms },
    { name: 'colour histogram', forms: histogramForms },
  ];
}

/** The image scaled to `side` x `side` by averaging areas, (side, side, 3 or 1), 0 to 255. */
export function pixels(image: RgbImage, side: number, grey: boolean): Float32Array {
  const { width, height, data } = image;
  const sums = new Float64Array(side * side * 3);
  const weights = new Float64Array(side * side);
  const columns = shares(width, side);
  for (const [y, rowShares] of shares(height, side).entries()) {
    for (const [row, rowWeight] of rowShares) {
      for (let x = 0; x < width; x++) {
        for (const [column, columnWeight] of columns[x]!) {
          const cell = row * side + column;
          const weight = rowWeight * columnWeight;
          weights[cell]! += weight;
          for (let c = 0; c < 3; c++) sums[cell * 3 + c]! += weight * data[(y * width + x) * 3 + c]!;
        }
      }
    }
  }
  if (!grey) return Float32Array.from(sums, (sum, index) => sum / weights[Math.floor(index / 3)]!);
  return Float32Array.from(weights, (weight, cell) => luma(sums, cell * 3) / weight);
}

/** For every one of `length` source pixels: the target cells it covers, and by how much of a cell. */
function shares(length: number, cells: number): [cell: number, weight: number][][] {
  return Array.from({ length }, (_, source) => {
    const begin = (source * cells) / length;
    const end = ((source + 1) * cells) / length;
    const covered: [number, number][] = [];
    for (let cell = Math.floor(begin); cell < Math.min(cells, Math.ceil(end)); cell++) {
      const weight = Math.min(end, cell + 1) - Math.max(begin, cell);
      if (weight > 0) covered.push([cell, weight]);
    }
    return covered;
  });
}

export function withoutMean(vector: Float32Array): Float32Array {
  const mean = vector.reduce((sum, value) => sum + value, 0) / vector.length;
  return vector.map((value) => value - mean);
}

/** RGB values, (height x width, 3), each in 0 to 255. */
type Tones = Float32Array;

/** Normalised, every channel has mean 128 and standard deviation 50: exposure, contrast and colour casts are gone. */
function tones(image: RgbImage, normalised: boolean): Tones {
  const values = Float32Array.from(image.data);
  if (!normalised) return values;
  const count = values.length / 3;
  for (let c = 0; c < 3; c++) {
    let sum = 0;
    let squares = 0;
    for (let at = c; at < values.length; at += 3) {
      sum += values[at]!;
      squares += values[at]! ** 2;
    }
    const mean = sum / count;
    const deviation = Math.sqrt(Math.max(squares / count - mean ** 2, 0)) + 1e-6;
    for (let at = c; at < values.length; at += 3) {
      values[at] = Math.min(Math.max(((values[at]! - mean) / deviation) * 50 + 128, 0), 255);
    }
  }
  return values;
}

function greyHistogram(values: Tones, bins: number): Float32Array {
  return histogram(values, bins, (at, bin) => bin(luma(values, at)));
}

/** One histogram per channel, one after the other. */
function marginalHistogram(values: Tones, bins: number): Float32Array {
  const joined = new Float32Array(3 * bins);
  for (let c = 0; c < 3; c++)
    joined.set(
      histogram(values, bins, (at, bin) => bin(values[at + c]!)),
      c * bins,
    );
  return joined;
}

function jointHistogram(values: Tones, bins: number): Float32Array {
  return histogram(
    values,
    bins,
    (at, bin) => (bin(values[at]!) * bins + bin(values[at + 1]!)) * bins + bin(values[at + 2]!),
    bins ** 3,
  );
}

/** Shares of the pixels per cell; `cellOf` gets a pixel's place in `values` and the bin of a value. */
function histogram(
  values: Tones,
  bins: number,
  cellOf: (at: number, bin: (value: number) => number) => number,
  cells = bins,
): Float32Array {
  const counts = new Float32Array(cells);
  const bin = (value: number): number => Math.min(Math.floor((value / 256) * bins), bins - 1);
  for (let at = 0; at < values.length; at += 3) counts[cellOf(at, bin)]! += 1;
  return counts.map((count) => count / (values.length / 3));
}

function luma(values: ArrayLike<number>, at: number): number {
  return 0.299 * values[at]! + 0.587 * values[at + 1]! + 0.114 * values[at + 2]!;
}
