/** What is left of actors that are gone. */
import type { Termination } from './behaviour.ts';
import { ActorError } from './errors.ts';
import type { Target } from './target.ts';

/** Failures remembered. */
const KEPT = 1000;

/**
 * Why actors failed, by incarnation. References of this process know it from the actor itself; those of others come with
 * an address, and are to hear the same.
 */
export class Departed {
  readonly #failures = new Map<number, Error>();

  failed(incarnation: number, failure: Error): void {
    this.#failures.set(incarnation, failure);
    if (this.#failures.size > KEPT) this.#failures.delete(this.#failures.keys().next().value!);
  }

  /** Stands in for an actor that is gone, or never was. */
  target(actor: string, incarnation: number): Target {
    const failure = this.#failures.get(incarnation);
    return {
      deliver: () => Promise.reject(stoppedError(actor, failure)),
      watch: (onTermination) => soon(() => onTermination(terminationOf(actor, failure))),
    };
  }
}

export function stoppedError(actor: string, failure: Error | undefined): ActorError {
  const why = failure ? ` because it failed: ${failure.message}` : ', or never was.';
  return new ActorError('ACTOR_STOPPED', `${actor} has stopped${why}`, { cause: failure });
}

export function terminationOf(actor: string, failure: Error | undefined): Termination {
  return failure ? { kind: 'failed', actor, error: failure } : { kind: 'stopped', actor };
}

/** Calls back when the present turn of the event loop is over, unless that is called off. */
export function soon(callback: () => void): () => void {
  const immediate = setImmediate(callback);
  return () => clearImmediate(immediate);
}
