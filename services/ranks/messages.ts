/** What a launcher and the processes that it started say to each other. */
import type { CoordinatorOptions } from '../../actors/coordinator-node.ts';
import type { WorkerOptions } from '../../actors/worker-node.ts';
import type { ResolvedConfig } from '../../training/config/config.ts';
import type { RankOf } from '../../training/rank-step.ts';
import type { TrainingEvent, TrainResult } from '../../training/training-events.ts';

export type ToProcess =
  | ({ readonly kind: 'coordinate' } & Pick<CoordinatorOptions, 'config' | 'ranks' | 'out' | 'resume'> & {
        readonly port: number;
      })
  | ({ readonly kind: 'work' } & Pick<WorkerOptions, 'coordinator' | 'name' | 'threads' | 'heartbeatTimeout'>)
  /** Run as many steps as the rank that is profiled, which the launcher itself is. */
  | ({ readonly kind: 'accompany'; readonly config: ResolvedConfig; readonly numSteps: number } & RankOf)
  /** To a rank that accompanies: the addresses of all ranks. */
  | { readonly kind: 'addresses'; readonly addresses: readonly Uint8Array[] }
  /** Answered with `pong`. */
  | { readonly kind: 'ping' }
  /** To a coordinator: end after the steps that are under way. */
  | { readonly kind: 'stop' }
  /** To a coordinator: a worker's process has ended. */
  | { readonly kind: 'processEnded'; readonly pid: number };

export type FromProcess =
  | { readonly kind: 'pong' }
  | { readonly kind: 'listening'; readonly address: string }
  | { readonly kind: 'address'; readonly address: Uint8Array }
  | { readonly kind: 'accompanied' }
  | { readonly kind: 'event'; readonly event: TrainingEvent }
  | { readonly kind: 'lost'; readonly pid: number }
  | { readonly kind: 'result'; readonly result: TrainResult }
  | { readonly kind: 'dismissed'; readonly reason?: string }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };
