/** What stands behind a reference: an actor of this process, one of another, or somebody who waits for an answer. */
import type { Termination } from './behaviour.ts';

/** A message under way. */
export interface Delivery {
  readonly message: unknown;
  /** Whoever asked, if the message is a question. */
  readonly asker?: Asker;
}

/** One who waits for an answer, as the actor sees him that has the question. */
export interface Asker {
  /** Milliseconds that were granted for the answer. */
  readonly deadline: number;
  /** Where the answer is to be sent. */
  readonly replyPath: string;
  /** Travels with the question to another node, where somebody follows it. */
  traceparent?: string | undefined;
  /** There will be no answer. */
  fail(error: Error): void;
  /** Set by the actor that has the question: called once when it is answered, or no longer waited for. */
  onSettled: (() => void) | undefined;
}

export interface Target {
  /** Resolves when the message is accepted; rejects with an ActorError if it will not be. */
  deliver(delivery: Delivery): Promise<void>;
  /** Calls back once, never before it has returned; returns how to call that off. */
  watch(onTermination: (termination: Termination) => void): () => void;
}
