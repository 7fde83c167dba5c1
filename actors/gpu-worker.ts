/**
 * The worker actor of a rank: owns the rank's executor and runs the step program on what the loader hands it, as far as the
 * coordinator lets it.
 *
 *     enlisted ──prepare──▶ idle ──form──▶ formed ──connect──▶ ready ──proceed──▶ stepping ⇄ ready
 *                            ▲               │                   │                   │
 *                            └──── abandon, or a failure: what is under way is aborted and awaited
 *
 * Long work (joining, a step, a measurement) runs beside the mailbox and comes back as the message `done`, so that `abandon` is
 * heard while it goes on; membership.ts has what it does. Messages of another world than the present one are out of date and
 * change nothing.
 */
import { messageOf } from '../errors.ts';
import { hasBf16 } from '../kernels/executor.ts';
import type { ResolvedConfig } from '../training/config/config.ts';
import { type Device, openRankDevice } from '../training/device.ts';
import { divideSource } from '../training/held-out.ts';
import { type OpenDataOptions, type OpenedData, openData } from '../training/open-data.ts';
import { QualityProbe } from '../training/quality/quality-probe.ts';
import { Rank } from '../training/rank.ts';
import { processVitals, VITALS_EVERY } from '../training/run/vitals.ts';
import { numThreads } from '../training/threads.ts';
import type { CheckpointMessage } from './checkpoint.ts';
import { fingerprintOf } from './data-fingerprint.ts';
import type { DataLoaderOptions } from './data-loader.ts';
import { connect, joinedAs, type Membership, NO_DEADLINE, startActors, stopActors, takeStep } from './membership.ts';
import type { Agreement, Dismissal, GpuWorkerMessage, Outcome, ShardCoordinatorMessage } from './messages.ts';
import type { ActorContext, ActorRef, Behaviour } from './runtime/index.ts';
import type { Assignment, RankReport } from './world.ts';

export interface GpuWorkerOptions extends Pick<OpenDataOptions, 'openBus'> {
  /** Tells one host from another: ranks of one host share memory. */
  readonly hostId: string;
  /** Where ranks on other hosts reach this one. */
  readonly host: string;
  /** Threads that compute. @default as the config says */
  readonly threads?: number;
  /** Folder of images on this host. @default as the config says */
  readonly data?: string;
  readonly checkpoint: ActorRef<CheckpointMessage>;
  /** Told once, when the process is to end. */
  onDismissed(dismissal: Dismissal): void;
}

type Context = ActorContext<GpuWorkerMessage>;

export function gpuWorker(options: GpuWorkerOptions): Behaviour<GpuWorker, GpuWorkerMessage> {
  return {
    start: (context) => new GpuWorker(options, context),
    async receive(worker, message) {
      await worker.receive(message);
      return worker;
    },
    stop: (worker) => worker.stop(),
  };
}

class GpuWorker {
  readonly #options: GpuWorkerOptions;
  readonly #context: Context;
  #coordinator: ActorRef<ShardCoordinatorMessage> | undefined;
  #data: OpenedData | undefined;
  /** Undefined for processors. */
  #device: Device | undefined;
  #member: Membership | undefined;
  #probe: QualityProbe | undefined;
  /** Milliseconds. */
  #vitalsTold = Number.NEGATIVE_INFINITY;
  /** A coordinator has been found, and does not know yet. */
  #enlistWhenIdle = false;

  constructor(options: GpuWorkerOptions, context: Context) {
    this.#options = options;
    this.#context = context;
  }

