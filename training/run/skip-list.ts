/** The images that a run could not use, each listed once in skipped.jsonl however often its turn comes. */
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
  readonly #names: Set<string>;
  #unlisted = 0;

  /** @param run begun already: what it lists from before a resume is known. */
  constructor(run: RunFolder) {
    this.#run = run;
    this.#names = new Set(run.skippedSoFar().map(({ image }) => image));
  }

  /** Images so far. */
  get count(): number {
    return this.#names.size + this.#unlisted;
  }

  /** @returns those that were not listed before. */
  add(step: number, skips: readonly Skip[]): Skip[] {
    // A batch that reaches into the next epoch may hold an image twice.
    return skips.filter(({ name: image, position, code, message: reason }) => {
      if (this.#names.has(image)) return false;
      this.#names.add(image);
      this.#run.skip({ step, image, ...(position !== undefined && { position }), code, reason });
      return true;
    });
  }

  /** What the scan of the folder passed over; of very many only the first are listed. */
  addPassedOver(step: number, { count, first }: { count: number; first: readonly PassedOver[] }): Skip[] {
    this.#unlisted = Math.max(0, count - first.length);
    return this.add(step, first);
  }
}
