/** Deterministic views of a source's images, for features and probes. */

import { type ImageInput, type ImageLimits, makeEvaluationViews, makeWholeViews } from '../kernels/images.ts';
import { callOnAnyFormat } from './decode.ts';
import type { SkipReason } from './errors.ts';
import { type ImageSource, inputOf, isReason } from './source.ts';

/** The centre, as classification has it, or all of the image, squeezed into the shape of the view. */
export type EvaluationView = 'centre' | 'whole';

export interface EvaluationViewOptions {
  /** Side of a view in pixels; or [height, width] where it is of a whole image. */
  readonly size: number | readonly [height: number, width: number];
  /** @default 'centre', which `shortSide`, `region` and `grey` are for */
  readonly view?: EvaluationView;
  /** @default 1 */
  readonly threads?: number;
  /** Length of the shorter side before the centre is cut out. @default ceil(side * 256 / 224) */
  readonly shortSide?: number;
  /** The part of the image that is looked at: [left, top, right, bottom] as shares. @default all of it */
  readonly region?: readonly [number, number, number, number];
  /** Grey instead of colour. @default false */
  readonly grey?: boolean;
  readonly limits?: Partial<ImageLimits>;
  /** (indices.length, height, width, 3) for the views; rows of skipped images are left as they are. @default new memory */
  readonly into?: Uint8Array<ArrayBuffer>;
}

export interface EvaluationViews {
  /** (indices.length, height, width, 3) uint8; in new memory the rows of skipped images hold 0. */
  readonly views: Uint8Array<ArrayBuffer>;
  /** Images without a view. */
  readonly skipped: ({ readonly row: number; readonly index: number; readonly name: string } & SkipReason)[];
}

/** The views of the given images of a source, of any format, in the given order. */
export async function loadEvaluationViews(
  source: ImageSource,
  indices: readonly number[],
  options: EvaluationViewOptions,
): Promise<EvaluationViews> {
  const { size, view = 'centre', threads = 1, shortSide, region, grey, limits } = options;
  const [height, width] = typeof size === 'number' ? [size, size] : size;
  const viewLength = height * width * 3;
  const views = options.into ?? new Uint8Array(indices.length * viewLength);
  const reasons = new Map<number, SkipReason>();
  const rows: number[] = [];
  const images: ImageInput[] = [];
  for (const [row, input] of (await Promise.all(indices.map((index) => inputOf(source, index)))).entries()) {
    if (isReason(input)) {
      reasons.set(row, input);
    } else {
      rows.push(row);
      images.push(input);
    }
  }
  const skipped = await callOnAnyFormat(images, threads, limits, async (given, positions) => {
    // All at once they lie as they are wanted; some of them are put where they belong.
    const into = positions.length === indices.length ? views : undefined;
    const made = await (view === 'whole'
      ? makeWholeViews(given, [height, width], threads, { limits, into })
      : makeEvaluationViews(given, height, threads, { limits, shortSide, region, grey, into }));
    const failed = new Set(made.failures.map(({ item }) => item));
    for (const [i, position] of positions.entries()) {
      if (into || failed.has(i)) continue;
      views.set(made.views.subarray(i * viewLength, (i + 1) * viewLength), rows[position]! * viewLength);
    }
    return made.failures;
  });
  for (const [position, reason] of skipped) reasons.set(rows[position]!, reason);
  return { views, skipped: [...reasons].sort(([a], [b]) => a - b).map(([row, reason]) => describe(row, reason)) };

  function describe(row: number, reason: SkipReason) {
    const index = indices[row]!;
    return { row, index, name: source.name(index), ...reason };
  }
}
