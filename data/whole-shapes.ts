/** Which images of a source have about the same shape, when all of each is to be seen at once. */
import sharp from 'sharp';
import { type ImageSource, inputOf, isReason } from './source.ts';

/** [height, width] in pixels. */
export type Shape = readonly [height: number, width: number];

/** Images of one shape, by their numbers in the source. */
export interface ShapeGroup {
  readonly shape: Shape;
  readonly images: readonly number[];
}

/** Shorter sides are multiples of it: with a finer step there are more shapes to compile a network for. */
const STEP = 16;
const SHORTEST = 32;
/** Headers that are read at once. */
const AT_ONCE = 32;

/**
 * Groups of images whose longer side is to be `longerSide`, with the shorter side in proportion to that. Only headers are read; an image
 * whose header cannot be is taken for a square, and whoever decodes it hears why it cannot be used.
 * @param longerSide in pixels
 */
export async function groupByShape(
  source: ImageSource,
  longerSide: number,
  signal?: AbortSignal,
): Promise<ShapeGroup[]> {
  const groups = new Map<string, { shape: Shape; images: number[] }>();
  for (let first = 0; first < source.length; first += AT_ONCE) {
    signal?.throwIfAborted();
    const images = Array.from({ length: Math.min(AT_ONCE, source.length - first) }, (_, i) => first + i);
    const shapes = await Promise.all(images.map(async (image) => shapeOf(await sizeOf(source, image), longerSide)));
    for (const [i, shape] of shapes.entries()) {
      const group = groups.get(shape.join()) ?? { shape, images: [] };
      group.images.push(images[i]!);
      groups.set(shape.join(), group);
    }
  }
  return [...groups.values()];
}

/** The shape that an image gets. */
export function shapeOf([height, width]: Shape, longerSide: number): Shape {
  const exact = (longerSide * Math.min(height, width)) / Math.max(height, width);
  const shorter = Math.min(longerSide, Math.max(SHORTEST, STEP * Math.round(exact / STEP)));
  return height < width ? [shorter, longerSide] : [longerSide, shorter];
}

async function sizeOf(source: ImageSource, image: number): Promise<Shape> {
  const input = await inputOf(source, image);
  if (isReason(input)) return [1, 1];
  if (typeof input === 'object' && 'width' in input) return [input.height, input.width];
  // Whether there are too many pixels is judged where they are decoded.
  return sharp(input, { limitInputPixels: false })
    .metadata()
    .then(
      ({ width, height }): Shape => [height, width],
      (): Shape => [1, 1],
    );
}
