/**
 * The coordinator: who is there, which of them train together, how far they may go, and what is written down about it.
 *
 *     gathering ──enough processes──▶ forming ──all ready──▶ running ──last step saved──▶ ended
 *         ▲                              │                      │
 *         │                              ▼                      ▼
 *         └──────all idle────────── recovering ◀── a rank is lost, fails or reports NaN, or another one joins
 *
 * A world runs from a checkpoint on (or from the beginning): `coordinator/forming.ts` says how it comes to be,
 * `coordinator/running.ts` how far its ranks go, and `coordinator/recovering.ts` how it is left. This file goes from one phase to
 * the next. When a world is given up, records and counters go back to the checkpoint from which the next one begins, so that
 * every image counts once.
 */
import { messageOf } from '../errors.ts';
import type { RunRecord } from '../training/run/run-record.ts';
import { type ProcessVitals, processVitals } from '../training/run/vitals.ts';
import type { TrainingEvent } from '../training/training-events.ts';
import { Attempts } from './coordinator/attempts.ts';
import type { CoordinatedWorld } from './coordinator/coordinated-world.ts';
import type { Coordination, TrainingOutcome } from './coordinator/coordination.ts';
import { Forming } from './coordinator/forming.ts';
import { type Member, Members } from './coordinator/members.ts';
import { Recovering, type Retreat } from './coordinator/recovering.ts';
import { Running } from './coordinator/running.ts';
import { Saving } from './coordinator/saving.ts';
import type { RankRange } from './coordinator/world-plan.ts';
import { differenceOf } from './data-fingerprint.ts';
import { isHopeless } from './hopeless.ts';
import type { ShardCoordinatorMessage, Told } from './messages.ts';
import { hostId } from './node-options.ts';
import type { ActorContext, Behaviour } from './runtime/index.ts';
import type { DataFingerprint } from './world.ts';

export interface ShardCoordinatorOptions {
  readonly ranks: RankRange;
  readonly record: RunRecord;
  /** Of the images as this process sees them. */
  readonly fingerprint: DataFingerprint;
  onEvent(event: TrainingEvent): void;
  /** A process that has gone silent or was refused. */
  onLost(process: { readonly hostId: string; readonly pid: number }): void;
  /** Told once. */
  onEnd(outcome: TrainingOutcome): void;
}

export function shardCoordinator(
  options: ShardCoordinatorOptions,
): Behaviour<ShardCoordinator, ShardCoordinatorMessage> {
  return {
    start: (context) => new ShardCoordinator(options, context),
    async receive(coordinator, message) {
      await coordinator.receive(message);
      return coordinator;
    },
    stop: (coordinator) => coordinator.close(),
  };
}

/** Milliseconds between looks at the clock. */
const TICK = 250;
/** Milliseconds until the coordinator tries again what it had trouble with. */
const TROUBLE_PAUSE = 2000;

type Phase =
  | { readonly kind: 'gathering'; readonly since: number; readonly reason?: string }
  | { readonly kind: 'forming'; readonly world: CoordinatedWorld }
  | { readonly kind: 'running'; readonly world: CoordinatedWorld }
  | ({ readonly kind: 'recovering' } & Retreat)
  | { readonly kind: 'ended' };

class ShardCoordinator implements Coordination {
  readonly record: RunRecord;
  readonly ranks: RankRange;
  readonly members: Members;
  stopping = false;
  growing = false;
  readonly #options: ShardCoordinatorOptions;
  readonly #context: ActorContext<ShardCoordinatorMessage>;
  readonly #timer: NodeJS.Timeout;
  readonly #saving: Saving;
  readonly #forming: Forming;
  readonly #running: Running;
  readonly #recovering: Recovering;
  #phase: Phase = { kind: 'gathering', since: Date.now() };

