/**
 * The globe as classes (Sec. 5.1; Müller-Budack et al., 2018): cells of S2, a hierarchy of quadrangles on the six sides of a cube, that have
 * few and many images alike. From level 2 on, a cell of more than `maxImages` is divided into its four parts; what ends with `minImages` or
 * fewer is left out, as in the authors' code.
 */
import { s2 } from 's2js';

export interface PartitionRule {
  readonly minImages: number;
  readonly maxImages: number;
}

export interface GeoCell {
  /** S2's name for it in hexadecimal. */
  readonly token: string;
  /** That it was made of. */
  readonly images: number;
  /** Of the images, their mean in degrees: what a prediction of the cell says. */
  readonly latitude: number;
  readonly longitude: number;
}

const FIRST_LEVEL = 2;
const LAST_LEVEL = 30;
const FACES = 6;

/** The smallest cell of each place, (places); sorted, those of any cell lie together. @param degrees (places, 2) */
export function leafCells(degrees: Float64Array): BigUint64Array {
  return BigUint64Array.from({ length: degrees.length / 2 }, (_, i) => leafCell(degrees[2 * i]!, degrees[2 * i + 1]!));
}

export function leafCell(latitude: number, longitude: number): bigint {
  return s2.cellid.fromLatLng(s2.LatLng.fromDegrees(latitude, longitude));
}

/** Some cells, in their order along S2's curve; none lies in another. */
export class CellPartition {
  readonly cells: readonly GeoCell[];
  readonly #first: BigUint64Array;
  readonly #last: BigUint64Array;

  constructor(cells: readonly GeoCell[]) {
    const ids = cells.map(({ token }) => s2.cellid.fromToken(token));
    this.cells = cells;
    this.#first = BigUint64Array.from(ids, (id) => s2.cellid.rangeMin(id));
    this.#last = BigUint64Array.from(ids, (id) => s2.cellid.rangeMax(id));
  }

  /** The cell that a smallest cell lies in, or -1. */
  find(leaf: bigint): number {
    const cell = below(this.#first, leaf, true) - 1;
    return cell >= 0 && leaf <= this.#last[cell]! ? cell : -1;
  }

  /** The cell that another cell lies in, or -1. */
  findCell({ token }: GeoCell): number {
    return this.find(s2.cellid.rangeMin(s2.cellid.fromToken(token)));
  }
}

/** Divides the globe for these places. @param degrees (places, 2) */
export function partitionOf(degrees: Float64Array, leaves: BigUint64Array, rule: PartitionRule): CellPartition {
  const sorted = leaves.slice().sort();
  const ids: bigint[] = [];
  const visit = (id: bigint, level: number, begin: number, end: number): void => {
    const images = end - begin;
    if (images === 0) return;
    const divided = level < FIRST_LEVEL || (images > rule.maxImages && level < LAST_LEVEL);
    // A first cell of few images is left out whole, and the parts of another have at most its images.
    if (!divided) {
      if (images > rule.minImages) ids.push(id);
      return;
    }
    let from = begin;
    for (const child of s2.cellid.children(id)) {
      const until = below(sorted, s2.cellid.rangeMax(child), true, from, end);
      visit(child, level + 1, from, until);
      from = until;
    }
  };
  for (let face = 0; face < FACES; face++) {
    const id = s2.cellid.fromFace(face);
    visit(id, 0, below(sorted, s2.cellid.rangeMin(id), false), below(sorted, s2.cellid.rangeMax(id), true));
  }
  return new CellPartition(withMeans(ids, degrees, leaves));
}

/**
 * The meridian where longitudes end is a border of cells, and 180 and -180 are both on it: longitudes are taken around that of a cell's first
 * image, so that the mean of 180 and -179.9 degrees is not 0.
 */
function withMeans(ids: readonly bigint[], degrees: Float64Array, leaves: BigUint64Array): GeoCell[] {
  const places = new CellPartition(
    ids.map((id) => ({ token: s2.cellid.toToken(id), images: 0, latitude: 0, longitude: 0 })),
  );
  const sums = places.cells.map(() => ({ images: 0, latitude: 0, longitude: 0, around: 0 }));
  for (const [i, leaf] of leaves.entries()) {
    const sum = sums[places.find(leaf)];
    if (!sum) continue;
    const longitude = degrees[2 * i + 1]!;
    if (sum.images === 0) sum.around = longitude;
    sum.images++;
    sum.latitude += degrees[2 * i]!;
    sum.longitude += turned(longitude - sum.around);
  }
  return places.cells.map(({ token }, cell) => {
    const { images, latitude, longitude, around } = sums[cell]!;
    return { token, images, latitude: latitude / images, longitude: turned(around + longitude / images) };
  });
}

/** The same direction between -180 and 180 degrees. */
function turned(degrees: number): number {
  return degrees - 360 * Math.round(degrees / 360);
}

/** How many of sorted values are below another, or equal to it where that counts. */
function below(sorted: BigUint64Array, value: bigint, orEqual: boolean, begin = 0, end = sorted.length): number {
  let [low, high] = [begin, end];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value || (orEqual && sorted[middle]! === value)) low = middle + 1;
    else high = middle;
  }
  return low;
}
