/** Waiting for a board's next event, without missing one between two looks. */
import type { JobEvent } from '../../jobs/events.ts';
import type { JobBoard } from '../../jobs/job-board.ts';

export class News {
  readonly #signal: AbortSignal;
  readonly #unsubscribe: () => void;
  #wake: () => void = () => undefined;
  #failure: { readonly error: unknown } | undefined;

  /** @param onEvent called for every event, as it comes */
  constructor(board: JobBoard, signal: AbortSignal, onEvent: (event: JobEvent) => void) {
    this.#signal = signal;
    this.#unsubscribe = board.subscribe(
      (event) => {
        onEvent(event);
        this.#wake();
      },
      (error) => {
        this.#failure = { error };
        this.#wake();
      },
    );
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Resolves at the next event. To be called in the same turn in which its caller has looked for what it waits for. */
  async next(): Promise<void> {
    this.#signal.throwIfAborted();
    if (!this.#failure) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#signal.throwIfAborted();
    if (this.#failure) throw this.#failure.error;
  }

  end(): void {
    this.#unsubscribe();
    this.#signal.removeEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = () => this.#wake();
}
