/** Work that is asked for more often than it can be done: whatever is asked for while it is at work is done once, after it. */
export class LatestOnly {
  readonly #work: () => Promise<void>;
  #isAsked = false;
  #working: Promise<void> | undefined;

  /** @param work must not reject */
  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  ask(): void {
    this.#isAsked = true;
    this.#working ??= this.#run().finally(() => {
      this.#working = undefined;
    });
  }

  /** Resolves when all that was asked for is done. */
  async settled(): Promise<void> {
    await this.#working;
  }

  async #run(): Promise<void> {
    while (this.#isAsked) {
      this.#isAsked = false;
      await this.#work();
    }
  }
}
