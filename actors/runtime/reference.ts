/** References: how actors are addressed, wherever they live. */

/** Where an actor lives. A restarted process has another epoch, and is another node for all who knew the old one. */
export interface ActorAddress {
  readonly node: string;
  readonly epoch: string;
  /** Names from the top, joined by `/`. */
  readonly path: string;
  /** Tells an actor from an earlier one of the same name; 0 means whichever has the name when a message arrives. */
  readonly incarnation: number;
}

export interface AskOptions {
  /** Milliseconds after which the answer is no longer waited for. @minimum 1 @maximum 2^31 - 1 */
  readonly deadline: number;
}

/**
 * Speaks to one actor, in this process or another. References can stand anywhere inside messages.
 *
 * A message is given away: its sender must not change it any more, arrays included. Messages from one node to one actor
 * arrive in the order of their `tell`, each at most once.
 */
export interface ActorRef<in Received> {
  readonly address: ActorAddress;
  /**
   * Resolves when the actor's mailbox has accepted the message, and waits while it is full. Rejects with an
   * {@link ActorError} and leaves a dead letter if the message cannot be delivered: ACTOR_STOPPED, NODE_LOST, BAD_MESSAGE,
   * MESSAGE_TOO_LARGE.
   *
   * The promise may be ignored: a rejection that nobody looks at is a dead letter and no unhandled rejection. Whoever
   * ignores it gives up back-pressure, so only senders that are slow by nature should. An actor that tells to itself has to
   * ignore it: it would wait for itself if its mailbox were full.
   */
  tell(message: Received): Promise<void>;
  /**
   * Sends the message that `make` returns for a fresh `replyTo`, and resolves with the first message told to that.
   * Rejects with an {@link ActorError}: what `tell` rejects with, ASK_TIMED_OUT, ACTOR_FAILED when the actor threw before
   * there was an answer, ACTOR_STOPPED when the actor stopped without an answer, NODE_LOST.
   */
  ask<Reply>(make: (replyTo: ActorRef<Reply>) => Received, options: AskOptions): Promise<Reply>;
  /** `node/path`, for people. */
  toString(): string;
}

/** Whether two references mean the same actor. */
export function sameActor<First, Second>(first: ActorRef<First>, second: ActorRef<Second>): boolean {
  const [a, b] = [first.address, second.address];
  return a.node === b.node && a.epoch === b.epoch && a.path === b.path && a.incarnation === b.incarnation;
}
