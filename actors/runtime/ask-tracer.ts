/** Who follows questions from one node to another, with a trace or in another way: none unless the system was given one. */

export interface Question {
  /** `node/path` of the actor that is asked. */
  readonly to: string;
  /** The message's `kind`. */
  readonly kind: string;
}

export interface FollowedQuestion {
  /** W3C `traceparent`, which travels with the question. */
  readonly traceparent?: string | undefined;
  /** @param error why there is no answer */
  end(error?: Error): void;
}

/** Each may leave a question alone. */
export interface AskTracer {
  /** A question goes to another node. */
  asking(question: Question): FollowedQuestion | undefined;
  /** A question came whose asker follows it. */
  asked(question: Question, traceparent: string): FollowedQuestion | undefined;
}
