/**
 * The coordinator: who is there, which of them train together, how far they may go, and what is written down about it.
 *
 *     gathering ──enough processes──▶ forming ──all ready──▶ running ──last step saved──▶ ended
 *         ▲                              │                      │
 *         │                              ▼                      ▼
 *         └──────all idle────────── recovering ◀── a rank is lost, fails or reports NaN, or another one joins
 *
 * A world runs from a checkpoint on (or from the beginning). Ranks step by themselves, as far as they are allowed: a few
 * steps ahead, up to the next barrier, where all wait for a checkpoint to be copied, a measurement to be made, or the end.
 * When a world is given up, records and counters go back to the checkpoint from which the next one begins, so that every
 * image counts once.
 */
import { folderBytes } from '../checkpoints/folder-bytes.ts';
import type { CheckpointEntry } from '../checkpoints/open-checkpoint.ts';
import type { SavedFile } from '../checkpoints/shards.ts';
import type { FailedRow, ShareRound } from '../data/share.ts';
import { messageOf } from '../errors.ts';
import type { FlatLayout } from '../program/flat-layout.ts';
import type { Measurement } from '../training/quality-probe.ts';
import type { RunRecord } from '../training/run-record.ts';
import { settlePrecision } from '../training/step.ts';
import { TrainingError } from '../training/training-errors.ts';
import type { TrainingEvent, TrainResult } from '../training/training-events.ts';
import { type ProcessVitals, processVitals, VitalsTimes } from '../training/vitals.ts';
import { Attempts } from './attempts.ts';
import { CoordinatedWorld } from './coordinated-world.ts';
import { differenceOf } from './data-fingerprint.ts';
import type { GpuWorkerMessage } from './gpu-worker.ts';
import { isHopeless } from './hopeless.ts';
import { type Member, Members } from './members.ts';
import { hostId } from './node-options.ts';
import { mergeReports } from './rank-reports.ts';
import type { ActorContext, ActorRef, Behaviour, Termination } from './runtime/index.ts';
import { Saving } from './saving.ts';
import type { DataFingerprint, RankReport, WorldNumber } from './world.ts';
import { nextBarrier, type RankRange, transportOf, worldSizeFor } from './world-plan.ts';

export type ShardCoordinatorMessage =
  // ── processes ──
  | { readonly kind: 'enlist'; readonly worker: Worker; readonly hostId: string; readonly pid: number }
  | {
      readonly kind: 'prepared';
      readonly worker: Worker;
      readonly fingerprint: DataFingerprint;
      readonly hasBf16: boolean;
    }
  | { readonly kind: 'unprepared'; readonly worker: Worker; readonly message: string }
  | { readonly kind: 'idle'; readonly worker: Worker; readonly world: WorldNumber }
  | { readonly kind: 'gone'; readonly worker: Worker; readonly termination: Termination }
  // ── ranks of a world ──
  | ({ readonly kind: 'opened'; readonly address: Uint8Array; readonly memory: Memory } & OfRank & {
        readonly layouts: readonly FlatLayout[];
        /** Names, in the order of the norms. */
        readonly layers: readonly string[];
      })
  | ({ readonly kind: 'ready' } & OfRank)
  | ({ readonly kind: 'agree'; readonly round: ShareRound; readonly replyTo: ActorRef<Agreement> } & OfRank)
  | ({ readonly kind: 'stepDone'; readonly report: RankReport } & OfRank)
  | ({ readonly kind: 'rankFailed'; readonly step: number; readonly error: Error } & OfRank)
  | { readonly kind: 'measured'; readonly world: WorldNumber; readonly step: number; readonly measurement: Measurement }
  // ── checkpoints ──
  | ({ readonly kind: 'copied'; readonly step: number; readonly seconds: number } & OfRank)
  | ({ readonly kind: 'saved'; readonly step: number; readonly files: readonly SavedFile[] } & OfRank)
  | ({ readonly kind: 'saveFailed'; readonly step: number; readonly message: string } & OfRank)
  // ── from itself and from its process ──
  | { readonly kind: 'published'; readonly entry: CheckpointEntry }
  | { readonly kind: 'publishFailed'; readonly step: number; readonly message: string }
  | { readonly kind: 'tick' }
  /** A rank waits for images that are not written yet, or waits no longer. */
  | ({ readonly kind: 'dataWait'; readonly message: string; readonly isOver: boolean } & OfRank)
  /** A process of this host has ended: it need not be waited for. */
  | { readonly kind: 'processEnded'; readonly pid: number }
  /** End after the steps that are allowed already, with a checkpoint. */
  | { readonly kind: 'stop' };

