/**
 * How a world runs: its ranks step by themselves, as far as they are allowed, which is a few steps ahead of what the coordinator
 * has heard of, up to the next barrier. There all wait for a measurement, a checkpoint or the end, one after another.
 *
 *     allowed ──all have told of the last step──▶ at the barrier ──▶ measurement ──▶ save ──▶ allowed, larger, or ended
 */
import { messageOf } from '../../errors.ts';
import type { Measurement } from '../../training/quality/quality-probe.ts';
import { VitalsTimes } from '../../training/run/vitals.ts';
import { isHopeless } from '../hopeless.ts';
import type { RankReport } from '../world.ts';
import type { Attempts } from './attempts.ts';
import type { CoordinatedWorld } from './coordinated-world.ts';
import type { Coordination } from './coordination.ts';
import { mergeReports } from './rank-reports.ts';
import type { Saving } from './saving.ts';
import { nextBarrier } from './world-plan.ts';

/** Steps that ranks may be ahead of what the coordinator has heard of, so that none waits for it. */
const LEAD = 3;

export class Running {
  readonly #coordination: Coordination;
  readonly #saving: Saving;
  readonly #attempts: Attempts;
  readonly #vitalsTimes = new VitalsTimes();
  #notFiniteAt: number | undefined;
  /** Seconds, of all steps so far. */
  #longestStep = 0;

  constructor(coordination: Coordination, saving: Saving, attempts: Attempts) {
    this.#coordination = coordination;
    this.#saving = saving;
    this.#attempts = attempts;
  }

  /** All ranks of the world are ready. */
  async begin(world: CoordinatedWorld): Promise<void> {
    const { record } = this.#coordination;
    record.worldStarted(world.number, world.names, world.startStep);
    if (world.step === record.total) return this.#atBarrier(world);
    this.#allow(world);
  }

  // ── steps ────────────────────────────────────────────────────────────────────────────────────────────────────────

  async stepDone(world: CoordinatedWorld, rank: number, report: RankReport): Promise<void> {
    const coordination = this.#coordination;
    this.#longestStep = Math.max(this.#longestStep, report.times.seconds);
    const all = world.report(rank, report);
    if (!all) return;
    this.#attempts.reached(world.step);
    const isBroken = !report.applied && !report.lossScale?.overflowed;
    if (isBroken && (await this.#retryNotFinite(world.step))) return;
    for (const alarm of report.alarms) coordination.warn(`step ${report.step}: ${alarm}`);
    for (const event of coordination.record.step(mergeReports(all))) coordination.emit(event);
    if (this.#vitalsTimes.isDue()) {
      const processes = [{ rank: null, ...coordination.vitals() }, ...world.rankVitals];
      coordination.emit({ kind: 'processes', step: world.step, processes });
    }
    this.#watchSpeed(world, all);
    const barrier = this.#wantsBarrier(world) ? world.through : world.barrier;
    if (world.step === world.through && world.step === barrier) return this.#atBarrier(world);
    this.#allow(world);
  }

  /** Lets the ranks go on: a few steps ahead, and not beyond the next barrier. */
  #allow(world: CoordinatedWorld): void {
    const { config, total } = this.#coordination.record;
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
    const { record, stopping, growing } = this.#coordination;
    // Where there is nothing new to save, as when a world begins, there is nothing to wait for either.
    const saves = this.#saving.dueByTime && world.through > (record.lastCheckpoint?.step ?? 0);
    return stopping || ((growing || saves) && !this.#saving.underWay);
  }

  /** The first time, the world goes back to its checkpoint, in case a rank miscalculated. @returns whether it does */
  async #retryNotFinite(step: number): Promise<boolean> {
    const { record } = this.#coordination;
    if (record.config.training.nanPolicy !== 'stop' || this.#notFiniteAt === step) return false;
    this.#notFiniteAt = step;
    await this.#coordination.recover(`the loss or a gradient of step ${step} was not finite`);
    return true;
  }

  /** A rank that computes far longer than the others holds all of them up. */
  #watchSpeed(world: CoordinatedWorld, reports: readonly RankReport[]): void {
    const { ranks, members } = this.#coordination;
    for (const { member, seconds } of world.newlySlow(reports)) {
      const times = `it computes ${seconds.toFixed(2)} s a step, which holds the others up`;
      if (world.size > ranks.minimum) members.refuse(member, `it is slow: ${times}`);
      else this.#coordination.warn(`${member.name} is slow: ${times}.`);
    }
  }

  // ── barriers ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** All ranks wait. What is due is done, one thing after another, and then they go on. */
  async #atBarrier(world: CoordinatedWorld): Promise<void> {
    const { step } = world;
    if (this.#coordination.record.measurementDue(step) && step > world.measured) {
      world.waitingFor = 'measurement';
      for (const { worker } of world.members) worker.tell({ kind: 'measure', world: world.number, step });
      return;
    }
    await this.#saveAtBarrier(world);
  }

