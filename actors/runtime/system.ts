/** The actors of one process. */
import { randomUUID } from 'node:crypto';
import type { Behaviour, Message, SpawnOptions } from './behaviour.ts';
import type { DeadLetter, SystemListener, SystemMetrics } from './events.ts';
import type { ActorRef } from './reference.ts';

export interface ActorSystemOptions {
  /** The name of this node: unique among the processes that work together. Letters, digits, `.`, `_` and `-`. */
  readonly name: string;
}

export class ActorSystem {
  readonly name: string;
  /** Random; a process that starts again is another node. */
  readonly epoch: string = randomUUID();

  constructor(options: ActorSystemOptions) {
    this.name = options.name;
  }

  /** Starts an actor. Messages told to it before its `start` has settled wait. @throws ActorError ACTOR_NAME_TAKEN, BAD_ACTOR_OPTION, ACTOR_STOPPED */
  spawn<State, Received extends Message>(
    _name: string,
    _behaviour: Behaviour<State, Received>,
    _options?: SpawnOptions,
  ): ActorRef<Received> {
    throw new Error('not yet');
  }

  /**
   * Stops an actor of this process after its current message, and resolves when its children and then itself have
   * stopped. Rejects with ACTOR_FAILED if a `stop` threw; all have stopped even so. Of use to everybody but the actor
   * itself, which must not wait for its own end: see `context.stop()`.
   */
  stopActor<Received>(_ref: ActorRef<Received>): Promise<void> {
    throw new Error('not yet');
  }

  /** Stops all actors, as {@link stopActor} does. Safe to call twice. */
  stop(): Promise<void> {
    throw new Error('not yet');
  }

  /** Listens until the returned function is called. What a listener throws is thrown out of the event loop's next turn. */
  subscribe(_listener: SystemListener): () => void {
    throw new Error('not yet');
  }

  /** The last dead letters, oldest first, without their messages; at most 100. */
  recentDeadLetters(): readonly DeadLetter[] {
    throw new Error('not yet');
  }

  metrics(): SystemMetrics {
    throw new Error('not yet');
  }
}
