/**
 * Evaluations that trainings ask for while they run. Each is a job with a parent: it runs within its parent's slot, so that a server that
 * may run one job at a time has room for it, and only while its parent's process waits for it. What a restart has left undone waits in the
 * store until the parent runs again and asks anew.
 */
import { createHash } from 'node:crypto';
import path from 'node:path';
import * as z from 'zod';
import { messageOf } from '../../errors.ts';
import { RESULT_FILE } from '../../evals/result.ts';
import type { ResolvedConfig } from '../../training/config/config.ts';
import type { Answer, Ask, EvaluateAsk } from './asks.ts';
import type { JobEvent } from './events.ts';
import type { IntakeContext } from './intake-context.ts';
import { type BenchmarkEvaluation, digestOfJob, jobId, schemaOf } from './job.ts';
import { type Prepared, prepare } from './prepare.ts';
import type { ActiveJob } from './queue.ts';
import { isInside } from './roots.ts';
import type { JobStore } from './store.ts';
import { tell } from './tell.ts';

type Config = ResolvedConfig['evaluations'][number];
type Answering = (answer: Answer) => void;

interface Asked {
  readonly parent: string;
  readonly number: number;
  readonly answer: Answering;
}

export type AskOutcome =
  | { readonly id: string; readonly events: readonly JobEvent[] }
  /** Why it is not done. */
  | { readonly problem: string };

export interface Cancelled {
  readonly events: readonly JobEvent[];
  /** Running jobs that have to end. */
  readonly interrupts: readonly string[];
}

/** Who waits for which job; nothing of it outlives the processes that wait. */
export class AskedEvaluations {
  readonly #asked = new Map<string, Asked>();

  /** Jobs that somebody waits for. */
  has(id: string): boolean {
    return this.#asked.has(id);
  }

  add(id: string, asked: Asked): void {
    this.#asked.set(id, asked);
  }

  /**
   * Does what a training's process asks for.
   * @param answer tells it what came of that, now or later
   * @returns what has happened, and which job is over and has to end at once
   */
  take(
    context: IntakeContext,
    parent: string,
    ask: Ask,
    answer: Answering,
  ): { readonly events: readonly JobEvent[]; readonly over?: string } {
    const { store } = context;
    const { number } = ask;
    if (ask.kind === 'giveUp') {
      const job = store.job(this.find(parent, number) ?? '');
      return job ? { events: store.change(() => cancelOne(store, job)).events, over: job.id } : { events: [] };
    }
    const outcome = store.change(() => {
      const job = store.job(parent);
      return !job || job.cancelling ? { problem: `${parent} is cancelled` } : takeAsk(context, job, ask);
    });
    if ('problem' in outcome) {
      answer({ kind: 'evaluated', number, problem: outcome.problem });
      return { events: [] };
    }
    this.add(outcome.id, { parent, number, answer });
    return { events: outcome.events };
  }

