/** What a training tells as it goes, whether one process runs it or a coordinator with many. */
import type { EvaluationRecord, WorseRecord } from './evaluations/evaluation-records.ts';
import type { QualityRecord, RanksRecord, StepRecord } from './run/records.ts';
import type { ProcessVitals } from './run/vitals.ts';

export type TrainingEvent =
  | {
      readonly kind: 'start';
      readonly out: string;
      readonly step: number;
      readonly total: number;
      /** Infinity for a topic that is still being written. */
      readonly images: number;
      /** Images of a step, of all ranks together. */
      readonly batchSize: number;
      /** Of one rank. */
      readonly memory: { readonly arenaBytes: number; readonly persistentBytes: number };
    }
  | StepRecord
  | QualityRecord
  | EvaluationRecord
  | WorseRecord
  | {
      readonly kind: 'checkpoint';
      readonly step: number;
      readonly path: string;
      /** From the moment it was due until it was there; steps go on meanwhile. */
      readonly seconds: number;
      /** Of its files. */
      readonly bytes: number;
    }
  | { readonly kind: 'skipped'; readonly image: string; readonly code: string; readonly reason: string }
  | { readonly kind: 'warning'; readonly message: string }
  | WorldEvent
  | ProcessesEvent;

/** Several ranks only: so many begin to train together, from a step on, and why if they are not the first. */
export interface WorldEvent {
  readonly kind: 'world';
  readonly world: number;
  /** Names of the processes, in rank order. */
  readonly ranks: readonly string[];
  readonly step: number;
  readonly reason?: string;
}

/** How the processes are: after the first step that is taken here, and then every few seconds at most. */
export interface ProcessesEvent {
  readonly kind: 'processes';
  readonly step: number;
  /** With the rank of each; null for a coordinator. */
  readonly processes: readonly (ProcessVitals & { readonly rank: number | null })[];
}

export interface TrainResult {
  readonly status: 'finished' | 'stopped';
  readonly out: string;
  readonly steps: number;
  /** Of the last step; null where it was not finite, or where there was nothing left to do. */
  readonly loss: number | null;
  /** Folder of the last checkpoint; null where the run was stopped before its first step. */
  readonly checkpoint: string | null;
  /** Images that could not be used, each counted once. */
  readonly skippedImages: number;
  readonly quality?: QualityRecord;
  /** The share of the time in which steps waited for checkpoints: for the copies that they are written from. */
  readonly copyingShare?: number;
  /** What being several ranks cost, as means over the steps that this coordinator saw. */
  readonly ranks?: RanksRecord;
}
