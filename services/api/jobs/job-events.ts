/** The events of one job as they come. */
import type { JobEvent } from '../../jobs/events.ts';
import type { JobBoard } from '../../jobs/job-board.ts';
import { News } from './news.ts';

/**
 * What has happened to a job, then what happens, until its end. Of progress that a slow reader has not taken yet, only the latest waits
 * for it, so that nothing piles up.
 */
export async function* followEvents(
  board: JobBoard,
  id: string,
  afterSequence: number,
  signal: AbortSignal,
): AsyncGenerator<JobEvent> {
  const pending = board.eventsOf(id).filter(({ sequence }) => sequence > afterSequence);
  let hasEnded = pending.some(isEnd) || hasEndedBefore(board, id, afterSequence);
  const news = new News(board, signal, (event) => {
    if (event.job !== id || event.sequence <= afterSequence) return;
    if (event.kind === 'progress' && pending.at(-1)?.kind === 'progress') pending.pop();
    pending.push(event);
    hasEnded ||= isEnd(event);
  });
  try {
    for (;;) {
      signal.throwIfAborted();
      const event = pending.shift();
      if (event) yield event;
      else if (hasEnded) return;
      else await news.next();
    }
  } finally {
    news.end();
  }
}

function isEnd(event: JobEvent): boolean {
  return ['succeeded', 'cancelled'].includes(event.kind) || (event.kind === 'failed' && !event.willRetry);
}

/** Nothing comes after the end, and nothing to a job that was only ever rejected. */
function hasEndedBefore(board: JobBoard, id: string, afterSequence: number): boolean {
  const events = board.eventsOf(id);
  return events.some((event) => isEnd(event) && event.sequence <= afterSequence) || board.get(id)?.work === null;
}