  constructor(options: ShardCoordinatorOptions, context: ActorContext<ShardCoordinatorMessage>) {
    this.#options = options;
    this.#context = context;
    this.record = options.record;
    this.ranks = options.ranks;
    this.members = new Members(context, (message) => this.warn(message));
    this.#saving = new Saving(this);
    this.#forming = new Forming(this);
    const attempts = new Attempts();
    this.#running = new Running(this, this.#saving, attempts);
    this.#recovering = new Recovering(this, this.#saving, attempts);
    this.#timer = setInterval(() => this.tellSelf({ kind: 'tick' }), TICK);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async receive(message: ShardCoordinatorMessage): Promise<void> {
    if (this.#phase.kind === 'ended') return;
    try {
      await this.#handle(message);
    } catch (error) {
      await this.#trouble(error as Error);
    }
  }

  async #handle(message: ShardCoordinatorMessage): Promise<void> {
    switch (message.kind) {
      case 'enlist':
        this.members.add(message.worker, message.hostId, message.pid);
        return void message.worker.tell({ kind: 'prepare', config: this.record.config });
      case 'prepared':
        return this.#prepared(message);
      case 'unprepared': {
        const member = this.members.of(message.worker);
        return member && this.members.refuse(member, message.message);
      }
      case 'idle':
        return this.#idle(message);
      case 'gone':
        return this.#gone(message);
      case 'processEnded': {
        const member = this.members.ofProcess(hostId(), message.pid);
        return member && this.#lose(member, 'its process ended');
      }
      case 'tick':
        return this.#tick();
      case 'stop':
        return this.#stop();
      case 'published':
        await this.#saving.published(message.entry);
        return this.#saveEnded();
      case 'publishFailed':
        return this.#saveFailed(message);
      case 'copied':
        return this.record.copied(message.seconds);
      default:
        if (this.#world()?.number === message.world) await this.#ofWorld(this.#world()!, message);
    }
  }

  async #ofWorld(
    world: CoordinatedWorld,
    message: Told<
      'opened' | 'ready' | 'agree' | 'stepDone' | 'rankFailed' | 'measured' | 'dataWait' | 'saved' | 'saveFailed'
    >,
  ): Promise<void> {
    const phase = this.#phase.kind;
    switch (message.kind) {
      case 'opened':
        if (phase === 'forming') this.#forming.opened(world, message);
        return;
      case 'ready':
        if (phase === 'forming' && this.#forming.ready(world, message.rank)) await this.#run(world);
        return;
      case 'agree':
        return world.agreements.handIn(message.rank, message.round, message.replyTo);
      case 'stepDone':
        if (phase === 'running') await this.#running.stepDone(world, message.rank, message.report);
        return;
      case 'measured':
        if (phase === 'running') await this.#running.measured(world, message.step, message.measurement);
        return;
      case 'rankFailed':
        if (phase !== 'recovering') await this.#recovering.rankFailed(world, message);
        return;
      case 'dataWait':
        this.warn(`rank ${message.rank}: ${message.message}`);
        return world.dataWait(message.rank, message.isOver);
      case 'saved':
        return this.#saving.saved(message);
      case 'saveFailed':
        return this.#saveFailed(message);
    }
  }

  #world(): CoordinatedWorld | undefined {
    return 'world' in this.#phase ? this.#phase.world : undefined;
  }

  // ── processes ────────────────────────────────────────────────────────────────────────────────────────────────────

  #prepared({ worker, fingerprint, hasBf16 }: Told<'prepared'>): void {
    const member = this.members.of(worker);
    if (!member) return;
    const difference = differenceOf(fingerprint, this.#options.fingerprint);
    if (difference !== undefined) {
      this.members.refuse(member, `it sees other data: ${difference}`);
      return;
    }
    member.hasBf16 = hasBf16;
    member.prepared = true;
    if (this.#phase.kind === 'running' && this.#phase.world.size < this.ranks.maximum) this.growing = true;
  }

  async #gone({ worker, termination }: Told<'gone'>): Promise<void> {
    const member = this.members.of(worker);
    if (!member) return;
    this.#options.onLost(member);
    await this.#lose(member, termination.kind === 'stopped' ? 'it ended' : messageOf(termination.error));
  }

  async #lose(member: Member, why: string): Promise<void> {
    this.members.remove(member);
    if (!this.#world()?.members.includes(member)) return;
    if (this.#phase.kind === 'recovering') return this.#left(this.#phase, member);
    await this.recover(`${member.name} is gone: ${why}`);
  }

  // ── from gathering to running ────────────────────────────────────────────────────────────────────────────────────

  #gather({ since, reason }: Extract<Phase, { kind: 'gathering' }>): void {
    if (this.#recovering.pauses) return;
    const world = this.#forming.gather(since);
    if (!world) return;
    this.#phase = { kind: 'forming', world };
    this.#forming.assign(world, reason);
  }

  #run(world: CoordinatedWorld): Promise<void> {
    this.#phase = { kind: 'running', world };
    return this.#running.begin(world);
  }

