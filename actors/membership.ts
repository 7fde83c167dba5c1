/** A process's part in a world: its rank, the actors beside it, how far it is, and what takes its time. */
import type { CheckpointEntry } from '../checkpoints/open-checkpoint.ts';
import { digestOf } from '../data/digest.ts';
import type { ResolvedConfig } from '../training/config/config.ts';
import type { Rank } from '../training/rank.ts';
import { controlOf } from '../training/step.ts';
import { type DataLoaderMessage, type DataLoaderOptions, dataLoader, type NextBatch } from './data-loader.ts';
import { type LarcNormMessage, larcNorm, type TrustRatios } from './larc-norm.ts';
import type { GpuWorkerMessage, Outcome } from './messages.ts';
import type { ActorContext, ActorRef, ActorSystem } from './runtime/index.ts';
import type { Assignment, RankReport } from './world.ts';

export interface Membership {
  readonly assignment: Assignment;
  readonly rank: Rank;
  /** Of the same world, from `connect` on. */
  actors?: { readonly loader: ActorRef<DataLoaderMessage>; readonly larc: ActorRef<LarcNormMessage> };
  /** Steps finished, and allowed. */
  step: number;
  through: number;
  /** Something runs beside the mailbox. */
  busy: boolean;
  /** Arrived while a measurement was under way, and is done right after it. */
  saveDue?: Extract<GpuWorkerMessage, { kind: 'save' }> | undefined;
  /** Why the world was given up. */
  abandoned?: string;
  /** Aborted when the world is given up. */
  readonly leaving: AbortController;
  /** Milliseconds, of the last step's end. */
  stepEnded: number;
}

/** Milliseconds. Other ranks may be far behind; whoever gives up the world ends the waiting. */
export const NO_DEADLINE = { deadline: 24 * 3600 * 1000 };

/** At the world's beginning, before the rank knows the others. */
export function joinedAs(assignment: Assignment, rank: Rank): Membership {
  const { step } = assignment.from;
  return { assignment, rank, step, through: step, busy: false, stepEnded: 0, leaving: new AbortController() };
}

/** Joins the other ranks, and takes over what the world begins with. */
export async function connect(member: Membership, addresses: readonly Uint8Array[]): Promise<Outcome> {
  const { from } = member.assignment;
  const checkpoint: CheckpointEntry | null =
    from.checkpoint === null ? null : { step: from.step, path: from.checkpoint };
  await member.rank.connect(addresses, checkpoint);
  return { kind: 'connected' };
}

/** Starts the actors that go with the world; what they throw comes back to whoever asked. */
export function startActors(
  member: Membership,
  context: ActorContext<GpuWorkerMessage>,
  { config, source, agree }: Pick<DataLoaderOptions, 'config' | 'source' | 'agree'>,
): void {
  const { world, rank, worldSize, from } = member.assignment;
  const once = { restarts: { maximum: 0, withinMs: 1 } };
  const loading = dataLoader({ config, source, rank, worldSize, position: from.position, agree });
  const norms = larcNorm({ config, communicator: member.rank.communicator, layers: member.rank.layers });
  member.actors = {
    loader: context.spawn(`data-loader-${world}`, loading, once),
    larc: context.spawn(`larc-norm-${world}`, norms, once),
  };
}

/** Takes the next step of the world. */
export async function takeStep(member: Membership, config: ResolvedConfig): Promise<Outcome> {
  const { total } = member.assignment;
  const { loader, larc } = member.actors!;
  const waiting = performance.now();
  const next = await loader.ask<NextBatch>((replyTo) => ({ kind: 'next', replyTo }), NO_DEADLINE);
  if (next.kind === 'failed') throw next.error;
  const { batch } = next;
  const waitingForData = (performance.now() - waiting) / 1000;
  const control = controlOf(config, total, member.step);
  const stepped = await member.rank.step(control, batch.crops, (norms, loss) =>
    larc.ask<TrustRatios>((replyTo) => ({ kind: 'norms', norms, loss, replyTo }), NO_DEADLINE),
  );
  loader.tell({ kind: 'recycle', batch });
  const { loss, prototypeUse, trust, lossScale, seconds } = stepped;
  const { start, position, names, skipped } = batch;
  const report: RankReport = {
    ...{ step: member.step + 1, start, position, names, skipped, digest: digestOf(batch), loss, prototypeUse },
    ...{ applied: trust.applied, norms: trust.norms, ratios: trust.ratios, alarms: trust.alarms },
    ...(lossScale && { lossScale }),
    times: {
      seconds: 0, // known when the mailbox has this
      waitingForData,
      running: seconds.running + trust.seconds,
      waitingForRanks: seconds.exchanging + seconds.exposed,
      communicating: seconds.communicating,
      exposed: seconds.exposed,
    },
  };
  return { kind: 'step', report };
}

/** They go before the rank does. */
export async function stopActors(member: Membership, system: ActorSystem): Promise<void> {
  const { actors } = member;
  member.actors = undefined;
  if (actors) await Promise.all([system.stopActor(actors.loader), system.stopActor(actors.larc)]);
}
