/** What the coordinator and the workers of a training say to each other. */
import type { CheckpointEntry } from '../checkpoints/open-checkpoint.ts';
import type { SavedFile } from '../checkpoints/shards.ts';
import type { FailedRow, ShareRound } from '../data/share.ts';
import type { FlatLayout } from '../program/flat-layout.ts';
import type { ResolvedConfig } from '../training/config/config.ts';
import type { Measurement } from '../training/quality/quality-probe.ts';
import type { ActorRef, Termination } from './runtime/index.ts';
import type { Assignment, DataFingerprint, RankReport, WorldNumber } from './world.ts';

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
  /** Folders tell one attempt to save a step from another. */
  | ({ readonly kind: 'saved'; readonly folder: string; readonly files: readonly SavedFile[] } & OfRank)
  | ({ readonly kind: 'saveFailed'; readonly folder: string; readonly message: string } & OfRank)
  // ── from itself and from its process ──
  | { readonly kind: 'published'; readonly entry: CheckpointEntry }
  | { readonly kind: 'publishFailed'; readonly folder: string; readonly message: string }
  | { readonly kind: 'tick' }
  /** A rank waits for images that are not written yet, or waits no longer. */
  | ({ readonly kind: 'dataWait'; readonly message: string; readonly isOver: boolean } & OfRank)
  /** A process of this host has ended: it need not be waited for. */
  | { readonly kind: 'processEnded'; readonly pid: number }
  /** End after the steps that are allowed already, with a checkpoint. */
  | { readonly kind: 'stop' };

/** The coordinator's messages of one kind. */
export type Told<Kind extends ShardCoordinatorMessage['kind']> = Extract<ShardCoordinatorMessage, { kind: Kind }>;

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

export type GpuWorkerMessage =
  /** The process has found its coordinator (again). */
  | { readonly kind: 'enlist'; readonly coordinator: ActorRef<ShardCoordinatorMessage> }
  | { readonly kind: 'coordinatorLost'; readonly reason: string }
  | { readonly kind: 'prepare'; readonly config: ResolvedConfig }
  | { readonly kind: 'form'; readonly assignment: Assignment }
  | { readonly kind: 'connect'; readonly world: WorldNumber; readonly addresses: readonly Uint8Array[] }
  /** Steps up to this one may be taken. */
  | { readonly kind: 'proceed'; readonly world: WorldNumber; readonly through: number }
  | { readonly kind: 'save'; readonly world: WorldNumber; readonly step: number; readonly folder: string }
  | { readonly kind: 'measure'; readonly world: WorldNumber; readonly step: number }
  | { readonly kind: 'abandon'; readonly world: WorldNumber; readonly reason: string }
  /** There is nothing more to do for this process. */
  | { readonly kind: 'dismiss'; readonly dismissal: Dismissal }
  /** From itself: what ran beside the mailbox has ended. */
  | { readonly kind: 'done'; readonly world: WorldNumber; readonly outcome: Outcome };

export type Dismissal =
  | { readonly kind: 'finished' }
  /** The coordinator does not want this process: why. */
  | { readonly kind: 'refused'; readonly reason: string };

/** What a worker's long work has come to. */
export type Outcome =
  | { readonly kind: 'connected' }
  | { readonly kind: 'step'; readonly report: RankReport }
  | { readonly kind: 'measured'; readonly step: number; readonly measurement: Measurement | null }
  | { readonly kind: 'failed'; readonly error: Error };
