/** What the actors of a training tell each other about the world: the ranks that train together from one step on. */
import type { SkippedImage } from '../data/loader.ts';
import type { DataPosition } from '../data/order.ts';
import type { ResolvedConfig } from '../training/config/config.ts';
import type { LossScaleReport } from '../training/loss-scale.ts';
import type { ProcessVitals } from '../training/run/vitals.ts';

/** Counts the worlds of a coordinator; a message of another world is out of date. */
export type WorldNumber = number;

/** A rank's place in a world. */
export interface Assignment {
  readonly world: WorldNumber;
  readonly rank: number;
  readonly worldSize: number;
  /** How ranks reach each other. */
  readonly transport: 'shared-memory' | 'gloo' | 'nccl';
  /** The same without GPUs: by this ranks agree on calls of `nccl`, and learn of each other's end. */
  readonly meetBy: 'shared-memory' | 'gloo';
  readonly config: ResolvedConfig;
  /** Steps of the whole training. */
  readonly total: number;
  /** Where to go on: the checkpoint's folder, or the beginning. */
  readonly from: { readonly step: number; readonly position: DataPosition | null; readonly checkpoint: string | null };
}

/** One rank's account of a step. What concerns all ranks is the same in each. */
export interface RankReport {
  readonly step: number;
  readonly position: DataPosition;
  readonly start: DataPosition;
  readonly loss: number;
  readonly applied: boolean;
  /** In fp16 only. */
  readonly lossScale?: LossScaleReport;
  readonly prototypeUse: Float32Array;
  readonly norms: Float32Array;
  readonly ratios: Float32Array;
  /** What the norms of layers show, as sentences. */
  readonly alarms: readonly string[];
  /** Of this rank's rows. */
  readonly names: readonly string[];
  readonly digest: string;
  readonly skipped: readonly SkippedImage[];
  readonly times: StepTimes;
  /** How its process is; not at every step. */
  readonly vitals?: ProcessVitals;
}

/** Where a rank's seconds went, from the end of the step before to the end of this. */
export interface StepTimes {
  readonly seconds: number;
  readonly waitingForData: number;
  /** In programs: computing, and waiting for other ranks. */
  readonly running: number;
  /** The computation waiting for other ranks, within its operations and for the communication queue. */
  readonly waitingForRanks: number;
  /** The communication queue, at work or waiting, beside the computation. */
  readonly communicating: number;
  /** The part of it for which the computation waited. */
  readonly exposed: number;
}

/** The share of the communication queue's time that was hidden behind the computation. */
export function hiddenShare({ communicating, exposed }: StepTimes): number {
  return communicating === 0 ? 1 : Math.max(0, 1 - exposed / communicating);
}

/** What identifies the images that a process sees: ranks that see others must not train together. */
export interface DataFingerprint {
  /** Null where they have no end yet. */
  readonly images: number | null;
  /** Of all names in order, in hexadecimal. */
  readonly names: string;
}
