/** What a system tells about itself, for logs and metrics. Nothing in it decides anything. */
import type { ActorError } from './errors.ts';

/** A message that nobody handled. */
export interface DeadLetter {
  /** Whom it was for, as `node/path`. */
  readonly to: string;
  /** The message's `kind`, or `''` if it has none. */
  readonly messageKind: string;
  readonly reason: ActorError;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export type SystemEvent =
  /** An actor threw and starts again. */
  | { readonly kind: 'actorRestarted'; readonly actor: string; readonly error: Error }
  /** An actor threw too often, or while it stopped, and is gone for good. */
  | { readonly kind: 'actorFailed'; readonly actor: string; readonly error: Error }
  /** With the message itself, which the list of recent dead letters does not keep. */
  | { readonly kind: 'deadLetter'; readonly letter: DeadLetter; readonly message: unknown }
  | { readonly kind: 'nodeJoined'; readonly node: string; readonly epoch: string }
  /** The connection broke; the session goes on if it comes back in time. */
  | { readonly kind: 'nodeDisconnected'; readonly node: string; readonly epoch: string; readonly reason: string }
  | { readonly kind: 'nodeResumed'; readonly node: string; readonly epoch: string }
  | { readonly kind: 'nodeLost'; readonly node: string; readonly epoch: string; readonly error: ActorError }
  /** The other side was not let in, or did not let us in. */
  | { readonly kind: 'nodeRefused'; readonly node: string; readonly error: ActorError }
  | { readonly kind: 'warning'; readonly message: string };

export type SystemListener = (event: SystemEvent) => void;

/** A snapshot of one actor's counters. */
export interface ActorMetrics {
  /** Names from the top, joined by `/`. */
  readonly path: string;
  readonly mailboxDepth: number;
  readonly mailboxPeak: number;
  readonly mailboxCapacity: number;
  /** Messages whose handling ended, well or not. */
  readonly handled: number;
  readonly restarts: number;
  readonly deadLetters: number;
  /** Milliseconds spent in `receive`, waiting included. */
  readonly handlingMs: number;
}

export interface SystemMetrics {
  readonly actors: readonly ActorMetrics[];
  /** Of all actors, those that are gone included. */
  readonly deadLetters: number;
}
