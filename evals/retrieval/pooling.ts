/** Feature maps to vectors: R-MAC, GeM, average and maximum (App. G of the paper). */
import { type Region, rmacRegions } from './rmac-regions.ts';

export type Pooling =
  /** A maximum over each of many overlapping squares. */
  | { readonly kind: 'rmac'; readonly levels: number }
  /** Generalised mean: 1 is the average, and towards infinity the maximum. */
  | { readonly kind: 'gem'; readonly power: number }
  | { readonly kind: 'average' }
  | { readonly kind: 'max' };

/** The paper's: R-MAC of three levels. */
export const RMAC: Pooling = { kind: 'rmac', levels: 3 };

/** GeM takes roots, so smaller activations count as this. */
const SMALLEST = 1e-6;

/** [height, width, channels] of a map. */
export type MapShape = readonly [height: number, width: number, channels: number];

/** The regions of a map that are pooled, each to a vector: all of it but for R-MAC. */
export function regionsOf(pooling: Pooling, [height, width]: MapShape): Region[] {
  return pooling.kind === 'rmac' ? rmacRegions(height, width, pooling.levels) : [{ x: 0, y: 0, width, height }];
}

/**
 * The vectors of the regions of a map, (regions, channels), as they are.
 * @param map (height, width, channels)
 */
export function poolMap(map: Float32Array, shape: MapShape, pooling: Pooling): Float32Array {
  const channels = shape[2];
  const regions = regionsOf(pooling, shape);
  const pooled = new Float32Array(regions.length * channels);
  for (const [i, region] of regions.entries()) {
    poolRegion(map, shape, region, pooling, pooled.subarray(i * channels, (i + 1) * channels));
  }
  return pooled;
}

function poolRegion(
  map: Float32Array,
  [, mapWidth, channels]: MapShape,
  region: Region,
  pooling: Pooling,
  into: Float32Array,
) {
  const { x, y, width, height } = region;
  const maximum = pooling.kind === 'rmac' || pooling.kind === 'max';
  const power = pooling.kind === 'gem' ? pooling.power : 1;
  const pooled = new Float64Array(channels).fill(maximum ? Number.NEGATIVE_INFINITY : 0);
  for (let row = y; row < y + height; row++) {
    for (let column = x; column < x + width; column++) {
      const at = (row * mapWidth + column) * channels;
      for (let c = 0; c < channels; c++) {
        const value = map[at + c]!;
        if (maximum) pooled[c] = Math.max(pooled[c]!, value);
        else if (pooling.kind === 'gem') pooled[c]! += Math.max(value, SMALLEST) ** power;
        else pooled[c]! += value;
      }
    }
  }
  const cells = width * height;
  for (let c = 0; c < channels; c++) into[c] = maximum ? pooled[c]! : (pooled[c]! / cells) ** (1 / power);
}

/** Divides every row by its L2 norm, in place; rows of zeros stay. */
export function normaliseRows(rows: Float32Array, dimension: number): Float32Array {
  for (let first = 0; first < rows.length; first += dimension) {
    let squares = 0;
    for (let i = first; i < first + dimension; i++) squares += rows[i]! * rows[i]!;
    const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
    for (let i = first; i < first + dimension; i++) rows[i]! *= scale;
  }
  return rows;
}

/** The unit vector of the sum of some rows. */
export function sumRows(rows: Float32Array, dimension: number): Float32Array {
  const sum = new Float64Array(dimension);
  for (let i = 0; i < rows.length; i++) sum[i % dimension]! += rows[i]!;
  return normaliseRows(Float32Array.from(sum), dimension);
}
