/**
 * dSprites: a white shape on black, 64 x 64 pixels, for every combination of 3 shapes, 6 scales, 40 orientations and 32 x 32
 * positions.
 *
 * The published images were drawn by a program that was not published. Its geometry was found again from the 320 images of the
 * animation that comes with the dataset; docs/evaluations/datasets.md says how well they agree. With the canvas as 64 units,
 * y upwards, and a shape of scale 1 around its own origin:
 *
 * - square: sides of 19.2, which is 0.3 of the canvas;
 * - ellipse: a polygon of 46 corners with half axes 12.8 and 7.22;
 * - heart: x = 9.6 sin³t, y = 0.6625 (13 cos t - 5 cos 2t - 2 cos 3t - cos 4t) + 1.44, by 100 corners.
 *
 * Scales go from 0.5 to 1, orientations anticlockwise from 0 to 2π with both ends, so that the last equals the first, and
 * positions from 16 to 48 pixels from the left and from the top. A pixel is white where its centre lies inside: nothing is
 * smoothed.
 */

export const SIDE = 64;
export const shapes = ['square', 'ellipse', 'heart'] as const;
/** Of shape, scale, orientation, x and y; y changes fastest from image to image, as in the published order. */
export const latentSizes = [3, 6, 40, 32, 32] as const;
export const NUM_IMAGES = 737_280;

export interface Latents {
  readonly shape: number;
  readonly scale: number;
  readonly orientation: number;
  readonly x: number;
  readonly y: number;
}

/** Corners as x and y by turns, around the origin, y downwards. */
type Polygon = Float64Array;

const [, numScales, numOrientations, numX, numY] = latentSizes;
const FIRST = 16;
const WAY = 32;

export function latentsOf(index: number): Latents {
  let rest = index;
  const take = (size: number) => {
    const value = rest % size;
    rest = Math.floor(rest / size);
    return value;
  };
  const y = take(numY);
  const x = take(numX);
  const orientation = take(numOrientations);
  const scale = take(numScales);
  return { shape: rest, scale, orientation, x, y };
}

export function indexOfLatents({ shape, scale, orientation, x, y }: Latents): number {
  return (((shape * numScales + scale) * numOrientations + orientation) * numX + x) * numY + y;
}

/** (64, 64), 255 where the shape is and 0 elsewhere. */
export function render(latents: Latents): Uint8Array {
  const image = new Uint8Array(SIDE * SIDE);
  const corners = cornersOf(latents);
  const left = FIRST + (WAY * latents.x) / (numX - 1);
  const top = FIRST + (WAY * latents.y) / (numY - 1);
  const crossings: number[] = [];
  for (let row = 0; row < SIDE; row++) {
    crossings.length = 0;
    cross(corners, row + 0.5 - top, crossings);
    crossings.sort((a, b) => a - b);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      // Pixels whose centres are between two crossings.
      const from = Math.max(0, Math.ceil(left + crossings[i]! - 0.5));
      const to = Math.min(SIDE, Math.ceil(left + crossings[i + 1]! - 0.5));
      if (to > from) image.fill(255, row * SIDE + from, row * SIDE + to);
    }
  }
  return image;
}

/** Where a polygon's edges cross a horizontal line. */
function cross(corners: Polygon, y: number, crossings: number[]): void {
  let x0 = corners[corners.length - 2]!;
  let y0 = corners[corners.length - 1]!;
  for (let i = 0; i < corners.length; i += 2) {
    const x1 = corners[i]!;
    const y1 = corners[i + 1]!;
    if (y0 > y !== y1 > y) crossings.push(x0 + ((x1 - x0) * (y - y0)) / (y1 - y0));
    x0 = x1;
    y0 = y1;
  }
}

const outlines: readonly Polygon[] = [
  Float64Array.of(-9.6, -9.6, 9.6, -9.6, 9.6, 9.6, -9.6, 9.6),
  outline(46, (t) => [12.8 * Math.cos(t), 7.22 * Math.sin(t)]),
  outline(100, (t) => [
    9.6 * Math.sin(t) ** 3,
    0.6625 * (13 * Math.cos(t) - 5 * Math.cos(2 * t) - 2 * Math.cos(3 * t) - Math.cos(4 * t)) + 1.44,
  ]),
];

function outline(numCorners: number, at: (t: number) => readonly [number, number]): Polygon {
  const corners = new Float64Array(2 * numCorners);
  for (let i = 0; i < numCorners; i++) corners.set(at((2 * Math.PI * i) / numCorners), 2 * i);
  return corners;
}

const turned = new Map<number, Polygon>();

function cornersOf({ shape, scale, orientation }: Latents): Polygon {
  const key = (shape * numScales + scale) * numOrientations + orientation;
  let corners = turned.get(key);
  if (!corners) {
    const size = 0.5 + (0.5 * scale) / (numScales - 1);
    const angle = (2 * Math.PI * orientation) / (numOrientations - 1);
    const cos = size * Math.cos(angle);
    const sin = size * Math.sin(angle);
    const plain = outlines[shape]!;
    corners = new Float64Array(plain.length);
    for (let i = 0; i < plain.length; i += 2) {
      corners[i] = plain[i]! * cos - plain[i + 1]! * sin;
      corners[i + 1] = -(plain[i]! * sin + plain[i + 1]! * cos);
    }
    turned.set(key, corners);
  }
  return corners;
}
