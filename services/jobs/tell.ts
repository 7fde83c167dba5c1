/** Tells what happened to a job: the next event of its number, to be published together with the change that it is about. */
import { type EventDetail, encodeEvent, type JobEvent } from './events.ts';
import { keyOf } from './messages.ts';
import type { EndState, History } from './queue.ts';
import type { JobStore } from './store.ts';
import { TOPICS } from './topics.ts';

const NOTHING: History = { sequence: 0, digest: null, ended: null };
/** An id that was only seen on rejected messages has a history too, which knows no job. */
const ENDS: Readonly<Record<string, EndState>> = { succeeded: 'succeeded', cancelled: 'cancelled' };

/** To be called within a change of the store. */
export function tell(store: JobStore, id: string, detail: EventDetail): JobEvent {
  const known = store.history(id) ?? NOTHING;
  const event: JobEvent = { ...detail, job: id, sequence: known.sequence + 1, time: new Date().toISOString() };
  store.putHistory(id, after(known, event));
  store.send(TOPICS.events, { key: keyOf(id), value: encodeEvent(event) });
  return event;
}

/** What is known of a job after one more of its events; one that is known already changes nothing. */
export function after(known: History = NOTHING, event: JobEvent): History {
  if (event.sequence <= known.sequence) return known;
  const next = { ...known, sequence: event.sequence };
  if (event.kind === 'accepted') return { ...next, digest: event.digest, ended: null };
  if (event.kind === 'failed') return event.willRetry ? next : { ...next, ended: 'failed' };
  return { ...next, ended: ENDS[event.kind] ?? next.ended };
}
