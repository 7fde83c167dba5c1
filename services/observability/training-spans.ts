/** A training as spans, from what it tells: how it starts, its first step, one step now and then, its checkpoints. */
import type { TrainingEvent } from '../../training/training-events.ts';
import type { ProcessTrace } from './process-trace.ts';

/** Steps from one that has a span to the next; never a span for each, let alone for an operation. */
export const STEPS_APART = 100;

/** @returns is to be told of all events */
export function traceTraining({
  tracing,
  span,
}: Pick<ProcessTrace, 'tracing' | 'span'>): (event: TrainingEvent) => void {
  const parent = span.traceparent;
  let began = performance.timeOrigin;
  let batchSize = 0;
  let isFirst = true;
  const record = (name: string, start: number, attributes = {}) =>
    tracing.start(name, { parent, start, attributes }).end();
  return (event) => {
    const now = Date.now();
    switch (event.kind) {
      case 'start':
        record('start-up', began, { 'auspex.step': event.step });
        began = now;
        batchSize = event.batchSize;
        span.set({ 'auspex.run': event.out, 'auspex.steps': event.total });
        return;
      case 'step': {
        if (!isFirst && event.step % STEPS_APART !== 0) return;
        const milliseconds = (1000 * batchSize) / event.imagesPerSecond;
        record(isFirst ? 'first step' : 'step', isFirst ? began : now - milliseconds, { 'auspex.step': event.step });
        isFirst = false;
        return;
      }
      case 'checkpoint': {
        const { step, bytes } = event;
        record('checkpoint', now - 1000 * event.seconds, { 'auspex.step': step, 'auspex.bytes': bytes });
        return;
      }
      default:
    }
  };
}
