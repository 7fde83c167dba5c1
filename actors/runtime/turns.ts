/**
 * nact, and all that is used of it: it keeps the tree of actors and gives them their turns, one after the other for each.
 *
 * Mailboxes, failures, stopping and asking are done above it. Its mailboxes are unbounded and what they hold is lost when
 * an actor stops; its children outlive a stopped parent's handlers; its crash policies can run two handlers at once; and a
 * failed handler reaches who asked as a timeout. So no message travels through nact, no turn ever throws, and at most one
 * turn is requested ahead.
 */
import { type ActorSystemRef, dispatch, type Ref, spawn, start, stop } from 'nact';

export interface Turns {
  /** Asks for one turn, after the present one. Nothing happens after `end`. */
  request(): void;
  /** `takeTurn` must not reject. */
  addChild(name: string, takeTurn: () => Promise<void>): Turns;
  end(): void;
}

const TURN = 'turn';

/** @param name Has to be unique in the process: nact finds its systems by name. */
export function startTurns(name: string): Turns {
  return turnsOf(start({ name } as unknown as string));
}

function turnsOf(ref: Ref<typeof TURN> | ActorSystemRef): Turns {
  // nact finds an actor by its path, and so would find a later one of the same name.
  let ended = false;
  return {
    request() {
      if (!ended) dispatch(ref, TURN as never);
    },
    addChild(name, takeTurn) {
      return turnsOf(spawn(ref, takeTurn, name));
    },
    end() {
      if (ended) return;
      ended = true;
      stop(ref);
    },
  };
}