  async measured(world: CoordinatedWorld, step: number, measurement: Measurement): Promise<void> {
    if (world.waitingFor !== 'measurement') return;
    world.waitingFor = 'nothing';
    world.measured = step;
    for (const event of this.#coordination.record.measured(step, measurement)) this.#coordination.emit(event);
    await this.#saveAtBarrier(world);
  }

  async #saveAtBarrier(world: CoordinatedWorld): Promise<void> {
    const { record, growing } = this.#coordination;
    const isLast = this.#isLast(world);
    const due = isLast || growing || record.checkpointDue(world.step) || this.#saving.dueByTime;
    if (this.#isUnsaved(world) && due) {
      // One save at a time: the ranks wait until the one before is published.
      if (!this.#saving.mayBegin) {
        world.waitingFor = 'save';
        return;
      }
      if (!(await this.#beginSave(world)) && (isLast || growing)) {
        world.waitingFor = 'save';
        return;
      }
    }
    world.waitingFor = 'nothing';
    if (isLast || growing) {
      // The end, or the next world, begins with the published checkpoint.
      world.waitingFor = 'save';
      if (!this.#saving.underWay) await this.#afterSaves(world);
      return;
    }
    this.#allow(world);
  }

  /** @returns false where it could not begin, and is tried again later */
  async #beginSave(world: CoordinatedWorld): Promise<boolean> {
    const { step, number } = world;
    try {
      const folder = await this.#saving.begin(world);
      for (const { worker } of world.members) worker.tell({ kind: 'save', world: number, step, folder });
      return true;
    } catch (error) {
      if (isHopeless(error)) throw error;
      await this.#saving.failed(step, messageOf(error));
      return false;
    }
  }

  /** Goes on where a world waited for a save that has ended, one way or the other. */
  async goOnAfterSave(world: CoordinatedWorld): Promise<void> {
    if (world.waitingFor !== 'save') return;
    if (this.#isUnsaved(world)) return this.#saveAtBarrier(world);
    await this.#afterSaves(world);
  }

  /** Everything is saved: the training ends, or a larger world is formed. */
  async #afterSaves(world: CoordinatedWorld): Promise<void> {
    const coordination = this.#coordination;
    const { record } = coordination;
    if (this.#isLast(world)) {
      const status = world.step === record.total ? 'finished' : 'stopped';
      return coordination.end({ result: record.result(status, world.step) });
    }
    if (coordination.growing) {
      coordination.growing = false;
      return coordination.recover('another process has joined');
    }
    world.waitingFor = 'nothing';
    this.#allow(world);
  }

  #isLast({ step }: CoordinatedWorld): boolean {
    const { record, stopping } = this.#coordination;
    return step === record.total || stopping;
  }

  #isUnsaved({ step }: CoordinatedWorld): boolean {
    return step > (this.#coordination.record.lastCheckpoint?.step ?? 0);
  }

  // ── the clock ────────────────────────────────────────────────────────────────────────────────────────────────────

  async tick(world: CoordinatedWorld): Promise<void> {
    const coordination = this.#coordination;
    if (coordination.stopping && world.waitsForData) {
      return coordination.recover('the training is to stop, and waits for images');
    }
    const silence = this.#longSilence(world);
    if (silence !== undefined) return coordination.recover(silence);
    if (world.waitingFor === 'save' && !this.#saving.underWay) return this.goOnAfterSave(world);
    if (world.waitingFor === 'nothing' && world.step === world.through && this.#wantsBarrier(world))
      await this.#atBarrier(world);
  }

  /**
   * A rank that hangs outside of exchanges, such as in reading an image, holds up the others' data, so that no exchange
   * fails. What a long step is, the steps before tell; the first one is given much time.
   */
  #longSilence(world: CoordinatedWorld): string | undefined {
    if (world.step >= world.through || world.waitingFor !== 'nothing' || world.waitsForData) return undefined;
    const { collectiveTimeout } = this.#coordination.record.config.ranks;
    const patience = this.#longestStep === 0 ? 10 * collectiveTimeout : collectiveTimeout + 5 * this.#longestStep;
    if (Date.now() - world.lastProgress < patience * 1000) return undefined;
    return `no rank told of a step for ${patience.toFixed(0)} s`;
  }
}
