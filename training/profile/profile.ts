/** Profiles a training step: some steps to warm up, timed steps, and what the machine can do at best. */
import { bestPeaks, type MachinePeaks, measurePeaks } from '../../kernels/machine-peaks.ts';
import type { Program } from '../../program/program.ts';
import type { ResolvedConfig } from '../config/config.ts';
import type { RankOf } from '../rank-step.ts';
import { numThreads } from '../threads.ts';
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
  const runner = await open();
  const steps = await runOnCrops(runner, config, rankOf, numSteps).finally(() => runner.close());
  // The step's memory is free again. What disturbs one measurement is hopefully over in the other.
  const threads = numThreads(config.training.threads);
  const peaks = bestPeaks(await measurePeaks(threads), await measurePeaks(threads));
  return { program: runner.program, peaks, steps };
}

async function runOnCrops(runner: StepRunner, config: ResolvedConfig, rankOf: RankOf, numSteps: number) {
  const loads = config.data.path !== null;
  const crops = loads ? await loadedCrops(config, rankOf) : madeUpCrops(config, rankOf.worldSize);
  return runSteps(runner, crops, numSteps).finally(() => crops.close());
}

/** @returns the timed steps, without those that warmed up */
export async function runSteps(runner: StepRunner, source: CropSource, numSteps: number): Promise<TimedStep[]> {
  const steps: TimedStep[] = [];
  for (let step = 0; step < WARM_UP_STEPS + numSteps; step++) {
    const { crops, loading } = await source.next();
    const ran = await runner.step(crops);
    steps.push({ ...ran, loading: await loading() });
  }
  await runner.leave();
  return steps.slice(WARM_UP_STEPS);
}

/** The step that took about as long as they usually do. */
export function typicalStep(steps: readonly TimedStep[]): TimedStep {
  const middle = median(steps.map(secondsOf));
  const distance = (step: TimedStep) => Math.abs(secondsOf(step) - middle);
  return steps.reduce((best, step) => (distance(step) < distance(best) ? step : best));
}
