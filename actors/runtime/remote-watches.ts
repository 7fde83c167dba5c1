/** Death watch across a link: what is watched there from here, and here from there. */
import type { Termination } from './behaviour.ts';
import { label } from './core.ts';
import { decodeFailure, encodeFailure } from './failure-codec.ts';
import type { Failure, Frame } from './protocol.ts';
import type { ActorAddress } from './reference.ts';
import type { Target } from './target.ts';

interface Watching {
  readonly actor: string;
  readonly onTermination: (termination: Termination) => void;
}

export class RemoteWatches {
  readonly #send: (frame: Frame) => void;
  readonly #watching = new Map<number, Watching>();
  readonly #watched = new Map<number, () => void>();
  #ids = 0;

  constructor(send: (frame: Frame) => void) {
    this.#send = send;
  }

  /** Watches an actor of the other node. */
  watch(address: ActorAddress, onTermination: (termination: Termination) => void): () => void {
    this.#ids += 1;
    const id = this.#ids;
    this.#watching.set(id, { actor: label(address), onTermination });
    this.#send({ watch: { id, path: address.path, incarnation: address.incarnation } });
    return () => {
      if (this.#watching.delete(id)) this.#send({ unwatch: { id } });
    };
  }

  /** An actor there is gone. */
  terminated(id: number, failure: Failure | undefined): void {
    const watching = this.#watching.get(id);
    if (!watching) return;
    this.#watching.delete(id);
    const { actor, onTermination } = watching;
    onTermination(failure ? { kind: 'failed', actor, error: decodeFailure(failure) } : { kind: 'stopped', actor });
  }

  /** The other node watches an actor here. */
  serve(id: number, target: Target): void {
    const unwatch = target.watch((termination) => {
      this.#watched.delete(id);
      const failure = termination.kind === 'stopped' ? undefined : encodeFailure(termination.error);
      this.#send({ terminated: { watch: id, failure } });
    });
    this.#watched.set(id, unwatch);
  }

  unserve(id: number): void {
    this.#watched.get(id)?.();
    this.#watched.delete(id);
  }

  /** The other node is gone. */
  close(error: Error): void {
    for (const unwatch of this.#watched.values()) unwatch();
    this.#watched.clear();
    const watching = [...this.#watching.values()];
    this.#watching.clear();
    for (const { actor, onTermination } of watching) onTermination({ kind: 'nodeLost', actor, error });
  }
}