  async #saveFailed({ folder, message }: Told<'saveFailed' | 'publishFailed'>): Promise<void> {
    const step = this.#saving.stepOf(folder);
    if (step === undefined) return;
    await this.#saving.failed(step, message);
    await this.#saveEnded();
  }

  /** One way or the other: whoever waited for it goes on. */
  async #saveEnded(): Promise<void> {
    if (this.#phase.kind === 'running') await this.#running.goOnAfterSave(this.#phase.world);
    await this.#regatherIfIdle();
  }

  // ── from running back to gathering ───────────────────────────────────────────────────────────────────────────────

  async recover(reason: string): Promise<void> {
    const world = this.#world();
    if (!world || this.#phase.kind === 'recovering') return;
    const busy = new Set(world.members.filter((member) => this.members.has(member)));
    const retreat = { world, reason, since: Date.now(), busy };
    this.#phase = { kind: 'recovering', ...retreat };
    await this.#recovering.begin(retreat);
    await this.#regatherIfIdle();
  }

  async #idle({ worker, world }: Told<'idle'>): Promise<void> {
    const member = this.members.of(worker);
    if (this.#phase.kind !== 'recovering' || this.#phase.world.number !== world || !member) return;
    await this.#left(this.#phase, member);
  }

  async #left({ busy }: Retreat, member: Member): Promise<void> {
    busy.delete(member);
    await this.#regatherIfIdle();
  }

  async #regatherIfIdle(): Promise<void> {
    const phase = this.#phase;
    if (phase.kind !== 'recovering' || !this.#recovering.isOver(phase)) return;
    await this.#recovering.rewind();
    if (this.stopping) return this.#endStopped();
    this.#phase = { kind: 'gathering', since: Date.now(), reason: phase.reason };
    this.#gather(this.#phase);
  }

  /** The coordinator's own trouble, such as a full disk: it may pass, and what is saved is good. */
  async #trouble(error: Error): Promise<void> {
    if (isHopeless(error)) return this.end({ error });
    this.warn(`The coordinator had trouble: ${messageOf(error)}`);
    this.#recovering.pause(TROUBLE_PAUSE);
    try {
      await this.recover(messageOf(error));
    } catch (second) {
      // The next tick tries again.
      if (isHopeless(second)) return this.end({ error: second as Error });
      this.warn(`The coordinator cannot go back yet: ${messageOf(second)}`);
    }
  }

  // ── the clock, and the end ───────────────────────────────────────────────────────────────────────────────────────

  async #tick(): Promise<void> {
    switch (this.#phase.kind) {
      case 'gathering':
        return this.#gather(this.#phase);
      case 'running':
        return this.#running.tick(this.#phase.world);
      case 'recovering':
        if (this.#phase.busy.size === 0) return this.#recovering.pauses ? undefined : this.#regatherIfIdle();
        for (const member of this.#recovering.giveUpStuck(this.#phase)) this.#options.onLost(member);
        return this.#regatherIfIdle();
    }
  }

  async #stop(): Promise<void> {
    this.stopping = true;
    if (this.#phase.kind === 'gathering') await this.#endStopped();
  }

  /** With what is saved. */
  #endStopped(): Promise<void> {
    return this.end({ result: this.record.result('stopped', this.record.resumePoint().step) });
  }

  async end(outcome: TrainingOutcome): Promise<void> {
    this.#phase = { kind: 'ended' };
    this.close();
    const reason = 'error' in outcome ? messageOf(outcome.error) : undefined;
    const dismissal = reason === undefined ? ({ kind: 'finished' } as const) : ({ kind: 'refused', reason } as const);
    await Promise.allSettled(this.members.all.map(({ worker }) => worker.tell({ kind: 'dismiss', dismissal })));
    this.#options.onEnd(outcome);
  }

  // ── for all parts ────────────────────────────────────────────────────────────────────────────────────────────────

  vitals(): ProcessVitals {
    const { system } = this.#context;
    return processVitals(system.name, false, system.metrics().actors);
  }

  emit(event: TrainingEvent): void {
    this.#options.onEvent(event);
  }

  warn(message: string): void {
    this.emit({ kind: 'warning', message });
  }

  tellSelf(message: ShardCoordinatorMessage): void {
    void this.#context.self.tell(message);
  }
}
