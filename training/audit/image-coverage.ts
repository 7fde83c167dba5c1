/** Which images of an epoch had their turn, one bit for each: a billion images take 125 MB, and one epoch is looked at. */
import type { Findings } from './findings.ts';

/** What became of an image whose turn it was. */
export type Fate = 'trained' | 'notApplied' | 'skipped' | 'unknown';

/** Epochs of equal numbers that follow one another. */
export interface EpochCoverage {
  readonly first: number;
  readonly last: number;
  /** Images of which the step's update was applied. */
  readonly trained: number;
  /** Of which it was left out, because it was not finite. */
  readonly notApplied: number;
  readonly skipped: number;
  /** Whether used or skipped is not recorded. */
  readonly unknown: number;
  /** Turns beyond an image's first. */
  readonly repeated: number;
  /** Images that had no turn, though it was theirs. */
  readonly missing: number;
  /** Images whose turn is still to come. */
  readonly ahead: number;
}

type Counts = Record<Fate | 'repeated', number>;

const chunkBits = 2 ** 27;

export class ImageCoverage {
  readonly #numImages: number;
  readonly #findings: Findings;
  readonly #epochs: EpochCoverage[] = [];
  readonly #seen: Uint8Array[] = [];
  #epoch = 0;
  #counts = noCounts();

  constructor(numImages: number, findings: Findings) {
    this.#numImages = numImages;
    this.#findings = findings;
  }

  /** An image's turn; epochs ascend. One of an epoch that is over is a repetition that positions have shown already. */
  mark(epoch: number, index: number, fate: Fate): void {
    if (epoch < this.#epoch) return;
    if (epoch > this.#epoch) this.#close(this.#numImages, epoch);
    this.#counts[this.#markSeen(index) ? fate : 'repeated']++;
  }

  /** @param position how many images were drawn in all. */
  finish(position: number): readonly EpochCoverage[] {
    const reached = Math.min(this.#numImages, Math.max(0, position - this.#epoch * this.#numImages));
    if (reached > 0) this.#close(reached, this.#epoch + 1);
    return this.#epochs;
  }

  #close(reached: number, next: number): void {
    const { repeated, ...fates } = this.#counts;
    const seen = fates.trained + fates.notApplied + fates.skipped + fates.unknown;
    const missing = Math.max(0, reached - seen);
    const epoch = this.#epoch;
    if (missing > 0) {
      this.#findings.add('IMAGE_MISSING', null, `epoch ${epoch}: ${missing} images had no turn`);
    }
    if (repeated > 0) {
      this.#findings.add('IMAGE_REPEATED', null, `epoch ${epoch}: ${repeated} turns went to images that had theirs`);
    }
    this.#append({ first: epoch, last: epoch, ...fates, repeated, missing, ahead: this.#numImages - seen - missing });
    this.#counts = noCounts();
    for (const chunk of this.#seen) chunk?.fill(0);
    this.#epoch = next;
  }

  #append(epoch: EpochCoverage): void {
    const before = this.#epochs.at(-1);
    const same = before?.last === epoch.first - 1 && columns.every((column) => before[column] === epoch[column]);
    if (same) this.#epochs[this.#epochs.length - 1] = { ...before, last: epoch.last };
    else this.#epochs.push(epoch);
  }

  /** @returns whether it was not seen before. */
  #markSeen(index: number): boolean {
    const chunk = Math.floor(index / chunkBits);
    this.#seen[chunk] ??= new Uint8Array(Math.ceil(Math.min(chunkBits, this.#numImages - chunk * chunkBits) / 8));
    const bytes = this.#seen[chunk]!;
    const bit = index % chunkBits;
    const mask = 1 << (bit & 7);
    const fresh = (bytes[bit >> 3]! & mask) === 0;
    bytes[bit >> 3]! |= mask;
    return fresh;
  }
}

const columns = ['trained', 'notApplied', 'skipped', 'unknown', 'repeated', 'missing', 'ahead'] as const;

function noCounts(): Counts {
  return { trained: 0, notApplied: 0, skipped: 0, unknown: 0, repeated: 0 };
}
