/** The children of an actor, or the top actors of a system. */

import type { Behaviour, Message, SpawnOptions } from './behaviour.ts';
import type { BoundReference } from './bound-reference.ts';
import { ActorCell } from './cell.ts';
import type { Core } from './core.ts';
import { ActorError } from './errors.ts';
import { requireName } from './names.ts';
import type { Turns } from './turns.ts';

export class Family {
  readonly #core: Core;
  readonly #turns: Turns;
  /** Of the parent, with a `/` at its end; empty at the top. */
  readonly #prefix: string;
  readonly #members = new Map<string, ActorCell>();
  #closed = false;

  constructor(core: Core, turns: Turns, prefix: string) {
    this.#core = core;
    this.#turns = turns;
    this.#prefix = prefix;
  }

  spawn<State, Received extends Message>(
    name: string,
    behaviour: Behaviour<State, Received>,
    options: SpawnOptions = {},
  ): BoundReference<Received> {
    const path = this.#prefix + name;
    requireName('an actor', name);
    if (this.#closed)
      throw new ActorError('ACTOR_STOPPED', `${path} cannot start: what it would belong to is stopping.`);
    if (this.#members.has(name)) throw new ActorError('ACTOR_NAME_TAKEN', `There is an actor at ${path} already.`);
    const cell = new ActorCell(this.#core, {
      path,
      behaviour: behaviour as Behaviour<unknown, Message>,
      options,
      addTurns: (takeTurn) => this.#turns.addChild(name, takeTurn),
      onGone: () => this.#members.delete(name),
    });
    this.#members.set(name, cell);
    return cell.self as BoundReference<unknown> as BoundReference<Received>;
  }

  /** The living member at a path below this one. */
  find(path: readonly string[]): ActorCell | undefined {
    const [name, ...rest] = path;
    const member = this.#members.get(name ?? '');
    return rest.length === 0 ? member : member?.children.find(rest);
  }

  /** Stops all; resolves when all have stopped, with what went wrong. */
  async stopAll(): Promise<Error[]> {
    const failures = await Promise.all([...this.#members.values()].map((member) => member.stop()));
    return failures.flat();
  }

  /** As {@link stopAll}, and nobody can join any more. */
  close(): Promise<Error[]> {
    this.#closed = true;
    return this.stopAll();
  }

  *all(): Generator<ActorCell> {
    for (const member of this.#members.values()) {
      yield member;
      yield* member.children.all();
    }
  }
}
