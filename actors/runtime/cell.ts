/**
 * One living actor: its mailbox, its state, and what happens when it throws or stops. behaviour.ts has the diagram.
 *
 * All of its work is done in turns, one after the other (turns.ts), and a turn does one thing: start, handle one message,
 * or stop. So nothing here needs a lock, and a request to stop takes effect between two messages.
 */

import { messageOf } from '../../errors.ts';
import type { ActorContext, Behaviour, Message, SpawnOptions, Termination } from './behaviour.ts';
import { BoundReference } from './bound-reference.ts';
import type { Core } from './core.ts';
import { stoppedError, terminationOf } from './departed.ts';
import { ActorError } from './errors.ts';
import type { ActorMetrics } from './events.ts';
import { Family } from './family.ts';
import { Mailbox } from './mailbox.ts';
import { withResolvers } from './open-asks.ts';
import { RestartBudget } from './restart-budget.ts';
import type { Asker, Delivery, Target } from './target.ts';
import type { Turns } from './turns.ts';
import { Watches, type WatchNews } from './watches.ts';

export interface CellOptions {
  readonly path: string;
  readonly behaviour: Behaviour<unknown, Message>;
  readonly options: SpawnOptions;
  addTurns(takeTurn: () => Promise<void>): Turns;
  onGone(): void;
}

type Phase = 'starting' | 'running' | 'stopping' | 'gone';
type Item = ({ readonly kind: 'delivery' } & Delivery) | WatchNews;

export class ActorCell implements Target {
  readonly self: BoundReference<unknown>;
  readonly children: Family;
  readonly #core: Core;
  readonly #path: string;
  readonly #behaviour: Behaviour<unknown, Message>;
  readonly #context: ActorContext<Message>;
  readonly #mailbox: Mailbox<Item>;
  readonly #restartBudget: RestartBudget;
  readonly #turns: Turns;
  readonly #watches: Watches;
  readonly #watchers = new Set<(termination: Termination) => void>();
  /** Those whose questions were handled and not answered yet. */
  readonly #askers = new Set<Asker>();
  readonly #gone = withResolvers<Error[]>();
  readonly #onGone: () => void;
  #phase: Phase = 'starting';
  #turnRequested = false;
  /** Boxed: undefined may be a state. */
  #state: { readonly value: unknown } | undefined;
  #failure: Error | undefined;
  #handled = 0;
  #handlingMs = 0;
  #restarts = 0;
  #deadLetters = 0;

  constructor(core: Core, { path, behaviour, options, addTurns, onGone }: CellOptions) {
    this.#core = core;
    this.#path = path;
    this.#behaviour = behaviour;
    this.#onGone = onGone;
    this.#mailbox = new Mailbox(requireCapacity(path, options.mailboxCapacity ?? 1000));
    this.#restartBudget = new RestartBudget(path, options.restarts ?? { maximum: 3, withinMs: 60_000 });
    this.#watches = new Watches((news) => {
      if (this.#mailbox.force(news)) this.#requestTurn();
    });
    const address = { node: core.name, epoch: core.epoch, path, incarnation: core.nextIncarnation() };
    this.self = new BoundReference(core, address, this);
    this.#turns = addTurns(() => this.#takeTurn());
    this.children = new Family(core, this.#turns, `${path}/`);
    this.#context = this.#makeContext();
    this.#requestTurn();
  }

  deliver(delivery: Delivery): Promise<void> {
    const accepted = this.#mailbox.put({ kind: 'delivery', ...delivery });
    this.#requestTurn();
    accepted.catch(() => {
      this.#deadLetters += 1;
    });
    return accepted;
  }

