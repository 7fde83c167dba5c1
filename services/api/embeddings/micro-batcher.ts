/**
 * Gathers what many callers ask for one by one into batches. While one batch runs, others gather; an idle runner waits a little for those
 * that are on their way, so that a burst shares one run.
 *
 *     add ──▶ prepare (some at once) ──▶ ready ──▶ run (one batch after another) ──▶ result of each
 */

export interface Stages<Item, Ready, Result> {
  /** Before it takes part in a batch; what it throws is its own result. */
  prepare(item: Item): Promise<Ready>;
  /** How many of so many that are ready the next batch takes; at least 1. */
  take(ready: number): number;
  /** @param signal aborted when nobody waits for any of them any more. @returns one result for each */
  run(batch: readonly Ready[], signal: AbortSignal): Promise<readonly Result[]>;
}

export interface BatcherOptions {
  /** Milliseconds that something that is ready waits for others at most. */
  readonly patience: number;
  /** That are prepared at once. */
  readonly preparing: number;
}

interface Pending<Item, Ready, Result> {
  readonly item: Item;
  readonly signal: AbortSignal;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
  ready?: Ready;
  readyAt: number;
}

export class MicroBatcher<Item, Ready, Result> {
  readonly #stages: Stages<Item, Ready, Result>;
  readonly #options: BatcherOptions;
  readonly #waiting: Pending<Item, Ready, Result>[] = [];
  readonly #ready: Pending<Item, Ready, Result>[] = [];
  #numPreparing = 0;
  #running = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(stages: Stages<Item, Ready, Result>, options: BatcherOptions) {
    this.#stages = stages;
    this.#options = options;
  }

  /** Whether it has nothing to do. */
  get isIdle(): boolean {
    return !this.#running && this.#numPreparing === 0 && this.#waiting.length === 0 && this.#ready.length === 0;
  }

  /** @param signal gives up: what was not yet begun for it is left out. */
  add(item: Item, signal: AbortSignal): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, signal, resolve, reject, readyAt: 0 });
      this.#prepareNext();
    });
  }

  #prepareNext(): void {
    while (this.#numPreparing < this.#options.preparing) {
      const next = this.#waiting.shift();
      if (!next) return;
      if (next.signal.aborted) {
        next.reject(next.signal.reason);
        continue;
      }
      this.#numPreparing += 1;
      void this.#prepare(next);
    }
  }

  async #prepare(next: Pending<Item, Ready, Result>): Promise<void> {
    try {
      next.ready = await this.#stages.prepare(next.item);
      next.readyAt = performance.now();
      this.#ready.push(next);
    } catch (error) {
      next.reject(error);
    }
    this.#numPreparing -= 1;
    this.#prepareNext();
    this.#runNext();
  }

  #runNext(): void {
    if (this.#running) return;
    clearTimeout(this.#timer);
    this.#dropGivenUp();
    const [oldest] = this.#ready;
    if (!oldest) return;
    const others = this.#numPreparing + this.#waiting.length;
    const waited = performance.now() - oldest.readyAt;
    const isWorthWaiting = others > 0 && this.#stages.take(this.#ready.length + others) > this.#ready.length;
    if (isWorthWaiting && waited < this.#options.patience) {
      this.#timer = setTimeout(() => this.#runNext(), this.#options.patience - waited);
      return;
    }
    void this.#run(this.#ready.splice(0, this.#stages.take(this.#ready.length)));
  }

  async #run(batch: readonly Pending<Item, Ready, Result>[]): Promise<void> {
    this.#running = true;
    const unwanted = new AbortController();
    const lookAgain = () => {
      if (batch.every(({ signal }) => signal.aborted)) unwanted.abort(batch[0]!.signal.reason);
    };
    const signals = new Set(batch.map(({ signal }) => signal));
    for (const signal of signals) signal.addEventListener('abort', lookAgain, { once: true });
    try {
      const results = await this.#stages.run(
        batch.map(({ ready }) => ready!),
        unwanted.signal,
      );
      for (const [i, { resolve }] of batch.entries()) resolve(results[i]!);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      for (const signal of signals) signal.removeEventListener('abort', lookAgain);
      this.#running = false;
      this.#runNext();
    }
  }

  #dropGivenUp(): void {
    for (const { signal, reject } of this.#ready) if (signal.aborted) reject(signal.reason);
    const wanted = this.#ready.filter(({ signal }) => !signal.aborted);
    this.#ready.splice(0, this.#ready.length, ...wanted);
  }
}