type Worker = ActorRef<GpuWorkerMessage>;
type Memory = { readonly arenaBytes: number; readonly persistentBytes: number };
interface OfRank {
  readonly world: WorldNumber;
  readonly rank: number;
}

/** What failed on all ranks in a round of making a batch. */
export interface Agreement {
  readonly kind: 'agreed';
  readonly failed: readonly FailedRow[];
}

export interface ShardCoordinatorOptions {
  readonly ranks: RankRange;
  readonly record: RunRecord;
  /** Of the images as this process sees them. */
  readonly fingerprint: DataFingerprint;
  onEvent(event: TrainingEvent): void;
  /** A process that has gone silent or was refused. */
  onLost(process: { readonly hostId: string; readonly pid: number }): void;
  /** Told once. */
  onEnd(outcome: { readonly result: TrainResult } | { readonly error: Error }): void;
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

/** Steps that ranks may be ahead of what the coordinator has heard of, so that none waits for it. */
const LEAD = 3;
/** Milliseconds between looks at the clock. */
const TICK = 250;
/** Milliseconds until the coordinator tries again what it had trouble with. */
const TROUBLE_PAUSE = 2000;
type Phase =
  | { readonly kind: 'gathering'; readonly since: number; readonly reason?: string }
  | { readonly kind: 'forming'; readonly world: CoordinatedWorld }
  | { readonly kind: 'running'; readonly world: CoordinatedWorld }
  | {
      readonly kind: 'recovering';
      readonly world: CoordinatedWorld;
      readonly reason: string;
      readonly since: number;
      /** Those that have not left the world yet. */
      readonly busy: Set<Member>;
    }
  | { readonly kind: 'ended' };

class ShardCoordinator {
  readonly #options: ShardCoordinatorOptions;
  readonly #context: ActorContext<ShardCoordinatorMessage>;
  readonly #timer: NodeJS.Timeout;
  readonly #members = new Members();
  readonly #saving: Saving;
  readonly #attempts = new Attempts();
  readonly #vitalsTimes = new VitalsTimes();
  #phase: Phase = { kind: 'gathering', since: Date.now() };
  #worlds: number;
  #stopping = false;
  /** Another process has joined, and waits for a world that has room. */
  #grow = false;
  #notFiniteAt: number | undefined;
  /** Seconds, of all steps so far. */
  #longestStep = 0;
  /** A rank found the last checkpoint damaged. */
  #checkpointDoubtful = false;
  /** Milliseconds: after trouble of its own the coordinator takes a breath. */
  #notBefore = 0;
  #started = false;
  /** Processes that are worth waiting for: at first all that are allowed, then as many as there were. */
  #expected: number;

  constructor(options: ShardCoordinatorOptions, context: ActorContext<ShardCoordinatorMessage>) {
    this.#options = options;
    this.#context = context;
    this.#saving = new Saving(options.record);
    this.#expected = options.ranks.maximum;
    this.#worlds = options.record.lastWorld;
    this.#timer = setInterval(() => void context.self.tell({ kind: 'tick' }), TICK);
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
        return this.#enlist(message);
      case 'prepared':
        return this.#prepared(message);
      case 'unprepared':
        return this.#refuse(message.worker, message.message);
      case 'idle':
        return this.#idle(message.worker, message.world);
      case 'gone':
        return this.#gone(message.worker, message.termination);
      case 'processEnded':
        return this.#processEnded(message.pid);
      case 'tick':
        return this.#tick();
      case 'stop':
        return this.#stop();
      case 'saved':
      case 'saveFailed':
        return this.#shardSaved(message);
      case 'published':
        return this.#published(message.entry);
      case 'publishFailed':
        return this.#saveFailed(message.step, message.message);
      case 'copied':
        return this.#options.record.copied(message.seconds);
      default:
        if (this.#world()?.number === message.world) await this.#ofWorld(this.#world()!, message);
    }
  }

