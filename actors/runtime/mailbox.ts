/**
 * A bounded first-in-first-out mailbox that makes its senders wait.
 *
 *   put() ──▶ waiting senders ──▶ queue of at most `capacity` ──▶ take()
 *                                    ▲
 *   force() ─────────────────────────┘  what must never wait: news of other actors
 */

interface Waiting<Item> {
  readonly item: Item;
  accept(): void;
  refuse(error: Error): void;
}

const ACCEPTED = Promise.resolve();

export class Mailbox<Item> {
  readonly capacity: number;
  readonly #queue: Item[] = [];
  readonly #waiting: Waiting<Item>[] = [];
  #closedBecause: Error | undefined;
  #peak = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get depth(): number {
    return this.#queue.length;
  }

  get peak(): number {
    return this.#peak;
  }

  /** Resolves when the item is in the queue; rejects with the reason when the mailbox is closed before. */
  put(item: Item): Promise<void> {
    if (this.#closedBecause) return Promise.reject(this.#closedBecause);
    if (this.#queue.length < this.capacity) {
      this.#push(item);
      return ACCEPTED;
    }
    return new Promise((accept, refuse) => {
      this.#waiting.push({ item, accept, refuse });
    });
  }

  /** Puts an item into a full queue too; false if the mailbox is closed. */
  force(item: Item): boolean {
    if (this.#closedBecause) return false;
    this.#push(item);
    return true;
  }

  take(): Item | undefined {
    const item = this.#queue.shift();
    while (this.#queue.length < this.capacity && this.#waiting.length > 0) {
      const next = this.#waiting.shift()!;
      this.#push(next.item);
      next.accept();
    }
    return item;
  }

  /** Refuses all that wait to get in and all that come later; returns what had been accepted. */
  close(because: Error): Item[] {
    this.#closedBecause = because;
    for (const { refuse } of this.#waiting.splice(0)) refuse(because);
    return this.#queue.splice(0);
  }

  #push(item: Item): void {
    this.#queue.push(item);
    this.#peak = Math.max(this.#peak, this.#queue.length);
  }
}
