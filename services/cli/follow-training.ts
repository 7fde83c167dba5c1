/** Shows a training in the terminal or as JSON lines, and turns Ctrl-C into a clean end. */
import { type EvaluationRecord, worseText } from '../../training/evaluations/evaluation-records.ts';
import type { TrainingEvent, TrainResult } from '../../training/train.ts';
import { shortBytes } from './output.ts';
import { createTrainingProgress, type TrainingProgress } from './progress/progress.ts';
import { signalOfUser } from './stop-signal.ts';

export interface FollowOptions {
  readonly json: boolean;
  /** Others who want to hear of what happens. */
  onEvent?(event: TrainingEvent): void;
}

/**
 * @param start begins the training; its signal is aborted by the first SIGINT or SIGTERM, after which the run saves a
 * checkpoint and ends. A later signal ends the process at once: what was saved before stays good.
 */
export async function followTraining(
  start: (signal: AbortSignal) => AsyncGenerator<TrainingEvent, TrainResult>,
  { json, onEvent }: FollowOptions,
): Promise<TrainResult> {
  let progress: TrainingProgress | undefined;
  const stop = signalOfUser(() =>
    progress?.note('Ending after this step, with a checkpoint. Press Ctrl-C again to end at once.'),
  );
  try {
    const events = start(stop.signal);
    for (;;) {
      const next = await events.next();
      if (next.done) return next.value;
      if (next.value.kind === 'start') progress ??= createTrainingProgress({ json, total: next.value.total });
      onEvent?.(next.value);
      show(next.value, progress, json);
    }
  } finally {
    progress?.stop();
    stop.release();
  }
}

/** @param progress missing before the start: what is told before it needs no bar. */
function show(event: TrainingEvent, progress: TrainingProgress | undefined, json: boolean): void {
  if (event.kind === 'step') progress?.step(event);
  else if (json) process.stdout.write(`${JSON.stringify({ event: event.kind, ...event, kind: undefined })}\n`);
  else if (event.kind === 'processes') return;
  else if (progress) progress.note(describe(event));
  else process.stderr.write(`${describe(event)}\n`);
}

function describe(event: Exclude<TrainingEvent, { kind: 'step' | 'processes' }>): string {
  switch (event.kind) {
    case 'start': {
      const memory = shortBytes(event.memory.arenaBytes + event.memory.persistentBytes);
      const from = event.step > 0 ? `, from step ${event.step}` : '';
      const images = event.images === Number.POSITIVE_INFINITY ? 'a live topic' : `${event.images} images`;
      return `Training on ${images} for ${event.total} steps${from}; ${memory} of tensors; run folder ${event.out}`;
    }
    case 'quality': {
      const knn = event.knnAccuracy === undefined ? '' : `, kNN ${(event.knnAccuracy * 100).toFixed(1)} %`;
      return `step ${event.step}: effective rank ${event.effectiveRank.toFixed(1)}${knn}`;
    }
    case 'evaluation':
      return evaluationLine(event);
    case 'worse':
      return `warning: ${worseText(event)}`;
    case 'checkpoint':
      return `step ${event.step}: saved ${event.path}`;
    case 'skipped':
      return `skipped ${event.image}: ${event.reason} (${event.code})`;
    case 'warning':
      return `warning: ${event.message}`;
    case 'world': {
      const ranks = `${event.ranks.length} rank${event.ranks.length === 1 ? '' : 's'} (${event.ranks.join(', ')})`;
      return `from step ${event.step} on: ${ranks}${event.reason === undefined ? '' : `, because ${event.reason}`}`;
    }
  }
}

function evaluationLine({ name, step, status, reason, metrics = [] }: EvaluationRecord): string {
  const [first] = metrics;
  const figure = first ? `: ${first.name} ${Number(first.value.toPrecision(4))}` : '';
  return `step ${step}: evaluation ${name} ${status}${figure}${reason === undefined ? '' : ` (${reason})`}`;
}
