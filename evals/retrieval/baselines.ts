/**
 * Features that need no training, each in several forms: a learned feature is worth something only if it beats the best
 * form of each. Pixels know the layout, histograms know the colours.
 */
import type { RgbImage } from '../../kernels/images.ts';

/** The same idea in every reasonable form. */
export interface BaselineFamily {
  readonly name: string;
  /** One feature vector per form, by the form's name; the same forms for every image. */
  describe(image: RgbImage): ReadonlyMap<string, Float32Array>;
}

/** The picture itself, made small, in colour or grey, with or without its mean brightness. */
export const pixelBaseline: BaselineFamily = {
  name: 'pixels',
  describe(image) {
    const forms = new Map<string, Float32Array>();
    for (const side of [8, 16, 32]) {
      const colour = shrink(image, side);
      for (const [name, values] of [
        ['colour', colour],
        ['grey', luma(colour)],
      ] as const) {
        forms.set(`${side}x${side} ${name}`, values);
        forms.set(`${side}x${side} ${name}, mean 0`, withoutMean(values));
      }
    }
    return forms;
  },
};

/**
 * How many pixels have which grey tone, which value per channel, or which colour; with or without normalised tones, as
 * shares of the pixels or their square roots (the cosine of roots is Hellinger's).
 */
export const histogramBaseline: BaselineFamily = {
  name: 'colour histogram',
  describe(image) {
    const forms = new Map<string, Float32Array>();
    for (const normalised of [false, true]) {
      const values = normalised ? normaliseTones(image.data) : Float32Array.from(image.data);
      const grey = luma(values);
      const histograms: [name: string, shares: Float32Array][] = [
        ...[8, 16, 32].map((bins) => [`grey ${bins}`, histogram(grey, 1, bins)] as [string, Float32Array]),
        ...[8, 16].map((bins) => [`3 x ${bins}`, channelHistograms(values, bins)] as [string, Float32Array]),
        ...[4, 8].map((bins) => [`${bins}^3`, histogram(values, 3, bins)] as [string, Float32Array]),
      ];
      for (const [name, shares] of histograms) {
        const form = normalised ? `${name}, tones normalised` : name;
        forms.set(form, shares);
        forms.set(`${form}, root`, shares.map(Math.sqrt));
      }
    }
    return forms;
  },
};

/** Roots of the shares of 8 x 8 x 8 colours: their cosine is Hellinger's. */
export function colourHistogram({ data }: RgbImage): Float32Array {
  return histogram(data, 3, 8).map(Math.sqrt);
}

/** The image scaled to `side` x `side` by averaging areas, (side, side, 3), 0 to 255. */
export function shrink({ width, height, data }: RgbImage, side: number): Float32Array {
  const rows = averageAreas(data, height, width * 3, side); // (side, width, 3)
  const shrunk = new Float32Array(side * side * 3);
  for (let row = 0; row < side; row++) {
    shrunk.set(averageAreas(rows.subarray(row * width * 3, (row + 1) * width * 3), width, 3, side), row * side * 3);
  }
  return shrunk;
}

/** Averages `length` vectors of `stride` values down (or up) to `cells` vectors, every one weighted by its overlap. */
function averageAreas(values: ArrayLike<number>, length: number, stride: number, cells: number): Float32Array {
  const averaged = new Float32Array(cells * stride);
  const span = length / cells;
  for (let cell = 0; cell < cells; cell++) {
    const [begin, end] = [cell * span, (cell + 1) * span];
    for (let source = Math.floor(begin); source < Math.min(Math.ceil(end), length); source++) {
      const weight = (Math.min(end, source + 1) - Math.max(begin, source)) / span;
      for (let at = 0; at < stride; at++) averaged[cell * stride + at]! += weight * values[source * stride + at]!;
    }
  }
  return averaged;
}

/** The vector with its mean taken off every value. */
export function withoutMean(vector: Float32Array): Float32Array {
  const mean = vector.reduce((sum, value) => sum + value, 0) / vector.length;
  return vector.map((value) => value - mean);
}

/** RGB values, (pixels, 3), to grey tones, (pixels). */
function luma(values: Float32Array): Float32Array {
  const tones = new Float32Array(values.length / 3);
  for (let pixel = 0, at = 0; pixel < tones.length; pixel++, at += 3) {
    tones[pixel] = 0.299 * values[at]! + 0.587 * values[at + 1]! + 0.114 * values[at + 2]!;
  }
  return tones;
}

/** Gives every channel mean 128 and standard deviation 50: exposure, contrast and colour casts are gone. */
function normaliseTones(data: Uint8Array): Float32Array {
  const normalised = new Float32Array(data.length);
  const count = data.length / 3;
  for (let channel = 0; channel < 3; channel++) {
    let sum = 0;
    let squares = 0;
    for (let at = channel; at < data.length; at += 3) {
      sum += data[at]!;
      squares += data[at]! ** 2;
    }
    const mean = sum / count;
    const deviation = Math.sqrt(Math.max(squares / count - mean ** 2, 0)) + 1e-6;
    for (let at = channel; at < data.length; at += 3) {
      normalised[at] = Math.min(Math.max(((data[at]! - mean) / deviation) * 50 + 128, 0), 255);
    }
  }
  return normalised;
}

/** One histogram per channel of RGB values, one after the other. */
function channelHistograms(values: Float32Array, bins: number): Float32Array {
  const joined = new Float32Array(3 * bins);
  for (let channel = 0; channel < 3; channel++) {
    for (let at = channel; at < values.length; at += 3) joined[channel * bins + binOf(values[at]!, bins)]! += 1;
  }
  return joined.map((count) => count / (values.length / 3));
}

/** Shares of the pixels in the bins^channels cells; `values` is (pixels, channels), 0 to 255. */
function histogram(values: ArrayLike<number>, channels: number, bins: number): Float32Array {
  const counts = new Float32Array(bins ** channels);
  for (let at = 0; at < values.length; at += channels) {
    let cell = 0;
    for (let channel = 0; channel < channels; channel++) cell = cell * bins + binOf(values[at + channel]!, bins);
    counts[cell]! += 1;
  }
  return counts.map((count) => count / (values.length / channels));
}

function binOf(value: number, bins: number): number {
  return Math.min(Math.floor((value * bins) / 256), bins - 1);
}
