/** The states of jobs, from the events that tell of them. */
import type { MessageBus } from '../bus/message-bus.ts';
import type { AttemptErrorCode } from './errors.ts';
import { decodeEvent, describeWorse, type JobEvent, type Result } from './events.ts';
import { replay, TOPICS } from './topics.ts';

/** Of jobs that a server with a new state knows nothing of. */
export const FORGOTTEN_CODE = 'JOB_FORGOTTEN' satisfies AttemptErrorCode;

export interface JobState {
  readonly id: string;
  /** training or evaluation; null where no job of this id was accepted. */
  readonly work: string | null;
  readonly state: 'rejected' | 'queued' | 'running' | 'waiting' | 'succeeded' | 'failed' | 'cancelled';
  readonly attempts: number;
  readonly step: number | null;
  readonly total: number | null;
  /** Of that step; null for evaluations. */
  readonly loss: number | null;
  readonly imagesPerSecond: number | null;
  /** Of the job as it was accepted (digestOfJob); null where none of this id was, or where it was forgotten, and may come again. */
  readonly digest: string | null;
  /** Of its first event since it was accepted, ISO 8601 in UTC. */
  readonly created: string;
  /** Of its last event. */
  readonly time: string;
  /** Of the last failure or rejection. */
  readonly code: string | null;
  readonly message: string | null;
  readonly result: Result | null;
  /** The training that asked for this evaluation. */
  readonly parent: string | null;
  /** What got worse last, of what a training watches. */
  readonly worse: string | null;
  readonly sequence: number;
}

/** The state after one more event; an event that came before changes nothing. */
export function nextState(before: JobState | undefined, event: JobEvent): JobState {
  const known = before ?? unknown(event);
  if (event.sequence <= known.sequence) return known;
  const next = { ...known, time: event.time, sequence: event.sequence };
  switch (event.kind) {
    case 'accepted':
      return {
        ...{ ...unknown(event), sequence: event.sequence, work: event.work, digest: event.digest, state: 'queued' },
        parent: event.parent ?? null,
      };
    case 'queued':
      return { ...next, state: 'queued' };
    case 'started':
      return { ...next, state: 'running', attempts: event.attempt };
    case 'progress':
      return {
        ...next,
        step: event.step,
        total: event.total,
        loss: event.loss ?? null,
        imagesPerSecond: event.imagesPerSecond ?? null,
      };
    case 'succeeded': {
      const { result } = event;
      // Progress is told once a second at most, so the last of it may be old.
      const steps = result.kind === 'training' ? result.steps : next.total;
      const done = { step: steps, total: steps };
      return { ...next, ...done, state: 'succeeded', result, code: null, message: null };
    }
    case 'failed': {
      const digest = event.code === FORGOTTEN_CODE ? null : next.digest;
      const state = event.willRetry ? 'waiting' : 'failed';
      return { ...next, state, digest, code: event.code, message: event.message };
    }
    case 'cancelled':
      return { ...next, state: 'cancelled' };
    case 'rejected':
      // A job of this id that was accepted goes on undisturbed.
      return known.work === null ? { ...next, code: event.code, message: event.message } : next;
    case 'worse':
      return { ...next, worse: describeWorse(event) };
    case 'checkpoint':
    case 'retrying':
      return next;
  }
}

/** The states of all jobs of which there are events, by id. @throws BusError */
export async function readJobStates(bus: MessageBus): Promise<Map<string, JobState>> {
  const states = new Map<string, JobState>();
  for await (const { value } of replay(bus, TOPICS.events)) {
    const event = decodeEvent(value);
    // Of a newer version: what it means cannot be known here.
    if ('problem' in event) continue;
    states.set(event.job, nextState(states.get(event.job), event));
  }
  return states;
}

/** The events of one job, each once. @throws BusError */
export async function readEvents(bus: MessageBus, id: string): Promise<JobEvent[]> {
  const events: JobEvent[] = [];
  for await (const { key, value } of replay(bus, TOPICS.events)) {
    if (Buffer.from(key ?? []).toString() !== id) continue;
    const event = decodeEvent(value);
    if (!('problem' in event) && event.sequence > (events.at(-1)?.sequence ?? 0)) events.push(event);
  }
  return events;
}

function unknown({ job: id, time }: JobEvent): JobState {
  return {
    id,
    work: null,
    state: 'rejected',
    attempts: 0,
    step: null,
    total: null,
    loss: null,
    imagesPerSecond: null,
    digest: null,
    created: time,
    time,
    code: null,
    message: null,
    result: null,
    parent: null,
    worse: null,
    sequence: 0,
  };
}
