/** What a run in fp16 tells about its loss scale. */
import type { Executor } from '../kernels/executor.ts';
import { LOSS_SCALE, SMALLEST_SCALE } from '../program/loss-scale.ts';

/** Of a step. */
export interface LossScaleReport {
  /** For the next step. */
  readonly scale: number;
  /** Steps that were left out since the training began. */
  readonly skipped: number;
  /** Whether this one was, in the search for the scale: what is not finite at the smallest scale is not finite by itself. */
  readonly overflowed: boolean;
}

/** @returns undefined where the step has no loss scale */
export function lossScaleOf(executor: Executor): number | undefined {
  if (!executor.program.values.some(({ name }) => name === LOSS_SCALE.scale)) return undefined;
  return executor.read(LOSS_SCALE.scale)[0]!;
}

/** @param before what `lossScaleOf` gave before the step */
export function reportLossScale(executor: Executor, before: number | undefined, applied: boolean) {
  if (before === undefined) return {};
  const lossScale: LossScaleReport = {
    scale: lossScaleOf(executor)!,
    skipped: executor.read(LOSS_SCALE.counts)[1]!,
    overflowed: !applied && before > SMALLEST_SCALE,
  };
  return { lossScale };
}
