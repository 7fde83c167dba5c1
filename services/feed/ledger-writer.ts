/**
 * Writes to the ledger behind the publishing, so that no one waits for the disk: what comes while a write is under way goes
 * with the next. A feed that dies loses what was not written, and reads it from the topic.
 */
import type { Ledger, LedgerEntry } from './ledger.ts';

/** So many entries may wait: whoever adds more waits for the disk after all. */
const MOST_WAITING = 100_000;

export class LedgerWriter {
  readonly #ledger: Ledger;
  /** By SHA-256: not in the ledger yet. */
  readonly #unwritten = new Set<string>();
  #waiting: LedgerEntry[] = [];
  #writing: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** Whether an image is on its way into the ledger. */
  has(sha256: Uint8Array): boolean {
    return this.#unwritten.has(hexOf(sha256));
  }

  /** @throws FeedError FEED_STATE of an earlier write */
  async add(entries: readonly LedgerEntry[]): Promise<void> {
    if (this.#failure) throw this.#failure.error;
    for (const { sha256 } of entries) if (sha256) this.#unwritten.add(hexOf(sha256));
    this.#waiting.push(...entries);
    this.#writing ??= this.#writeAll();
    if (this.#waiting.length > MOST_WAITING) await this.flush();
  }

  /** Resolves when the ledger has all. @throws FeedError FEED_STATE */
  async flush(): Promise<void> {
    await this.#writing;
    if (this.#failure) throw this.#failure.error;
  }

  async #writeAll(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const entries = this.#waiting;
        this.#waiting = [];
        await this.#ledger.add(entries);
        for (const { sha256 } of entries) if (sha256) this.#unwritten.delete(hexOf(sha256));
      }
    } catch (error) {
      this.#failure = { error };
    }
    this.#writing = undefined;
  }
}

function hexOf(sha256: Uint8Array): string {
  return Buffer.from(sha256).toString('hex');
}
