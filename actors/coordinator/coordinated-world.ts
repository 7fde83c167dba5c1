/** A world as its coordinator sees it: the ranks that train together, and how far they are. */
import type { FlatLayout } from '../../program/flat-layout.ts';
import type { ProcessVitals } from '../../training/run/vitals.ts';
import type { RankReport, WorldNumber } from '../world.ts';
import { Agreements } from './agreements.ts';
import type { Member } from './members.ts';
import { slowRanks } from './world-plan.ts';

/** Steps in a row in which a rank was slow, after which that is told. */
const SLOW_STEPS = 30;

export class CoordinatedWorld {
  readonly number: WorldNumber;
  /** In rank order. */
  readonly members: readonly Member[];
  readonly startStep: number;
  readonly agreements: Agreements;
  /** What is to be known of all ranks before the first step: their addresses, and that they have joined. */
  readonly addresses = new Map<number, Uint8Array>();
  readonly ready = new Set<number>();
  layouts: readonly FlatLayout[] = [];
  /** Finished by all ranks; allowed; and where all of them wait next. */
  step: number;
  through: number;
  barrier: number;
  /** The last step that was measured; where the world begins, that was left to the one before. */
  measured: number;
  /** At the barrier: what is being waited for. */
  waitingFor: 'nothing' | 'measurement' | 'save' = 'nothing';
  /** Milliseconds: when a rank last told of a step, or was allowed one while none was under way. */
  lastProgress = Date.now();
  readonly #reports = new Map<number, Map<number, RankReport>>();
  readonly #vitals = new Map<number, ProcessVitals>();
  readonly #slowSteps: number[];
  /** Ranks that wait for images that are not written yet. */
  readonly #dataWaits = new Set<number>();

  constructor(number: WorldNumber, members: readonly Member[], step: number) {
    this.number = number;
    this.members = members;
    this.agreements = new Agreements(members.length);
    this.startStep = this.step = this.through = this.barrier = this.measured = step;
    this.#slowSteps = members.map(() => 0);
  }

  get size(): number {
    return this.members.length;
  }

  get names(): string[] {
    return this.members.map(({ name }) => name);
  }

  /** What ranks last told of their processes, in rank order. */
  get vitals(): ProcessVitals[] {
    return this.members.flatMap((_, rank) => this.#vitals.get(rank) ?? []);
  }

  /** The same, with the ranks. */
  get rankVitals(): (ProcessVitals & { readonly rank: number })[] {
    return this.members.flatMap((_, rank) => {
      const vitals = this.#vitals.get(rank);
      return vitals ? [{ ...vitals, rank }] : [];
    });
  }

  get waitsForData(): boolean {
    return this.#dataWaits.size > 0;
  }

  dataWait(rank: number, isOver: boolean): void {
    this.lastProgress = Date.now();
    if (isOver) this.#dataWaits.delete(rank);
    else this.#dataWaits.add(rank);
  }

  /** A rank has finished a step. @returns the reports of all ranks, in their order, if it was the last */
  report(rank: number, report: RankReport): RankReport[] | undefined {
    this.lastProgress = Date.now();
    if (report.vitals) this.#vitals.set(rank, report.vitals);
    const reports = this.#reports.get(report.step) ?? new Map<number, RankReport>();
    this.#reports.set(report.step, reports.set(rank, report));
    if (reports.size < this.size) return undefined;
    this.#reports.delete(report.step);
    this.step = report.step;
    return this.members.map((_, index) => reports.get(index)!);
  }

  /** Ranks that have just been slow for so long that it is no accident, with the seconds that they compute in a step. */
  newlySlow(reports: readonly RankReport[]): { readonly member: Member; readonly seconds: number }[] {
    const busy = reports.map(({ times }) => times.running - times.waitingForRanks);
    const slow = slowRanks(busy);
    return this.members.flatMap((member, rank) => {
      this.#slowSteps[rank] = slow.includes(rank) ? this.#slowSteps[rank]! + 1 : 0;
      return this.#slowSteps[rank] === SLOW_STEPS ? [{ member, seconds: busy[rank]! }] : [];
    });
  }
}
