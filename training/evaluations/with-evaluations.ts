/** A training with evaluations of its checkpoints beside it, whether one process trains or many. */
import type { ResolvedConfig } from '../config/config.ts';
import type { TrainingEvent, TrainResult } from '../training-events.ts';
import { Evaluations, type EvaluationsOptions } from './evaluations.ts';

export interface WithEvaluationsOptions extends EvaluationsOptions {
  /** Ends the wait for evaluations after the last step. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Whoever stops the training starts it again: one that is stopped in that wait is stopped, with evaluations to come.
   * @default false: it is finished without their figures, as good as without them
   */
  readonly resumes?: boolean;
}

/**
 * @param training its events
 * @returns the same events and result, and what evaluations found in between
 */
export async function* withEvaluations(
  training: AsyncGenerator<TrainingEvent, TrainResult>,
  { evaluations: configs }: Pick<ResolvedConfig, 'evaluations'>,
  { signal, resumes = false, ...options }: WithEvaluationsOptions,
): AsyncGenerator<TrainingEvent, TrainResult> {
  if (configs.length === 0) return yield* training;
  let evaluations: Evaluations | undefined;
  const stop = () => void evaluations?.stop({ resumes });
  try {
    for (;;) {
      const next = await training.next();
      if (evaluations) yield* evaluations.events();
      if (next.done) {
        if (next.value.status !== 'finished') {
          await evaluations?.stop();
          if (evaluations) yield* evaluations.events();
          return next.value;
        }
        signal?.addEventListener('abort', stop);
        if (signal?.aborted) stop();
        await evaluations?.finish();
        if (evaluations) yield* evaluations.events();
        return resumes && evaluations?.hasUndone ? { ...next.value, status: 'stopped' } : next.value;
      }
      const event = next.value;
      yield event;
      if (event.kind === 'start') evaluations ??= await Evaluations.open(configs, event.out, event.step, options);
      if (event.kind === 'checkpoint') evaluations?.published(event.step, event.path);
    }
  } finally {
    signal?.removeEventListener('abort', stop);
    // Also where whoever follows the training leaves it.
    await training.return(undefined as never).catch(() => undefined);
    await evaluations?.stop({ resumes });
  }
}