  async receive(message: GpuWorkerMessage): Promise<void> {
    switch (message.kind) {
      case 'enlist':
        this.#coordinator = message.coordinator;
        this.#enlistWhenIdle = true;
        return this.#enlist();
      case 'coordinatorLost':
        this.#coordinator = undefined;
        return this.#abandon(message.reason);
      case 'prepare':
        return this.#prepare(message.config);
      case 'form':
        return this.#form(message.assignment);
      case 'dismiss':
        await this.#abandon('the process was dismissed');
        this.#options.onDismissed(message.dismissal);
        return;
      case 'abandon':
        if (this.#member?.assignment.world === message.world) return this.#abandon(message.reason);
        return this.#tell({ kind: 'idle', worker: this.#context.self, world: message.world });
      default:
        if (this.#member?.assignment.world === message.world) await this.#inWorld(this.#member, message);
    }
  }

  async #inWorld(
    member: Membership,
    message: Extract<GpuWorkerMessage, { kind: 'connect' | 'proceed' | 'save' | 'measure' | 'done' }>,
  ): Promise<void> {
    switch (message.kind) {
      case 'connect':
        // Beside the mailbox: it waits for ranks that may never come.
        return this.#beside(member, () => connect(member, message.addresses));
      case 'proceed':
        member.through = Math.max(member.through, message.through);
        return this.#stepIfAllowed(member);
      case 'save':
        // Rank 0 may have measured, so that the coordinator goes on, while this rank's part is still under way.
        member.saveDue = message;
        return this.#saveIfDue(member);
      case 'measure':
        return this.#beside(member, () => this.#measure(member, message.step));
      case 'done':
        return this.#done(member, message.outcome);
    }
  }

  /** Not before an earlier coordinator's world has been left. */
  #enlist(): void {
    if (!this.#enlistWhenIdle || this.#member) return;
    this.#enlistWhenIdle = false;
    const { hostId } = this.#options;
    this.#tell({ kind: 'enlist', worker: this.#context.self, hostId, pid: process.pid });
  }

  // ── joining ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Opens the images of the config and the device that it names, and says which images this process sees. */
  async #prepare(given: ResolvedConfig): Promise<void> {
    const { data, openBus } = this.#options;
    const asked = data === undefined ? given : { ...given, data: { ...given.data, path: data } };
    try {
      const { threads = asked.training.threads } = this.#options;
      this.#device = await openRankDevice({ ...asked, training: { ...asked.training, threads } });
      await this.#data?.collection.close?.();
      // The coordinator may be another one, of other images.
      this.#probe = undefined;
      this.#data = await openData(asked, { openBus, onWait: (message, isOver) => this.#tellWait(message, isOver) });
      const fingerprint = await fingerprintOf(this.#data.collection);
      this.#tell({ kind: 'prepared', worker: this.#context.self, fingerprint, hasBf16: hasBf16() });
    } catch (error) {
      this.#tell({ kind: 'unprepared', worker: this.#context.self, message: messageOf(error) });
    }
  }

  /** Other ranks wait for this one's images, and whoever watches over them should know why. */
  #tellWait(message: string, isOver: boolean): void {
    if (!this.#member) return;
    const { world, rank } = this.#member.assignment;
    this.#tell({ kind: 'dataWait', world, rank, message, isOver });
  }

  #form(assignment: Assignment): void {
    const { world, rank, worldSize, transport, meetBy, from } = assignment;
    // How it trains is settled for all ranks; where its images lie is this process's own.
    const config = { ...this.#data!.config, training: assignment.config.training };
    const { host, threads = numThreads(config.training.threads) } = this.#options;
    try {
      const own = Rank.open({ config, rank, worldSize, transport, meetBy, host, threads, device: this.#device });
      const { arenaBytes, persistentBytes, sharedBytes } = own.plan;
      const memory = { arenaBytes: arenaBytes + sharedBytes, persistentBytes };
      this.#member = joinedAs(assignment, own);
      const { address } = own.communicator;
      this.#tell({ kind: 'opened', world, rank, address, memory, layouts: own.layouts, layers: own.layers });
    } catch (error) {
      this.#tell({ kind: 'rankFailed', world, rank, step: from.step, error: error as Error });
    }
  }

  #connected(member: Membership): void {
    const { world, rank } = member.assignment;
    const { config, collection } = this.#data!;
    const division = divideSource(collection, config.data.heldOutShare, config.training.seed);
    this.#probe ??= new QualityProbe(config, division);
    const source = division.training;
    const agree: DataLoaderOptions['agree'] = async (round) => {
      const coordinator = this.#coordinator;
      if (!coordinator) throw new Error('the coordinator is lost');
      const make = (replyTo: ActorRef<Agreement>) => ({ kind: 'agree', world, rank, round, replyTo }) as const;
      return (await coordinator.ask<Agreement>(make, NO_DEADLINE)).failed;
    };
    startActors(member, this.#context, { config, source, agree });
    member.stepEnded = performance.now();
    this.#tell({ kind: 'ready', world, rank });
  }

  // ── steps ────────────────────────────────────────────────────────────────────────────────────────────────────────

  #stepIfAllowed(member: Membership): void {
    if (member.busy || member.abandoned !== undefined || member.step >= member.through) return;
    this.#beside(member, () => takeStep(member, this.#data!.config));
  }

  /** Copies what a checkpoint needs; the checkpoint actor writes it while the next steps run. */
  #saveIfDue(member: Membership): void {
    if (member.busy || !member.saveDue) return;
    const { step, folder } = member.saveDue;
    member.saveDue = undefined;
    const { world, rank, worldSize, config } = member.assignment;
    const begin = performance.now();
    const snapshot = member.rank.snapshot();
    const metadata = { architecture: JSON.stringify(config.model.architecture), step: String(step) };
    const save = { world, folder, rank, worldSize, snapshot, metadata, coordinator: this.#coordinator! };
    this.#options.checkpoint.tell({ kind: 'save', ...save });
    this.#tell({ kind: 'copied', world, rank, step, seconds: (performance.now() - begin) / 1000 });
  }

  async #measure(member: Membership, step: number): Promise<Outcome> {
    const isFirst = member.assignment.rank === 0;
    const whole = await member.rank.inspect(isFirst);
    const measurement = isFirst ? await this.#probe!.measure((name) => whole.get(name)!, member.leaving.signal) : null;
    return { kind: 'measured', step, measurement };
  }

  /** Runs something beside the mailbox, one at a time; it comes back as `done`. */
  #beside(member: Membership, work: () => Promise<Outcome>): void {
    member.busy = true;
    const { world } = member.assignment;
    work()
      .catch((error: Error): Outcome => ({ kind: 'failed', error }))
      .then((outcome) => {
        this.#context.self.tell({ kind: 'done', world, outcome });
      });
  }

