/** Events pushed at one end and iterated at the other. */
export class EventQueue<Event> implements AsyncIterable<Event> {
  readonly #events: Event[] = [];
  #outcome: { readonly error?: Error } | undefined;
  #wake: (() => void) | undefined;

  push(event: Event): void {
    this.#events.push(event);
    this.#wake?.();
  }

  /** The iteration ends after the events so far. */
  end(): void {
    this.#outcome ??= {};
    this.#wake?.();
  }

  /** The iteration throws after the events so far. */
  fail(error: Error): void {
    this.#outcome ??= { error };
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Event, void> {
    for (;;) {
      while (this.#events.length > 0) yield this.#events.shift()!;
      if (this.#outcome?.error) throw this.#outcome.error;
      if (this.#outcome) return;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
