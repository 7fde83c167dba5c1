/** References as they work inside: an address, and the target behind it as this process sees it. */
import type { FollowedQuestion } from './ask-tracer.ts';
import { type Core, label } from './core.ts';
import { ActorError } from './errors.ts';
import { kindOf } from './names.ts';
import type { ActorAddress, ActorRef, AskOptions } from './reference.ts';
import type { Delivery, Target } from './target.ts';

/** A timer of more milliseconds would ring at once. */
export const LONGEST_DEADLINE = 2 ** 31 - 1;

export class BoundReference<in Received> implements ActorRef<Received> {
  readonly address: ActorAddress;
  readonly target: Target;
  readonly #core: Core;

  constructor(core: Core, address: ActorAddress, target: Target) {
    this.#core = core;
    this.address = address;
    this.target = target;
  }

  tell(message: Received): Promise<void> {
    return this.#deliver({ message });
  }

  async ask<Reply>(make: (replyTo: ActorRef<Reply>) => Received, { deadline }: AskOptions): Promise<Reply> {
    if (!(deadline >= 1 && deadline <= LONGEST_DEADLINE)) {
      throw new ActorError(
        'BAD_ACTOR_OPTION',
        `The deadline of an ask is 1 to ${LONGEST_DEADLINE} ms, not ${deadline}.`,
      );
    }
    const core = this.#core;
    const asker = core.asks.open(label(this.address), deadline);
    const here = { node: core.name, epoch: core.epoch, path: asker.replyPath, incarnation: 0 };
    let followed: FollowedQuestion | undefined;
    try {
      const message = make(new BoundReference<Reply>(core, here, asker.target));
      followed = this.#follow(message);
      asker.traceparent = followed?.traceparent;
      this.#deliver({ message, asker }).catch((error) => asker.fail(error));
    } catch (error) {
      asker.fail(error as Error);
    }
    try {
      const answer = (await asker.answer) as Reply;
      followed?.end();
      return answer;
    } catch (error) {
      followed?.end(error as Error);
      throw error;
    }
  }

  toString(): string {
    return label(this.address);
  }

  #follow(message: Received): FollowedQuestion | undefined {
    if (!this.#core.askTracer || this.#core.isHere(this.address)) return undefined;
    return this.#core.askTracer.asking({ to: label(this.address), kind: kindOf(message) });
  }

  #deliver(delivery: Delivery): Promise<void> {
    const accepted = this.target.deliver(delivery);
    // This also is what makes it safe to ignore the promise.
    accepted.catch((error) => this.#core.deadLetters.add(this.address, delivery.message, error));
    return accepted;
  }
}

/** The inside of a reference. */
export function bound<Received>(ref: ActorRef<Received>): BoundReference<Received> {
  if (ref instanceof BoundReference) return ref;
  throw new ActorError('BAD_MESSAGE', 'This is no reference of an actor system.');
}
