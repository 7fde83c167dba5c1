/** A line through measured points that a few outliers do not move (Theil-Sen: the median of all slopes). */
import { median } from '../profile/timed-step.ts';

export interface Line {
  readonly intercept: number;
  readonly slope: number;
}

/** @param points at least one; with one x for all of them the line is level */
export function fitLine(points: readonly (readonly [x: number, y: number])[]): Line {
  const slopes = points.flatMap(([x, y], i) =>
    points.slice(i + 1).flatMap(([otherX, otherY]) => (otherX === x ? [] : [(otherY - y) / (otherX - x)])),
  );
  const slope = slopes.length === 0 ? 0 : median(slopes);
  return { slope, intercept: median(points.map(([x, y]) => y - slope * x)) };
}