  /** Now and then, and at the first step. */
  #vitals(now: number): Pick<RankReport, 'vitals'> {
    if (now - this.#vitalsTold < VITALS_EVERY) return {};
    this.#vitalsTold = now;
    const { system } = this.#context;
    return { vitals: processVitals(system.name, true, system.metrics().actors) };
  }

  async #done(member: Membership, outcome: Outcome): Promise<void> {
    const { world, rank } = member.assignment;
    member.busy = false;
    if (member.abandoned !== undefined) return this.#leave(member);
    switch (outcome.kind) {
      case 'connected':
        return this.#connected(member);
      case 'step': {
        const now = performance.now();
        const seconds = (now - member.stepEnded) / 1000;
        member.stepEnded = now;
        member.step = outcome.report.step;
        const report = { ...outcome.report, times: { ...outcome.report.times, seconds }, ...this.#vitals(now) };
        this.#stepIfAllowed(member);
        return this.#tell({ kind: 'stepDone', world, rank, report });
      }
      case 'measured':
        member.stepEnded = performance.now();
        if (outcome.measurement) {
          this.#tell({ kind: 'measured', world, step: outcome.step, measurement: outcome.measurement });
        }
        this.#saveIfDue(member);
        return this.#stepIfAllowed(member);
      case 'failed':
        return this.#fail(member, outcome.error);
    }
  }

  // ── leaving ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Tells the coordinator, which gives the world up. */
  #fail(member: Membership, error: Error): void {
    const { world, rank } = member.assignment;
    member.rank.abort(`rank ${rank}: ${error.message}`);
    this.#tell({ kind: 'rankFailed', world, rank, step: member.step, error });
  }

  /** Ends this process's part in its world, at once or when what is under way has failed. */
  async #abandon(reason: string): Promise<void> {
    const member = this.#member;
    if (!member) return;
    member.abandoned ??= reason;
    member.leaving.abort();
    member.rank.abort(reason);
    // What is under way may wait for the loader, which waits for other ranks.
    await stopActors(member, this.#context.system);
    if (!member.busy) await this.#leave(member);
  }

  async #leave(member: Membership): Promise<void> {
    await stopActors(member, this.#context.system);
    member.rank.close();
    this.#member = undefined;
    if (this.#enlistWhenIdle) this.#enlist();
    else this.#tell({ kind: 'idle', worker: this.#context.self, world: member.assignment.world });
  }

  /** The actor ends: what is under way is made to fail, and the process with it. */
  stop(): void {
    this.#member?.rank.abort('the process ends');
  }

  #tell(message: ShardCoordinatorMessage): void {
    this.#coordinator?.tell(message);
  }
}
