/** Tells what happened to a job: the next event of its number, to be published together with the change that it is about. */
import { type EventDetail, encodeEvent, encodeResult, type JobEvent } from './events.ts';
import { FORGOTTEN_CODE } from './job-states.ts';
import { keyOf } from './messages.ts';
import type { ActiveJob, EndState, History } from './queue.ts';
import type { JobStore } from './store.ts';
import { TOPICS } from './topics.ts';

const NOTHING: History = { sequence: 0, digest: null, ended: null };
/** An id that was only seen on rejected messages has a history too, which knows no job. */
const ENDS: Readonly<Record<string, EndState>> = { succeeded: 'succeeded', cancelled: 'cancelled' };

/** To be called within a change of the store. */
export function tell(store: JobStore, id: string, detail: EventDetail): JobEvent {
  const event = nextEvent(store, id, detail);
  send(store, event);
  return event;
}

/**
 * The last event of a job; where the job has measured something, its result comes first, so that whoever reads that the job has succeeded
 * finds it. To be called within a change of the store.
 */
export function tellEnd(store: JobStore, { id, job }: ActiveJob, detail: EventDetail): JobEvent {
  const event = nextEvent(store, id, detail);
  if (job.kind === 'evaluation' && event.kind === 'succeeded') {
    const { checkpoint, data } = job;
    const value = encodeResult({ job: id, checkpoint, data, time: event.time, result: event.result });
    store.send(TOPICS.results, { key: keyOf(id), value });
  }
  send(store, event);
  return event;
}

function nextEvent(store: JobStore, id: string, detail: EventDetail): JobEvent {
  const { sequence } = store.history(id) ?? NOTHING;
  return { ...detail, job: id, sequence: sequence + 1, time: new Date().toISOString() };
}

function send(store: JobStore, event: JobEvent): void {
  store.putHistory(event.job, after(store.history(event.job), event));
  store.send(TOPICS.events, { key: keyOf(event.job), value: encodeEvent(event) });
}

/** What is known of a job after one more of its events; one that is known already changes nothing. */
export function after(known: History = NOTHING, event: JobEvent): History {
  if (event.sequence <= known.sequence) return known;
  const next = { ...known, sequence: event.sequence };
  if (event.kind === 'accepted') return { ...next, digest: event.digest, ended: null };
  if (event.kind === 'failed') {
    if (event.willRetry) return next;
    return { ...next, ended: 'failed', ...(event.code === FORGOTTEN_CODE && { digest: null }) };
  }
  return { ...next, ended: ENDS[event.kind] ?? next.ended };
}
