/** A training with evaluations of its checkpoints beside it, whether one process trains or many. */
import type { ResolvedConfig } from '../config.ts';
import type { TrainingEvent, TrainResult } from '../training-events.ts';
import { type EvaluationRunner, Evaluations } from './evaluations.ts';

/**
 * @param training its events
 * @param signal ends the wait for evaluations after the last step; without figures, and the training is as good as without them
 * @returns the same events and result, and what evaluations found in between
 */
export async function* withEvaluations(
  training: AsyncGenerator<TrainingEvent, TrainResult>,
  { evaluations: configs }: Pick<ResolvedConfig, 'evaluations'>,
  run: EvaluationRunner,
  signal?: AbortSignal,
): AsyncGenerator<TrainingEvent, TrainResult> {
  if (configs.length === 0) return yield* training;
  let evaluations: Evaluations | undefined;
  const stop = () => void evaluations?.stop();
  try {
    for (;;) {
      const next = await training.next();
      if (evaluations) yield* evaluations.events();
      if (next.done) {
        if (next.value.status === 'finished') {
          signal?.addEventListener('abort', stop);
          if (signal?.aborted) stop();
          await evaluations?.finish();
        } else await evaluations?.stop();
        if (evaluations) yield* evaluations.events();
        return next.value;
      }
      const event = next.value;
      yield event;
      if (event.kind === 'start') evaluations ??= await Evaluations.open(configs, event.out, event.step, run);
      if (event.kind === 'checkpoint') evaluations?.published(event.step, event.path);
    }
  } finally {
    signal?.removeEventListener('abort', stop);
    // Also where whoever follows the training leaves it.
    await training.return(undefined as never).catch(() => undefined);
    await evaluations?.stop();
  }
}
