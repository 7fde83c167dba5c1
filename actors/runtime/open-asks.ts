/** Questions that wait for their answers. Each has a path, so that an answer finds it from another process too. */
import { ActorError } from './errors.ts';
import type { Asker, Target } from './target.ts';

/** No actor's name may begin so. */
export const ASK_PREFIX = '$ask-';

export interface OpenAsk extends Asker {
  readonly answer: Promise<unknown>;
  /** Takes the answer. */
  readonly target: Target;
}

export class OpenAsks {
  readonly #open = new Map<string, OpenAsk>();
  #count = 0;

  /** @param asked For the error's message. */
  open(asked: string, deadline: number): OpenAsk {
    this.#count += 1;
    const replyPath = `${ASK_PREFIX}${this.#count}`;
    const { promise: answer, resolve, reject } = withResolvers<unknown>();
    const timer = setTimeout(() => ask.fail(timedOut(asked, deadline)), deadline);
    // Whoever asked may have given up before the answer: `make` threw.
    answer.catch(() => {});
    // False for all but the first: later answers and failures change nothing.
    const settle = (): boolean => {
      if (!this.#open.delete(replyPath)) return false;
      clearTimeout(timer);
      ask.onSettled?.();
      return true;
    };
    const ask: OpenAsk = {
      answer,
      deadline,
      replyPath,
      onSettled: undefined,
      fail(error) {
        if (settle()) reject(error);
      },
      target: {
        async deliver({ message }) {
          if (!settle()) throw tooLate();
          resolve(message);
        },
        watch: () => () => {},
      },
    };
    this.#open.set(replyPath, ask);
    return ask;
  }

  /** Where an answer goes; one that comes too late is refused. */
  target(replyPath: string): Target {
    return this.#open.get(replyPath)?.target ?? { deliver: () => Promise.reject(tooLate()), watch: () => () => {} };
  }

  find(replyPath: string): OpenAsk | undefined {
    return this.#open.get(replyPath);
  }
}

/** A promise with its two ends. */
export function withResolvers<Value>() {
  let resolve!: (value: Value) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<Value>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}

function timedOut(asked: string, deadline: number): ActorError {
  return new ActorError('ASK_TIMED_OUT', `${asked} did not answer within ${deadline} ms.`);
}

function tooLate(): ActorError {
  return new ActorError('ACTOR_STOPPED', 'The answer came when nobody waited for it any more.');
}
