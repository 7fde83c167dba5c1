/**
 * What a message does: a job is taken on, a job is cancelled, or the message is rejected and becomes a dead letter.
 *
 *     message ──▶ decode ──▶ known? room? ──▶ check paths and configuration ──▶ accepted, queued
 *                   └──────────┴───────────────────────┴──▶ rejected, dead letter
 */
import { AuspexError, messageOf } from '../../errors.ts';
import type { Message } from '../bus/message-bus.ts';
import { cancelChildren, cancelOne } from './asked-evaluations.ts';
import { encodeDeadLetter } from './dead-letters.ts';
import type { IntakeContext, Taken } from './intake-context.ts';
import { type Cancellation, digestOfJob, type Job, type Work } from './job.ts';
import { type BadJob, decodeJob, isBadJob } from './messages.ts';
import { type Prepared, prepare } from './prepare.ts';
import { admit, cancel, waitingLine } from './queue.ts';
import type { JobStore } from './store.ts';
import { tell } from './tell.ts';
import { formatSource, TOPICS } from './topics.ts';

/** Why a message is not accepted. */
interface Rejection {
  readonly code: string;
  readonly message: string;
  readonly id?: string;
}

/** A message, and what it asks for. */
export interface Incoming {
  readonly message: Message;
  readonly job: Job | BadJob;
}

export function readIncoming(message: Message): Incoming {
  return { message, job: decodeJob(message) };
}

/** Whether it cancels a job that was not accepted yet. */
export function cancelsUnknown(store: JobStore, { job }: Incoming): boolean {
  if (isBadJob(job) || job.kind !== 'cancellation') return false;
  const decision = cancel(job.job, store.history(job.job), store.job(job.job));
  return decision.kind === 'refused' && decision.code === 'JOB_UNKNOWN';
}

/** To be called within a change of the store, in which it also notes that the message was read. */
export function takeIn(context: IntakeContext, topic: string, { message, job }: Incoming): Taken {
  const { store } = context;
  store.putOffset(topic, { partition: message.partition, offset: message.offset + 1 });
  const source = formatSource(topic, message);
  // It was rejected before the state was made anew.
  if (store.isSettled(source, message.timestamp)) return { events: [] };
  if (isBadJob(job)) return reject(context, topic, message, job);
  const taken =
    job.kind === 'cancellation' ? takeCancellation(context, job) : takeWork(context, job, source, message.headers);
  return 'code' in taken ? reject(context, topic, message, taken) : taken;
}

function takeWork(
  { store, roots, outRoot, places, limits, observer }: IntakeContext,
  job: Work,
  source: string,
  headers: Message['headers'],
): Taken | Rejection {
  const { id, kind: work } = job;
  const digest = digestOfJob(job);
  const numQueued = waitingLine(store.active()).length;
  const admission = admit(id, digest, store.history(id), numQueued, limits);
  if (admission.kind === 'known') return { events: [] };
  if (admission.kind === 'refused') return { id, ...admission };
  let prepared: Prepared;
  try {
    prepared = prepare(job, roots, outRoot, places);
  } catch (error) {
    const code = error instanceof AuspexError ? error.code : 'INVALID_JOB';
    return { id, code, message: messageOf(error).slice(0, 2000) };
  }
  const counters = { attempts: 0, failures: 0, notBefore: 0, cancelling: false };
  const traceparent = observer?.accepted?.(id, headers);
  const active = { id, job, digest, prepared, ...counters, ...(traceparent !== undefined && { traceparent }) };
  store.putJob({ ...active, state: 'queued', order: store.takeOrder() });
  const accepted = tell(store, id, { kind: 'accepted', work, digest, source });
  return { events: [accepted, tell(store, id, { kind: 'queued', position: numQueued + 1 })] };
}

function takeCancellation({ store }: IntakeContext, { job: id }: Cancellation): Taken | Rejection {
  const active = store.job(id);
  const decision = cancel(id, store.history(id), active);
  switch (decision.kind) {
    case 'refused':
      return { id, ...decision };
    case 'nothing':
      return { events: [] };
    case 'drop':
    case 'interrupt': {
      const own = cancelOne(store, active!);
      const children = cancelChildren(store, id);
      return {
        events: [...own.events, ...children.events],
        interrupts: [...own.interrupts, ...children.interrupts],
      };
    }
  }
}

function reject(context: IntakeContext, topic: string, original: Message, { id, code, message }: Rejection): Taken {
  const { store, maximumMessageBytes } = context;
  store.send(TOPICS.deadLetters, encodeDeadLetter(topic, original, { code, message }, maximumMessageBytes));
  if (id === undefined) return { events: [] };
  return { events: [tell(store, id, { kind: 'rejected', code, message, source: formatSource(topic, original) })] };
}
