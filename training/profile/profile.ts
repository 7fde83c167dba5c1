/** Profiles a training step: peaks of the machine, some steps to warm up, timed steps, peaks again. */
import { bestPeaks, type MachinePeaks, measurePeaks } from '../../kernels/machine-peaks.ts';
import type { Program } from '../../program/program.ts';
import type { ResolvedConfig } from '../config.ts';
import type { RankOf } from '../rank-step.ts';
import { numThreads } from '../step.ts';
import { type CropSource, loadedCrops, madeUpCrops } from './crop-source.ts';
import type { StepRunner } from './step-runner.ts';
import { median, secondsOf, type TimedStep } from './timed-step.ts';

/** Steps before the timed ones: the first touches memory for the first time. */
export const WARM_UP_STEPS = 2;

export interface ProfiledSteps {
  readonly program: Program;
  readonly peaks: MachinePeaks;
  readonly steps: readonly TimedStep[];
}

/**
 * @param numSteps timed steps
 * @param open the step, alone or as one rank; it is closed again
 * @throws what opening the step, the loader or an exchange throws
 */
export async function profileSteps(
  config: ResolvedConfig,
  numSteps: number,
  rankOf: RankOf,
  open: () => Promise<StepRunner>,
): Promise<ProfiledSteps> {
  const threads = numThreads(config.training.threads);
  const before = await measurePeaks(threads);
  const crops = config.data.path === null ? madeUpCrops(config, rankOf.worldSize) : await loadedCrops(config, rankOf);
  try {
    const runner = await open();
    const steps = await runSteps(runner, crops, numSteps).finally(() => runner.close());
    return { program: runner.program, peaks: bestPeaks(before, await measurePeaks(threads)), steps };
  } finally {
    await crops.close();
  }
}

/** @returns the timed steps, without those that warmed up */
export async function runSteps(runner: StepRunner, source: CropSource, numSteps: number): Promise<TimedStep[]> {
  const steps: TimedStep[] = [];
  for (let step = 0; step < WARM_UP_STEPS + numSteps; step++) {
    const { crops, loading } = await source.next();
    const ran = await runner.step(crops);
    steps.push({ ...ran, loading: await loading() });
  }
  return steps.slice(WARM_UP_STEPS);
}

/** The step that took about as long as they usually do. */
export function typicalStep(steps: readonly TimedStep[]): TimedStep {
  const middle = median(steps.map(secondsOf));
  const distance = (step: TimedStep) => Math.abs(secondsOf(step) - middle);
  return steps.reduce((best, step) => (distance(step) < distance(best) ? step : best));
}
