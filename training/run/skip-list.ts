/**
 * The images that a run could not use, each listed once in skipped.jsonl however often its turn comes; one that was met outside the
 * data order, as by the kNN probe, once more with the place of its first turn.
 */
import type { PassedOver } from '../../data/source.ts';
import type { RunFolder } from './run-folder.ts';

/** An image that was left out, with the reason. */
export interface Skip {
  readonly name: string;
  /** Its place in the data order, where a step drew it. */
  readonly position?: number;
  /** Stable, for programs. */
  readonly code: string;
  /** For people. */
  readonly message: string;
}

export class SkipList {
  readonly #run: RunFolder;
  readonly #names = new Set<string>();
  /** Those of them that are listed with a place in the data order. */
  readonly #placed = new Set<string>();
  #unlisted = 0;

  /** @param run begun already: what it lists from before a resume is known. */
  constructor(run: RunFolder) {
    this.#run = run;
    for (const { image, position } of run.skippedSoFar()) this.#note(image, position);
  }

  /** Images so far. */
  get count(): number {
    return this.#names.size + this.#unlisted;
  }

  /** @returns those that were not listed before. */
  add(step: number, skips: readonly Skip[]): Skip[] {
    // A batch that reaches into the next epoch may hold an image twice.
    return skips.filter(({ name: image, position, code, message: reason }) => {
      const isNew = !this.#names.has(image);
      if (!isNew && (position === undefined || this.#placed.has(image))) return false;
      this.#note(image, position);
      this.#run.skip({ step, image, ...(position !== undefined && { position }), code, reason });
      return isNew;
    });
  }

  #note(image: string, position: number | undefined): void {
    this.#names.add(image);
    if (position !== undefined) this.#placed.add(image);
  }

  /** What the scan of the folder passed over; of very many only the first are listed. */
  addPassedOver(step: number, { count, first }: { count: number; first: readonly PassedOver[] }): Skip[] {
    this.#unlisted = Math.max(0, count - first.length);
    return this.add(step, first);
  }
}
