/** The actors of one process. */
import { randomUUID } from 'node:crypto';
import type { AskTracer } from './ask-tracer.ts';
import type { Behaviour, Message, SpawnOptions } from './behaviour.ts';
import { bound } from './bound-reference.ts';
import { ActorCell } from './cell.ts';
import { Core } from './core.ts';
import { ActorError } from './errors.ts';
import type { DeadLetter, SystemListener, SystemMetrics } from './events.ts';
import { Family } from './family.ts';
import { requireName } from './names.ts';
import type { ActorRef } from './reference.ts';
import { startTurns, type Turns } from './turns.ts';

export interface ActorSystemOptions {
  /** The name of this node: unique among the processes that work together. Letters, digits, `.`, `_` and `-`. */
  readonly name: string;
  /** Follows questions to and from other nodes. */
  readonly asks?: AskTracer | undefined;
}

export class ActorSystem {
  readonly name: string;
  /** Random; a process that starts again is another node. */
  readonly epoch: string = randomUUID();
  readonly #core: Core;
  readonly #turns: Turns;
  readonly #top: Family;
  #stopped: Promise<void> | undefined;

  /** @throws ActorError BAD_ACTOR_OPTION */
  constructor({ name, asks }: ActorSystemOptions) {
    requireName('a node', name);
    this.name = name;
    this.#turns = startTurns(`${name}@${this.epoch}`);
    this.#core = new Core(this, (core) => new Family(core, this.#turns, ''), asks);
    this.#top = this.#core.top;
  }

  /**
   * Starts an actor. What is told to it before its `start` has settled waits in its mailbox.
   * @throws ActorError ACTOR_NAME_TAKEN, BAD_ACTOR_OPTION, ACTOR_STOPPED
   */
  spawn<State, Received extends Message>(
    name: string,
    behaviour: Behaviour<State, Received>,
    options?: SpawnOptions,
  ): ActorRef<Received> {
    return this.#top.spawn(name, behaviour, options);
  }

  /**
   * Stops an actor of this process after its current message, and resolves when its children and then itself have
   * stopped. Rejects with ACTOR_FAILED if a `stop` threw; all have stopped even so. Of use to everybody but the actor
   * itself, which must not wait for its own end: see `context.stop()`.
   */
  async stopActor<Received>(ref: ActorRef<Received>): Promise<void> {
    const { target } = bound(ref);
    if (!(target instanceof ActorCell)) {
      throw new ActorError('BAD_ACTOR_OPTION', `${ref} does not live in this process: tell it to stop.`);
    }
    throwFirst(`${ref}`, await target.stop());
  }

  /** Stops all actors, as {@link stopActor} does. Safe to call twice. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stopAll();
    return this.#stopped;
  }

  /** Listens until the returned function is called. What a listener throws ends the process, as any error nobody catches. */
  subscribe(listener: SystemListener): () => void {
    return this.#core.subscribe(listener);
  }

  /** The last dead letters, oldest first, without their messages; at most 100. */
  recentDeadLetters(): readonly DeadLetter[] {
    return this.#core.deadLetters.recent;
  }

  metrics(): SystemMetrics {
    const actors = [...this.#top.all()].map((cell) => cell.metrics());
    return { actors, deadLetters: this.#core.deadLetters.count };
  }

  async #stopAll(): Promise<void> {
    const failures = await this.#top.close();
    this.#turns.end();
    throwFirst(this.name, failures);
  }
}

function throwFirst(what: string, [first]: readonly Error[]): void {
  if (first) throw new ActorError('ACTOR_FAILED', `${what} did not stop well: ${first.message}`, { cause: first });
}
