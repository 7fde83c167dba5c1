/**
 * What becomes of jobs, as functions of plain data; the server does what they decide.
 *
 *     accepted ──▶ queued ──▶ running ──▶ succeeded, failed or cancelled
 *                    ▲           │
 *                    └───────────┘ an attempt failed and may be repeated, or the server ends
 */
import type { RejectionCode } from './errors.ts';
import type { Result } from './events.ts';
import type { Work } from './job.ts';
import type { Prepared } from './prepare.ts';
import { mayPass, type RetryPolicy, retryDelay } from './retries.ts';

/** A job that has not come to its end. */
export interface ActiveJob {
  readonly id: string;
  readonly job: Work;
  readonly digest: string;
  readonly prepared: Prepared;
  readonly state: 'queued' | 'running';
  /** The place in the queue: lower is earlier. */
  readonly order: number;
  /** Starts so far. */
  readonly attempts: number;
  /** Attempts that failed. */
  readonly failures: number;
  /** Not to be started before, in milliseconds since 1970. */
  readonly notBefore: number;
  /** It runs, and has been asked to end. */
  readonly cancelling: boolean;
  /** The training that has asked for this evaluation, in whose slot it runs. */
  readonly parent?: string;
  /** The trace that it belongs to, as W3C `traceparent`. */
  readonly traceparent?: string;
}

export type EndState = 'succeeded' | 'failed' | 'cancelled';

/** What is remembered of every job, also of those that have ended. */
export interface History {
  /** Of the last event that was told. */
  readonly sequence: number;
  /** Null where the id was only seen on messages that were rejected, or the job was forgotten. */
  readonly digest: string | null;
  /** Null while the job has not ended. */
  readonly ended: EndState | null;
}

export interface Limits extends RetryPolicy {
  readonly maximumRunning: number;
  readonly maximumQueued: number;
  /** Trainings on several ranks take turns: they share the workers that dial one address. */
  readonly sharedWorkers: boolean;
}

/** How an attempt ended. */
export type Ending =
  | { readonly kind: 'finished'; readonly result: Result }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

export interface Refusal {
  readonly code: RejectionCode;
  readonly message: string;
}

export type Admission =
  | { readonly kind: 'new' }
  | { readonly kind: 'known' }
  | ({ readonly kind: 'refused' } & Refusal);

/** Whether a submitted job is taken on. @param numQueued jobs that wait, for their turn or for another attempt */
export function admit(
  id: string,
  digest: string,
  known: History | undefined,
  numQueued: number,
  limits: Limits,
): Admission {
  if (known && known.digest !== null) {
    if (known.digest === digest) return { kind: 'known' };
    return {
      kind: 'refused',
      code: 'ID_TAKEN',
      message: `There is another job ${id} already: give each job its own id.`,
    };
  }
  if (numQueued < limits.maximumQueued) return { kind: 'new' };
  const message = `${numQueued} jobs are waiting, and no more may: submit ${id} again later.`;
  return { kind: 'refused', code: 'QUEUE_FULL', message };
}

export type CancelDecision =
  /** It waits, and ends at once. */
  | { readonly kind: 'drop' }
  /** It runs, and is asked to end. */
  | { readonly kind: 'interrupt' }
  /** It has been cancelled before. */
  | { readonly kind: 'nothing' }
  | ({ readonly kind: 'refused' } & Refusal);

export function cancel(id: string, known: History | undefined, active: ActiveJob | undefined): CancelDecision {
  if (active) {
    if (active.cancelling) return { kind: 'nothing' };
    return { kind: active.state === 'queued' ? 'drop' : 'interrupt' };
  }
  if (known?.ended === 'cancelled') return { kind: 'nothing' };
  if (known?.ended) return { kind: 'refused', code: 'JOB_ENDED', message: `The job ${id} has ${known.ended} already.` };
  return { kind: 'refused', code: 'JOB_UNKNOWN', message: `No job ${id} was accepted.` };
}

/** Jobs that wait for a slot, the next first. */
export function waitingLine(jobs: Iterable<ActiveJob>): ActiveJob[] {
  return [...jobs]
    .filter(({ state, parent }) => state === 'queued' && parent === undefined)
    .sort((one, other) => one.order - other.order);
}

export interface Turn {
  /** To be started now. */
  readonly start: readonly ActiveJob[];
  /** When to look again, in milliseconds since 1970; missing where only an event can change anything. */
  readonly lookAgainAt?: number;
}

export function usesRanks({ prepared }: ActiveJob): boolean {
  return prepared.kind === 'training' && prepared.ranks !== undefined;
}

/**
 * Which jobs get their turn: in the order of the queue, passing over those that wait for another attempt or for workers. What a training
 * has asked for has the training's slot.
 * @param isAsked whether a training that runs waits for a job
 */
export function nextTurn(
  jobs: readonly ActiveJob[],
  now: number,
  { maximumRunning, sharedWorkers }: Limits,
  isAsked: (id: string) => boolean = () => false,
): Turn {
  const line = waitingLine(jobs);
  const asked = jobs.filter(({ id, state, parent }) => parent !== undefined && state === 'queued' && isAsked(id));
  const free = maximumRunning - jobs.filter(({ state, parent }) => state === 'running' && parent === undefined).length;
  const due = line.filter(({ notBefore }) => notBefore <= now);
  const taken = jobs.some((job) => job.state === 'running' && usesRanks(job));
  const onRanks = due.filter(usesRanks);
  const wait = sharedWorkers ? new Set(taken ? onRanks : onRanks.slice(1)) : new Set();
  const start = [
    ...asked.filter(({ notBefore }) => notBefore <= now),
    ...due.filter((job) => !wait.has(job)).slice(0, Math.max(0, free)),
  ];
  const later = [...line, ...asked].filter(({ notBefore }) => notBefore > now).map(({ notBefore }) => notBefore);
  return later.length === 0 ? { start } : { start, lookAgainAt: Math.min(...later) };
}

export type AfterAttempt =
  | { readonly kind: 'succeeded'; readonly result: Result }
  | { readonly kind: 'cancelled' }
  /** Queued again where it was: the server ends. */
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'retry'; readonly code: string; readonly message: string; readonly notBefore: number }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

/** @param stopping the server has asked the process to end @param random in [0, 1) */
export function afterAttempt(
  { cancelling, failures }: ActiveJob,
  ending: Ending,
  { stopping, now, random }: { readonly stopping: boolean; readonly now: number; readonly random: number },
  limits: Limits,
): AfterAttempt {
  if (ending.kind === 'finished') return { kind: 'succeeded', result: ending.result };
  if (cancelling) return { kind: 'cancelled' };
  const { code, message } = ending;
  const delay = retryDelay(failures + 1, code, limits, random);
  // While the server ends, what may pass says nothing about the job.
  if (stopping && mayPass(code)) return { kind: 'interrupted' };
  return delay === undefined
    ? { kind: 'failed', code, message }
    : { kind: 'retry', code, message, notBefore: now + delay };
}
