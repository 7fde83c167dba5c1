/** How often an actor may still be restarted: at most so many times within a sliding window. */
import type { RestartWindow } from './behaviour.ts';
import { ActorError } from './errors.ts';

export class RestartBudget {
  readonly #window: RestartWindow;
  #taken: number[] = [];

  /** @param path For the error's message. @throws ActorError BAD_ACTOR_OPTION */
  constructor(path: string, window: RestartWindow) {
    if (!Number.isSafeInteger(window.maximum) || window.maximum < 0 || !(window.withinMs > 0)) {
      throw new ActorError(
        'BAD_ACTOR_OPTION',
        `${path}: restarts needs a whole 'maximum' of at least 0 and a positive 'withinMs'.`,
      );
    }
    this.#window = window;
  }

  /** Takes one restart out of the budget; false if none is left. */
  take(): boolean {
    const now = performance.now();
    this.#taken = this.#taken.filter((at) => at > now - this.#window.withinMs);
    if (this.#taken.length >= this.#window.maximum) return false;
    this.#taken.push(now);
    return true;
  }
}