  async #ofWorld(
    world: CoordinatedWorld,
    message: Extract<
      ShardCoordinatorMessage,
      { kind: 'opened' | 'ready' | 'agree' | 'stepDone' | 'rankFailed' | 'measured' | 'dataWait' }
    >,
  ): Promise<void> {
    switch (message.kind) {
      case 'opened':
        return this.#opened(world, message);
      case 'ready':
        return this.#ready(world, message.rank);
      case 'agree':
        return world.agreements.handIn(message.rank, message.round, message.replyTo);
      case 'stepDone':
        return this.#stepDone(world, message.rank, message.report);
      case 'rankFailed':
        return this.#rankFailed(world, message.rank, message.error);
      case 'measured':
        return this.#measured(world, message.step, message.measurement);
      case 'dataWait':
        this.#warn(`rank ${message.rank}: ${message.message}`);
        return world.dataWait(message.rank, message.isOver);
    }
  }

  #world(): CoordinatedWorld | undefined {
    return 'world' in this.#phase ? this.#phase.world : undefined;
  }

  // ── processes ────────────────────────────────────────────────────────────────────────────────────────────────────

  #enlist({ worker, hostId, pid }: Extract<ShardCoordinatorMessage, { kind: 'enlist' }>): void {
    this.#members.add(worker, hostId, pid);
    this.#context.watch(worker, (termination) => ({ kind: 'gone', worker, termination }));
    worker.tell({ kind: 'prepare', config: this.#options.record.config });
  }

  #prepared({ worker, fingerprint, hasBf16 }: Extract<ShardCoordinatorMessage, { kind: 'prepared' }>): void {
    const member = this.#members.of(worker);
    if (!member) return;
    const difference = differenceOf(fingerprint, this.#options.fingerprint);
    if (difference !== undefined) {
      this.#refuse(worker, `it sees other data: ${difference}`);
      return;
    }
    member.hasBf16 = hasBf16;
    member.prepared = true;
    const world = this.#world();
    if (this.#phase.kind === 'running' && world && world.size < this.#options.ranks.maximum) this.#grow = true;
  }

  #refuse(worker: Worker, reason: string): void {
    const member = this.#members.of(worker);
    if (!member) return;
    this.#warn(`${member.name} was refused: ${reason}`);
    worker.tell({ kind: 'dismiss', dismissal: { kind: 'refused', reason } });
    this.#remove(member);
  }

  async #gone(worker: Worker, termination: Termination): Promise<void> {
    const member = this.#members.of(worker);
    if (!member) return;
    this.#options.onLost(member);
    await this.#lose(member, termination.kind === 'stopped' ? 'it ended' : messageOf(termination.error));
  }

  async #processEnded(pid: number): Promise<void> {
    const member = this.#members.ofProcess(hostId(), pid);
    if (member) await this.#lose(member, 'its process ended');
  }

  async #lose(member: Member, why: string): Promise<void> {
    this.#remove(member);
    const world = this.#world();
    if (!world?.members.includes(member)) return;
    if (this.#phase.kind === 'recovering') return this.#left(this.#phase, member);
    await this.#recover(`${member.name} is gone: ${why}`);
  }

  #remove(member: Member): void {
    this.#members.remove(member);
    this.#context.unwatch(member.worker);
  }

  // ── worlds ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Forms a world when there are enough processes, or no more are to be waited for. */
  #gather(since: number): void {
    if (Date.now() < this.#notBefore) return;
    const { ranks, record } = this.#options;
    const ready = this.#members.prepared;
    const waited = (Date.now() - since) / 1000;
    if (ready.length < this.#expected && waited < record.config.ranks.replacementTimeout) return;
    const size = worldSizeFor(ready.length, ranks, record.divisors);
    if (size === 0) {
      if (ready.length >= ranks.maximum) throw record.cannotDivide(ranks.maximum);
      return;
    }
    this.#form(ready.slice(0, size));
  }

  #form(members: readonly Member[]): void {
    const { record } = this.#options;
    const { step, position, checkpoint } = record.resumePoint();
    const number = ++this.#worlds;
    const world = new CoordinatedWorld(number, members, step);
    const reason = this.#phase.kind === 'gathering' ? this.#phase.reason : undefined;
    this.#expected = members.length;
    this.#phase = { kind: 'forming', world };
    const event = { kind: 'world', world: number, ranks: world.names, step } as const;
    this.#emit({ ...event, ...(reason !== undefined && { reason }) });
    const hostIds = members.map(({ hostId }) => hostId);
    const transport = transportOf(hostIds, record.config.training.device);
    const { total } = record;
    const config = settlePrecision(
      record.config,
      members.every(({ hasBf16 }) => hasBf16),
    );
    const from = { step, position, checkpoint };
    for (const [rank, { worker }] of members.entries()) {
      const assignment = { world: number, rank, worldSize: members.length, ...transport, config, total, from };
      worker.tell({ kind: 'form', assignment });
    }
  }

  #opened(
    world: CoordinatedWorld,
    { rank, address, memory, layouts, layers }: Extract<ShardCoordinatorMessage, { kind: 'opened' }>,
  ): void {
    if (this.#phase.kind !== 'forming') return;
    world.addresses.set(rank, address);
    world.layouts = layouts;
    if (world.addresses.size < world.size) return;
    const processes = () => [this.#vitals(), ...world.vitals];
    this.#options.record.watch({ memory, layers, processes });
    if (!this.#started) {
      this.#started = true;
      for (const event of this.#options.record.start(world.step, memory)) this.#emit(event);
    }
    const inOrder = world.members.map((_, index) => world.addresses.get(index)!);
    for (const { worker } of world.members) worker.tell({ kind: 'connect', world: world.number, addresses: inOrder });
  }

  #vitals(): ProcessVitals {
    const { system } = this.#context;
    return processVitals(system.name, false, system.metrics().actors);
  }

  async #ready(world: CoordinatedWorld, rank: number): Promise<void> {
    if (this.#phase.kind !== 'forming') return;
    world.ready.add(rank);
    if (world.ready.size < world.size) return;
    this.#phase = { kind: 'running', world };
    this.#options.record.worldStarted(world.number, world.names, world.startStep);
    if (world.step === this.#options.record.total) return this.#atBarrier(world);
    this.#allow(world);
  }

  /** Lets the ranks go on: a few steps ahead, and not beyond the next barrier. */
  #allow(world: CoordinatedWorld): void {
    const { config, total } = this.#options.record;
    const barrier = nextBarrier(world.step, total, [config.checkpoint.everyIterations, config.quality.everyIterations]);
    const wanted = this.#wantsBarrier(world) ? world.through : barrier;
    world.barrier = Math.max(world.through, Math.min(barrier, wanted));
    const through = Math.max(world.through, Math.min(world.step + LEAD, world.barrier));
    if (through === world.through) return;
    if (world.step === world.through) world.lastProgress = Date.now();
    world.through = through;
    for (const { worker } of world.members) worker.tell({ kind: 'proceed', world: world.number, through });
  }

  /** Whether all ranks are to wait as soon as they have taken the steps that are allowed already. */
  #wantsBarrier(world: CoordinatedWorld): boolean {
    // Where there is nothing new to save, as when a world begins, there is nothing to wait for either.
    const saves = this.#saving.dueByTime && world.through > (this.#options.record.lastCheckpoint?.step ?? 0);
    return this.#stopping || ((this.#grow || saves) && !this.#saving.underWay);
  }

  async #stepDone(world: CoordinatedWorld, rank: number, report: RankReport): Promise<void> {
    if (this.#phase.kind !== 'running') return;
    this.#longestStep = Math.max(this.#longestStep, report.times.seconds);
    const all = world.report(rank, report);
    if (!all) return;
    this.#attempts.reached(world.step);
    const isBroken = !report.applied && !report.lossScale?.overflowed;
    if (isBroken && (await this.#retryNotFinite(world.step))) return;
    for (const alarm of report.alarms) this.#warn(`step ${report.step}: ${alarm}`);
    for (const event of this.#options.record.step(mergeReports(all))) this.#emit(event);
    if (this.#vitalsTimes.isDue()) {
      const processes = [{ rank: null, ...this.#vitals() }, ...world.rankVitals];
      this.#emit({ kind: 'processes', step: world.step, processes });
    }
    this.#watchSpeed(world, all);
    if (world.step === world.through && world.step === this.#dueBarrier(world)) return this.#atBarrier(world);
    this.#allow(world);
  }

  #dueBarrier(world: CoordinatedWorld): number {
    return this.#wantsBarrier(world) ? world.through : world.barrier;
  }

  /** All ranks wait. What is due is done, one thing after another, and then they go on. */
  async #atBarrier(world: CoordinatedWorld): Promise<void> {
    const { record } = this.#options;
    const { step } = world;
    const isLast = step === record.total || this.#stopping;
    if (record.measurementDue(step) && step > world.startStep) {
      world.waitingFor = 'measurement';
      for (const { worker } of world.members) worker.tell({ kind: 'measure', world: world.number, step });
      return;
    }
    await this.#saveAtBarrier(world, isLast);
  }

  async #measured(world: CoordinatedWorld, step: number, measurement: Measurement): Promise<void> {
    if (world.waitingFor !== 'measurement') return;
    world.waitingFor = 'nothing';
    for (const event of this.#options.record.measured(step, measurement)) this.#emit(event);
    await this.#saveAtBarrier(world, step === this.#options.record.total || this.#stopping);
  }

  async #saveAtBarrier(world: CoordinatedWorld, isLast: boolean): Promise<void> {
    const { record } = this.#options;
    const unsaved = world.step > (record.lastCheckpoint?.step ?? 0);
    const due = isLast || this.#grow || record.checkpointDue(world.step) || this.#saving.dueByTime;
    if (unsaved && due) {
      // One save at a time: the ranks wait until the one before is published.
      if (!this.#saving.mayBegin) {
        world.waitingFor = 'save';
        return;
      }
      if (!(await this.#beginSave(world)) && (isLast || this.#grow)) {
        world.waitingFor = 'save';
        return;
      }
    }
    world.waitingFor = 'nothing';
    if (isLast || this.#grow) {
      // The end, or the next world, begins with the published checkpoint.
      world.waitingFor = 'save';
      if (!this.#saving.underWay) await this.#afterSaves(world);
      return;
    }
    this.#allow(world);
  }

  // ── checkpoints ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** @returns false where it could not begin, and is tried again later */
  async #beginSave(world: CoordinatedWorld): Promise<boolean> {
    const { step, number } = world;
    try {
      const folder = await this.#saving.begin(world);
      for (const { worker } of world.members) worker.tell({ kind: 'save', world: number, step, folder });
      return true;
    } catch (error) {
      if (isHopeless(error)) throw error;
      await this.#saveAgainLater(step, messageOf(error));
      return false;
    }
  }

  async #shardSaved(message: Extract<ShardCoordinatorMessage, { kind: 'saved' | 'saveFailed' }>): Promise<void> {
    const { step, rank } = message;
    if (this.#world()?.number !== message.world) return;
    if (message.kind === 'saveFailed') return this.#saveFailed(step, message.message);
    const { self } = this.#context;
    this.#saving.add(step, rank, message.files)?.then(
      (entry) => {
        self.tell({ kind: 'published', entry });
      },
      (error: unknown) => {
        self.tell({ kind: 'publishFailed', step, message: messageOf(error) });
      },
    );
  }

  async #published(entry: CheckpointEntry): Promise<void> {
    const seconds = this.#saving.published(entry);
    this.#emit({ kind: 'checkpoint', ...entry, seconds, bytes: await folderBytes(entry.path) });
    await this.#goOnAfterSave();
    await this.#regatherIfIdle();
  }

  async #saveFailed(step: number, message: string): Promise<void> {
    if (this.#saving.step !== step) return;
    await this.#saveAgainLater(step, message);
    await this.#goOnAfterSave();
    await this.#regatherIfIdle();
  }

  async #saveAgainLater(step: number, message: string): Promise<void> {
    await this.#saving.failed();
    this.#warn(`The checkpoint of step ${step} could not be saved and is tried again: ${message}`);
    const isLast = step === this.#options.record.total || this.#stopping;
    if (!isLast || !this.#saving.hopeless) return;
    const text = `The last checkpoint could not be saved: ${message}`;
    await this.#end({ error: new TrainingError('LAST_SAVE_FAILED', text) });
  }

  /** Goes on where a world waited for a save to end. */
  async #goOnAfterSave(): Promise<void> {
    const world = this.#world();
    if (this.#phase.kind !== 'running' || world?.waitingFor !== 'save') return;
    const isLast = world.step === this.#options.record.total || this.#stopping;
    const unsaved = world.step > (this.#options.record.lastCheckpoint?.step ?? 0);
    if (unsaved) return this.#saveAtBarrier(world, isLast);
    await this.#afterSaves(world);
  }

  /** Everything is saved: the training ends, or a larger world is formed. */
  async #afterSaves(world: CoordinatedWorld): Promise<void> {
    const { record } = this.#options;
    if (world.step === record.total || this.#stopping) {
      const status = world.step === record.total ? 'finished' : 'stopped';
      return this.#end({ result: record.result(status, world.step) });
    }
    if (this.#grow) {
      this.#grow = false;
      return this.#recover('another process has joined');
    }
    world.waitingFor = 'nothing';
    this.#allow(world);
  }

  // ── when something goes wrong ────────────────────────────────────────────────────────────────────────────────────

  async #rankFailed(world: CoordinatedWorld, rank: number, error: Error): Promise<void> {
    if (this.#phase.kind === 'recovering') return;
    const { name } = world.members[rank]!;
    // What one rank cannot read another run may: an older checkpoint may be good.
    if ('code' in error && error.code === 'CHECKPOINT_DAMAGED') this.#checkpointDoubtful = true;
    else if (isHopeless(error)) return this.#end({ error });
    await this.#recover(`rank ${rank}, ${name}, failed: ${messageOf(error)}`);
  }

  /** The first time, the world goes back to its checkpoint, in case a rank miscalculated. @returns whether it does */
  async #retryNotFinite(step: number): Promise<boolean> {
    if (this.#options.record.config.training.nanPolicy !== 'stop' || this.#notFiniteAt === step) return false;
    this.#notFiniteAt = step;
    await this.#recover(`the loss or a gradient of step ${step} was not finite`);
    return true;
  }

  /** Gives the world up; the next one begins when all its processes are idle or gone. */
  async #recover(reason: string): Promise<void> {
    const world = this.#world();
    if (!world || this.#phase.kind === 'recovering') return;
    const busy = new Set(world.members.filter((member) => this.#members.has(member)));
    this.#phase = { kind: 'recovering', world, reason, since: Date.now(), busy };
    await this.#saving.abandon();
    for (const { worker } of busy) worker.tell({ kind: 'abandon', world: world.number, reason });
    this.#options.record.worldEnded(world.number, world.step, reason);
    const pause = this.#attempts.ended(world.startStep, world.step);
    if (pause > 0) this.#notBefore = Math.max(this.#notBefore, Date.now() + pause);
    if (this.#attempts.exhausted) {
      const { fruitless, furthest } = this.#attempts;
      const message = `${fruitless} worlds in a row came no further than step ${furthest}. The last one ended because ${reason}`;
      return this.#end({ error: new TrainingError('NO_PROGRESS', message) });
    }
    await this.#regatherIfIdle();
  }

  async #idle(worker: Worker, world: WorldNumber): Promise<void> {
    const member = this.#members.of(worker);
    if (this.#phase.kind !== 'recovering' || this.#phase.world.number !== world || !member) return;
    await this.#left(this.#phase, member);
  }

  async #left(phase: Extract<Phase, { kind: 'recovering' }>, member: Member): Promise<void> {
    phase.busy.delete(member);
    await this.#regatherIfIdle();
  }

  /**
   * Goes back to the last checkpoint when all ranks have left the world, and a checkpoint that is being published is either
   * there or not: the next world begins with the one that `latest` names.
   */
  async #regatherIfIdle(): Promise<void> {
    const phase = this.#phase;
    if (phase.kind !== 'recovering' || phase.busy.size > 0 || this.#saving.underWay) return;
    const { record } = this.#options;
    if (this.#checkpointDoubtful) {
      for (const event of await record.verifyCheckpoint()) this.#emit(event);
      this.#checkpointDoubtful = false;
    }
    await record.rewind();
    if (this.#stopping) return this.#end({ result: record.result('stopped', record.resumePoint().step) });
    this.#phase = { kind: 'gathering', since: Date.now(), reason: phase.reason };
    this.#gather(this.#phase.since);
  }

  /** Ranks that do not leave a world that was given up hang in what cannot be aborted: their processes count as lost. */
  #giveUpStuck({ busy, since, world }: Extract<Phase, { kind: 'recovering' }>): Promise<unknown> | undefined {
    const { collectiveTimeout } = this.#options.record.config.ranks;
    if (Date.now() - since < collectiveTimeout * 1000) return undefined;
    const stuck = [...busy];
    for (const member of stuck) {
      this.#options.onLost(member);
      this.#refuse(member.worker, `it did not leave world ${world.number} within ${collectiveTimeout} s`);
      busy.delete(member);
    }
    return this.#regatherIfIdle();
  }

  /** The coordinator's own trouble, such as a full disk: it may pass, and what is saved is good. */
  async #trouble(error: Error): Promise<void> {
    if (isHopeless(error)) return this.#end({ error });
    this.#warn(`The coordinator had trouble: ${messageOf(error)}`);
    this.#notBefore = Date.now() + TROUBLE_PAUSE;
    try {
      await this.#recover(messageOf(error));
    } catch (second) {
      // The next tick tries again.
      if (isHopeless(second)) return this.#end({ error: second as Error });
      this.#warn(`The coordinator cannot go back yet: ${messageOf(second)}`);
    }
  }

  /** A rank that computes far longer than the others holds all of them up. */
  #watchSpeed(world: CoordinatedWorld, reports: readonly RankReport[]): void {
    for (const { member, seconds } of world.newlySlow(reports)) {
      const times = `it computes ${seconds.toFixed(2)} s a step, which holds the others up`;
      if (world.size > this.#options.ranks.minimum) this.#refuse(member.worker, `it is slow: ${times}`);
      else this.#warn(`${member.name} is slow: ${times}.`);
    }
  }

  // ── the clock, and the end ───────────────────────────────────────────────────────────────────────────────────────

  async #tick(): Promise<void> {
    if (this.#phase.kind === 'recovering') {
      if (this.#phase.busy.size === 0) return Date.now() < this.#notBefore ? undefined : this.#regatherIfIdle();
      await this.#giveUpStuck(this.#phase);
      return;
    }
    if (this.#phase.kind === 'gathering') return this.#gather(this.#phase.since);
    const world = this.#world();
    if (this.#phase.kind !== 'running' || !world) return;
    if (this.#stopping && world.waitsForData) return this.#recover('the training is to stop, and waits for images');
    const silence = this.#longSilence(world);
    if (silence !== undefined) return this.#recover(silence);
    if (world.waitingFor === 'save' && !this.#saving.underWay) return this.#goOnAfterSave();
    if (world.waitingFor === 'nothing' && world.step === world.through && this.#wantsBarrier(world))
      await this.#atBarrier(world);
  }

  /**
   * A rank that hangs outside of exchanges, such as in reading an image, holds up the others' data, so that no exchange
   * fails. What a long step is, the steps before tell; the first one is given much time.
   */
  #longSilence(world: CoordinatedWorld): string | undefined {
    if (world.step >= world.through || world.waitingFor !== 'nothing' || world.waitsForData) return undefined;
    const { collectiveTimeout } = this.#options.record.config.ranks;
    const patience = this.#longestStep === 0 ? 10 * collectiveTimeout : collectiveTimeout + 5 * this.#longestStep;
    if (Date.now() - world.lastProgress < patience * 1000) return undefined;
    return `no rank told of a step for ${patience.toFixed(0)} s`;
  }

  async #stop(): Promise<void> {
    this.#stopping = true;
    if (this.#phase.kind === 'gathering') {
      await this.#end({ result: this.#options.record.result('stopped', this.#options.record.resumePoint().step) });
    }
  }

  async #end(outcome: Parameters<ShardCoordinatorOptions['onEnd']>[0]): Promise<void> {
    this.#phase = { kind: 'ended' };
    this.close();
    const reason = 'error' in outcome ? messageOf(outcome.error) : undefined;
    const dismissal = reason === undefined ? ({ kind: 'finished' } as const) : ({ kind: 'refused', reason } as const);
    await Promise.allSettled(this.#members.all.map(({ worker }) => worker.tell({ kind: 'dismiss', dismissal })));
    this.#options.onEnd(outcome);
  }

  #warn(message: string): void {
    this.#emit({ kind: 'warning', message });
  }

  #emit(event: TrainingEvent): void {
    this.#options.onEvent(event);
  }
}
