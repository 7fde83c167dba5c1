/** Steps whose times are invented, so that tests know what comes out. */
import { isCommunication } from '../../../program/operations.ts';
import type { Program } from '../../../program/program.ts';
import { shard } from '../../../program/shard.ts';
import { withRecompute } from '../../../program/training-step.ts';
import type { TimedStep } from '../../../training/profile/timed-step.ts';
import { smallSpec, smallStep } from '../../program/small-step.ts';

/** The seconds of operation i in a step of the given pace. */
export function secondsOfOperation(index: number, pace: number): number {
  return (1 + (index % 3)) * pace;
}

/** Each operation follows the one before it after a pause; communication is over after a while of its own. */
export function inventedStep(program: Program, pace = 1e-3, start = 5000): TimedStep {
  const computed = new Float64Array(2 * program.operations.length);
  const communicated = new Float64Array(2 * program.operations.length);
  const pause = pace / 4;
  let [now, free] = [start + pace, start];
  for (const [index, operation] of program.operations.entries()) {
    computed[2 * index] = now;
    now += secondsOfOperation(index, pace);
    computed[2 * index + 1] = now;
    now += pause;
    if (!isCommunication(operation)) continue;
    communicated[2 * index] = Math.max(free, computed[2 * index]!);
    free = communicated[2 * index]! + 2 * pace;
    communicated[2 * index + 1] = free;
  }
  const beside = [
    { name: 'copy crops in', begin: start, end: start + pace },
    { name: 'read the loss', begin: now, end: now + pace },
  ];
  const loading = [{ name: 'read, decode and crop', begin: start + pace / 2, end: now + 9 * pace }];
  return { begin: start, end: now + pace, computed, communicated, beside, loading };
}

/** The part of a small step of two ranks that the first one runs. */
export function rankProgram(): Program {
  const grids = smallSpec().grids.map((grid) => ({ ...grid, images: grid.images / 2 }));
  const step = withRecompute(smallStep({ grids, keepGradients: false }), {});
  return shard(step, { rank: 0, worldSize: 2, precision: 'f32' }).program;
}
