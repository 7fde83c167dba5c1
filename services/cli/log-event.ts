/** What happened to a job, as a line of the server's log. */
import type { JobEvent } from '../jobs/events.ts';
import type { Logger, LogLevel } from '../logs/logger.ts';
import { describeHappening } from './text/event-text.ts';

export function logEvent(log: Logger, event: JobEvent): void {
  // The line has a time of its own.
  const { time: _, kind, ...fields } = event;
  log[levelOf(event)](describeHappening(event), { event: kind, ...fields });
}

function levelOf(event: JobEvent): LogLevel {
  switch (event.kind) {
    case 'progress':
      return 'debug';
    case 'rejected':
      return 'warn';
    case 'failed':
      return event.willRetry ? 'warn' : 'error';
    default:
      return 'info';
  }
}
