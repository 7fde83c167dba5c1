/**
 * The learning rate of an iteration: linear warm-up, then a cosine (SEER, Sec. 3: 0.15 to 9.3 over 5,500 iterations,
 * then down to 0.0093 at 126,000).
 */
import { ModelError } from './errors.ts';

/** How the cosine follows the warm-up. */
export type CosineStart =
  /** It starts at the peak when the warm-up ends (swav; the default here). */
  | 'restart'
  /** It runs over the whole training and is joined part-way, a little under the peak (VISSL). */
  | 'joined';

export interface LearningRateSchedule {
  /** Rate of iteration 0. */
  readonly start: number;
  /** Rate at the end of the warm-up. */
  readonly peak: number;
  /** Rate that the cosine approaches. */
  readonly end: number;
  /** Iterations of warm-up; the first cosine value belongs to this iteration. */
  readonly warmupIterations: number;
  /** Iterations of the whole training, warm-up included. */
  readonly iterations: number;
  readonly cosine: CosineStart;
}

/**
 * The learning rate of an iteration, counted from 0. Past the last iteration it stays at `end`.
 * @throws ModelError INVALID_SCHEDULE if the numbers describe no schedule.
 */
export function learningRate(schedule: LearningRateSchedule, iteration: number): number {
  const { start, peak, end, warmupIterations, iterations, cosine } = schedule;
  if (!(Number.isInteger(warmupIterations) && warmupIterations >= 0 && warmupIterations <= iterations)) {
    throw new ModelError(
      'INVALID_SCHEDULE',
      `a warm-up of ${warmupIterations} iterations does not fit a training of ${iterations}; shorten it`,
    );
  }
  if (iteration < warmupIterations) return start + ((peak - start) * iteration) / warmupIterations;
  if (iteration >= iterations) return end;
  const origin = cosine === 'restart' ? warmupIterations : 0;
  const progress = (iteration - origin) / (iterations - origin);
  return end + ((peak - end) * (1 + Math.cos(Math.PI * progress))) / 2;
}
