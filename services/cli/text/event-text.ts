/** What happened to a job, as a line for people. */
import { describeWorse, type JobEvent, type Result } from '../../jobs/events.ts';
import { headline } from './evaluation-text.ts';

export function describeEvent(event: JobEvent): string {
  return `${event.time} ${event.job}: ${describeHappening(event)}`;
}

/** Without when, and to which job. */
export function describeHappening(event: JobEvent): string {
  switch (event.kind) {
    case 'accepted':
      return `accepted (${event.work}${event.parent ? ` of ${event.parent}` : ''})`;
    case 'queued':
      return `queued, place ${event.position}`;
    case 'started':
      return `started, attempt ${event.attempt}${event.resumed ? ', goes on with its run' : ''}`;
    case 'progress': {
      const loss = typeof event.loss === 'number' ? `, loss ${event.loss.toFixed(3)}` : '';
      const speed = typeof event.imagesPerSecond === 'number' ? `, ${event.imagesPerSecond.toFixed(1)} images/s` : '';
      return `${event.step} of ${event.total}${loss}${speed}`;
    }
    case 'checkpoint':
      return `checkpoint of step ${event.step}: ${event.path}`;
    case 'succeeded':
      return `succeeded: ${describeResult(event.result)}`;
    case 'failed':
      return `failed: ${event.message} (${event.code})${event.willRetry ? `; again at ${event.retryAt}` : ''}`;
    case 'retrying':
      return `taken up again, attempt ${event.attempt}`;
    case 'cancelled':
      return 'cancelled';
    case 'worse':
      return `worse: ${describeWorse(event)}`;
    case 'rejected':
      return `rejected: ${event.message} (${event.code}, ${event.source})`;
  }
}

export function describeResult(result: Result): string {
  switch (result.kind) {
    case 'training': {
      const loss = typeof result.loss === 'number' ? `, loss ${result.loss.toFixed(4)}` : '';
      return `${result.steps} steps${loss}, ${result.checkpoint}`;
    }
    case 'features':
      return `${result.images} images, features [${result.shape.join(', ')}], ${result.out}`;
    case 'knn': {
      const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
      return `${percent(result.accuracy)} of ${result.images} images of ${result.classes} classes, ${result.k} neighbours`;
    }
    case 'metrics':
      return `${result.protocol}: ${headline(result.metrics)}, ${result.out}`;
  }
}
