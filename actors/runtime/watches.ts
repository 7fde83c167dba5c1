/** What one actor watches. */
import type { Message, Termination } from './behaviour.ts';
import { bound } from './bound-reference.ts';
import type { ActorAddress, ActorRef } from './reference.ts';

/** Something watched is gone. Lies in the mailbox like a message, which is made when its turn comes: making it may throw. */
export interface WatchNews {
  readonly kind: 'watchNews';
  makeMessage(): Message;
  calledOff(): boolean;
}

export class Watches {
  readonly #onNews: (news: WatchNews) => void;
  /** How to call off each, by {@link watchKey}. */
  readonly #active = new Map<string, () => void>();

  constructor(onNews: (news: WatchNews) => void) {
    this.#onNews = onNews;
  }

  /** Replaces an earlier watch of the same actor. */
  add<Watched>(ref: ActorRef<Watched>, make: (termination: Termination) => Message): void {
    this.remove(ref);
    let calledOff = false;
    const unwatch = bound(ref).target.watch((termination) => {
      this.#onNews({ kind: 'watchNews', makeMessage: () => make(termination), calledOff: () => calledOff });
    });
    this.#active.set(watchKey(ref.address), () => {
      calledOff = true;
      unwatch();
    });
  }

  remove<Watched>(ref: ActorRef<Watched>): void {
    const key = watchKey(ref.address);
    this.#active.get(key)?.();
    this.#active.delete(key);
  }

  clear(): void {
    for (const callOff of this.#active.values()) callOff();
    this.#active.clear();
  }
}

function watchKey({ node, epoch, path, incarnation }: ActorAddress): string {
  return `${node}@${epoch}/${path}#${incarnation}`;
}