  /** The job that a training's process has asked for by a number. */
  find(parent: string, number: number): string | undefined {
    return [...this.#asked].find(([, asked]) => asked.parent === parent && asked.number === number)?.[0];
  }

  /** Whoever waits for a job is told of its end. */
  told(event: JobEvent, outRoot: string): void {
    const asked = this.#asked.get(event.job);
    const outcome = outcomeOf(event, outRoot);
    if (!asked || !outcome) return;
    this.#asked.delete(event.job);
    asked.answer({ kind: 'evaluated', number: asked.number, ...outcome });
  }

  /** A training's process is gone. */
  forget(parent: string): void {
    for (const [id, asked] of this.#asked) if (asked.parent === parent) this.#asked.delete(id);
  }
}

/** Jobs that a training has asked for and that have not ended. */
export function childrenOf(store: JobStore, parent: string): ActiveJob[] {
  return store.active().filter((job) => job.parent === parent);
}

/** A training is given up, or has ended: so are they. To be called within a change of the store. */
export function cancelChildren(store: JobStore, parent: string): Cancelled {
  const cancelled = childrenOf(store, parent).map((child) => cancelOne(store, child));
  return {
    events: cancelled.flatMap(({ events }) => events),
    interrupts: cancelled.flatMap(({ interrupts }) => interrupts),
  };
}

/** To be called within a change of the store. */
export function cancelOne(store: JobStore, job: ActiveJob): Cancelled {
  if (job.state === 'running') {
    store.putJob({ ...job, cancelling: true });
    return { events: [], interrupts: [job.id] };
  }
  store.removeJob(job.id);
  return { events: [tell(store, job.id, { kind: 'cancelled' })], interrupts: [] };
}

/** Takes on what a training asks for. To be called within a change of the store. */
export function takeAsk(context: IntakeContext, parent: ActiveJob, ask: EvaluateAsk): AskOutcome {
  const { prepared } = parent;
  const config =
    prepared.kind === 'training' ? prepared.config.evaluations.find(({ name }) => name === ask.name) : undefined;
  if (!config) return { problem: `The configuration of ${parent.id} has no evaluation ${ask.name}.` };
  if (!isInside(path.join(context.outRoot, parent.id), path.resolve(ask.checkpoint))) {
    return { problem: `${ask.checkpoint} is no checkpoint of ${parent.id}.` };
  }
  const { store, roots, outRoot, places, observer } = context;
  const { id, job, digest, isKnown } = jobOf(store, parent, ask, config);
  if (isKnown) return { id, events: [] };
  const valid = schemaOf(job).safeParse(job);
  if (!valid.success) return { problem: z.prettifyError(valid.error) };
  let evaluation: Prepared;
  try {
    evaluation = prepare(job, roots, outRoot, places);
  } catch (error) {
    return { problem: messageOf(error) };
  }
  const headers: Readonly<Record<string, string>> =
    parent.traceparent === undefined ? {} : { traceparent: parent.traceparent };
  const traceparent = observer?.accepted?.(id, headers);
  const counters = { attempts: 0, failures: 0, notBefore: 0, cancelling: false };
  const active = {
    id,
    job,
    digest,
    prepared: evaluation,
    ...counters,
    ...(traceparent !== undefined && { traceparent }),
  };
  store.putJob({ ...active, parent: parent.id, state: 'queued', order: store.takeOrder() });
  const accepted = tell(store, id, { kind: 'accepted', work: job.kind, digest, source: '', parent: parent.id });
  return { id, events: [accepted, tell(store, id, { kind: 'queued', position: 1 })] };
}

interface AskedJob {
  readonly id: string;
  readonly job: BenchmarkEvaluation;
  readonly digest: string;
  /** A stop, or a crash, has left it undone. */
  readonly isKnown: boolean;
}

/** The job that has come to no end, or a new one. */
function jobOf(store: JobStore, parent: ActiveJob, ask: EvaluateAsk, config: Config): AskedJob {
  const { protocol, data, dataset, set } = config;
  const values = Object.entries(set).map(([key, value]) => [key, JSON.stringify(value)]);
  const fields = {
    ...{ kind: 'evaluation' as const, checkpoint: ask.checkpoint, data, protocol, untrained: false },
    ...{ set: Object.fromEntries(values) as Record<string, string>, ...(dataset !== null && { dataset }) },
  };
  for (let count = 1; ; count++) {
    const id = idOf(parent.id, ask, count);
    const job = { ...fields, id };
    const digest = digestOfJob(job);
    const active = store.job(id);
    const isKnown = active?.parent === parent.id && active.digest === digest && !active.cancelling;
    if (isKnown || !(active ?? store.history(id)?.digest)) return { id, job, digest, isKnown };
  }
}

/** "run.faces.400", and "run.faces.400.2" where that has come to its end before. */
function idOf(parent: string, { name, step }: EvaluateAsk, count: number): string {
  const tail = `${step}${count === 1 ? '' : `.${count}`}`;
  const id = `${parent}.${name}.${tail}`;
  if (jobId.safeParse(id).success) return id;
  const digest = createHash('sha256').update(`${parent}.${name}`).digest('hex').slice(0, 32);
  return `evaluation-${digest}.${tail}`;
}

/** Undefined where it goes on. */
function outcomeOf(event: JobEvent, outRoot: string): Pick<Answer, 'result' | 'problem'> | undefined {
  if (event.kind === 'succeeded') return { result: path.join(outRoot, event.job, RESULT_FILE) };
  if (event.kind === 'cancelled') return { problem: `its job ${event.job} was cancelled` };
  if (event.kind === 'failed' && !event.willRetry) return { problem: `${event.message} (${event.code})` };
  return undefined;
}
