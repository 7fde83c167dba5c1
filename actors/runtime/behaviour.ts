/**
 * What an actor is: a state, and a function from state and message to the next state.
 *
 *               spawn                      throws, within the restart window
 *                 │                     ┌──────────────────────────────────────┐
 *                 ▼                     ▼                                      │
 *             starting ──start()──▶ running ──receive(), one at a time──▶ failing ──too often──▶ failed
 *                                       │                                                          ▲
 *                                       └──stop──▶ stopping: children, then stop() ──▶ stopped     │
 *                                                       └──────────── stop() throws ───────────────┘
 */
import type { ActorRef } from './reference.ts';
import type { ActorSystem } from './system.ts';

/** Messages are plain data, and unions of them are told apart by `kind`. */
export interface Message {
  readonly kind: string;
}

/**
 * How an actor behaves. Each function may return a promise; the actor does nothing else until it settles, so two of them
 * never run at once. A promise that never settles blocks the actor, and whoever waits for it to stop.
 */
export interface Behaviour<State, Received extends Message> {
  /** Makes the first state; runs again at every restart. */
  start(context: ActorContext<Received>): State | Promise<State>;
  /**
   * Handles one message and returns the next state. What it throws restarts the actor; the message is not tried again, and
   * whoever has asked and not been answered hears of it (ACTOR_FAILED).
   */
  receive(state: State, message: Received, context: ActorContext<Received>): State | Promise<State>;
  /** Releases what the state holds: after the children have stopped, and before a restart. */
  stop?(state: State, context: ActorContext<Received>): void | Promise<void>;
}

/** What an actor may do apart from handling messages. Valid as long as the actor runs. */
export interface ActorContext<Received extends Message> {
  readonly self: ActorRef<Received>;
  readonly system: ActorSystem;
  /**
   * Starts a child. It is stopped before this actor stops or restarts. One that fails for good does not take its parent
   * along: watch it.
   * @throws ActorError ACTOR_NAME_TAKEN, BAD_ACTOR_OPTION
   */
  spawn<State, ChildReceived extends Message>(
    name: string,
    behaviour: Behaviour<State, ChildReceived>,
    options?: SpawnOptions,
  ): ActorRef<ChildReceived>;
  /**
   * Puts the message that `make` returns into this actor's mailbox when the other actor is gone, once; at once if it is
   * gone already. It is accepted even by a full mailbox. A restart of this actor forgets what it watches.
   */
  watch<Watched>(ref: ActorRef<Watched>, make: (termination: Termination) => Received): void;
  unwatch<Watched>(ref: ActorRef<Watched>): void;
  /** Stops this actor after the current message. What waits in the mailbox becomes dead letters. */
  stop(): void;
}

/** Why an actor is gone. A restart is no termination. */
export type Termination =
  | { readonly kind: 'stopped'; readonly actor: string }
  /** It threw too often, or its `stop` threw: `error` is what it threw. */
  | { readonly kind: 'failed'; readonly actor: string; readonly error: Error }
  /** Its node is lost. Whether it still runs there is unknown. */
  | { readonly kind: 'nodeLost'; readonly actor: string; readonly error: Error };

export interface SpawnOptions {
  /** Messages that the mailbox holds, the one that is being handled not counted. @default 1000 @minimum 1 */
  readonly mailboxCapacity?: number;
  /** An actor that throws more than `maximum` times within `withinMs` is stopped for good. @default 3 within 60,000 ms */
  readonly restarts?: RestartWindow;
}

export interface RestartWindow {
  /** 0 never restarts. */
  readonly maximum: number;
  readonly withinMs: number;
}