  watch(onTermination: (termination: Termination) => void): () => void {
    // Its own function for each call, so that one may watch twice and call off one of the two.
    const watcher = (termination: Termination) => onTermination(termination);
    if (this.#phase === 'gone') setImmediate(() => this.#watchers.delete(watcher) && watcher(this.#termination()));
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Resolves when the actor is gone, with what its own and its children's `stop` threw. */
  stop(): Promise<Error[]> {
    if (this.#phase === 'starting' || this.#phase === 'running') {
      this.#phase = 'stopping';
      this.#closeMailbox();
      this.#requestTurn();
    }
    return this.#gone.promise;
  }

  metrics(): ActorMetrics {
    return {
      path: this.#path,
      mailboxDepth: this.#mailbox.depth,
      mailboxPeak: this.#mailbox.peak,
      mailboxCapacity: this.#mailbox.capacity,
      handled: this.#handled,
      restarts: this.#restarts,
      deadLetters: this.#deadLetters,
      handlingMs: this.#handlingMs,
    };
  }

  #requestTurn(): void {
    if (this.#turnRequested || this.#phase === 'gone') return;
    this.#turnRequested = true;
    this.#turns.request();
  }

  async #takeTurn(): Promise<void> {
    switch (this.#phase) {
      case 'starting':
        await this.#start();
        break;
      case 'running':
        await this.#handleNext();
        break;
      case 'stopping':
        await this.#stopNow();
        break;
      case 'gone':
        return;
    }
    this.#turnRequested = false;
    if (this.#phase !== 'running' || this.#mailbox.depth > 0) this.#requestTurn();
  }

  async #start(): Promise<void> {
    try {
      this.#state = { value: await this.#behaviour.start(this.#context) };
      if (this.#phase === 'starting') this.#phase = 'running';
    } catch (error) {
      await this.#fail(asError(error));
    }
  }

  async #handleNext(): Promise<void> {
    const item = this.#mailbox.take();
    if (!item || (item.kind === 'watchNews' && item.calledOff())) return;
    const asker = item.kind === 'delivery' ? item.asker : undefined;
    if (asker) this.#expectAnswer(asker);
    const began = performance.now();
    let failure: Error | undefined;
    try {
      const message = item.kind === 'delivery' ? (item.message as Message) : item.makeMessage();
      this.#state = { value: await this.#behaviour.receive(this.#state!.value, message, this.#context) };
    } catch (error) {
      failure = asError(error);
    }
    this.#handled += 1;
    this.#handlingMs += performance.now() - began;
    if (failure) await this.#fail(failure);
  }

  #expectAnswer(asker: Asker): void {
    this.#askers.add(asker);
    asker.onSettled = () => this.#askers.delete(asker);
  }

  /** Makes ready to start again, or to stop for good. */
  async #fail(error: Error): Promise<void> {
    // Those whose answers were still to come too: what the state knew of them is lost with it.
    for (const asker of this.#askers) asker.fail(this.#failedError(error));
    if (this.#phase === 'stopping' || !this.#restartBudget.take()) return this.#giveUp(error);
    this.#core.emit({ kind: 'actorRestarted', actor: this.self.toString(), error });
    this.#restarts += 1;
    this.#watches.clear();
    const [failure] = [...(await this.children.stopAll()), ...(await this.#release())];
    if (failure) return this.#giveUp(failure);
    if (this.#phase === 'running') this.#phase = 'starting';
  }

  #giveUp(error: Error): void {
    this.#failure = error;
    this.#core.departed.failed(this.self.address.incarnation, error);
    this.#core.emit({ kind: 'actorFailed', actor: this.self.toString(), error });
    void this.stop();
  }

  async #stopNow(): Promise<void> {
    this.#watches.clear();
    const failures = [...(await this.children.close()), ...(await this.#release())];
    const [failure] = failures;
    if (failure && !this.#failure) this.#giveUp(failure);
    this.#phase = 'gone';
    for (const asker of this.#askers) asker.fail(this.#stoppedError());
    this.#turns.end();
    this.#onGone();
    for (const watcher of this.#watchers) watcher(this.#termination());
    this.#watchers.clear();
    this.#gone.resolve(failures);
  }

  /** Runs `stop` on the state, if there is one; what it throws comes back. */
  async #release(): Promise<Error[]> {
    const state = this.#state;
    this.#state = undefined;
    if (!state) return [];
    try {
      await this.#behaviour.stop?.(state.value, this.#context);
      return [];
    } catch (error) {
      return [asError(error)];
    }
  }

  #closeMailbox(): void {
    const reason = this.#stoppedError();
    for (const item of this.#mailbox.close(reason)) {
      if (item.kind === 'watchNews') continue;
      this.#deadLetters += 1;
      this.#core.deadLetters.add(this.self.address, item.message, reason);
      item.asker?.fail(reason);
    }
  }

  #termination(): Termination {
    return terminationOf(this.self.toString(), this.#failure);
  }

  #failedError(cause: Error): ActorError {
    return new ActorError('ACTOR_FAILED', `${this.self} failed: ${cause.message}`, { cause });
  }

  #stoppedError(): ActorError {
    return stoppedError(this.self.toString(), this.#failure);
  }

  #makeContext(): ActorContext<Message> {
    return {
      self: this.self,
      system: this.#core.system,
      spawn: (name, behaviour, options) => this.children.spawn(name, behaviour, options),
      watch: (ref, make) => this.#watches.add(ref, make),
      unwatch: (ref) => this.#watches.remove(ref),
      stop: () => void this.stop(),
    };
  }
}

function requireCapacity(path: string, capacity: number): number {
  if (Number.isSafeInteger(capacity) && capacity >= 1) return capacity;
  throw new ActorError('BAD_ACTOR_OPTION', `${path}: mailboxCapacity is an integer of at least 1, not ${capacity}.`);
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(messageOf(thrown));
}
