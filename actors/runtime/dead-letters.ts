/** Messages that nobody handled: all are counted, the last are kept. */
import { label } from './core.ts';
import type { ActorError } from './errors.ts';
import type { DeadLetter, SystemEvent } from './events.ts';
import { kindOf } from './names.ts';
import type { ActorAddress } from './reference.ts';

const KEPT = 100;

export class DeadLetters {
  readonly #emit: (event: SystemEvent) => void;
  readonly #recent: DeadLetter[] = [];
  #count = 0;

  constructor(emit: (event: SystemEvent) => void) {
    this.#emit = emit;
  }

  get count(): number {
    return this.#count;
  }

  /** Oldest first. */
  get recent(): readonly DeadLetter[] {
    return [...this.#recent];
  }

  add(address: ActorAddress, message: unknown, reason: ActorError): void {
    // Without the message: a batch of crops may be in it, and what is dead should not hold memory.
    const letter: DeadLetter = { to: label(address), messageKind: kindOf(message), reason, at: Date.now() };
    this.#count += 1;
    this.#recent.push(letter);
    if (this.#recent.length > KEPT) this.#recent.shift();
    this.#emit({ kind: 'deadLetter', letter, message });
  }
}
