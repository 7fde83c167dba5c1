/** Which images of a lane's epoch had their turn, one bit for each: a billion images take 125 MB, and one epoch is looked at. */
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
  /** Images whose turn is still to come; null where they have no end. */
  readonly ahead: number | null;
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
    const before = this.#epoch === 0 ? 0 : this.#epoch * this.#numImages;
    const reached = Math.min(this.#numImages, Math.max(0, position - before));
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
    this.#append({
      first: epoch,
      last: epoch,
      ...fates,
      repeated,
      missing,
      ahead: Number.isFinite(this.#numImages) ? this.#numImages - seen - missing : null,
    });
    this.#counts = noCounts();
    for (const chunk of this.#seen) chunk?.fill(0);
    this.#epoch = next;
  }

  #append(epoch: EpochCoverage): void {
    const before = this.#epochs.at(-1);
    if (before && follows(before, epoch)) this.#epochs[this.#epochs.length - 1] = { ...before, last: epoch.last };
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

/** The coverage of all lanes together, epoch by epoch: lanes of different lengths are in different ones. */
export function mergeLanes(lanes: readonly (readonly EpochCoverage[])[]): readonly EpochCoverage[] {
  if (lanes.length <= 1) return lanes[0] ?? [];
  const merged: EpochCoverage[] = [];
  const last = Math.max(-1, ...lanes.map((epochs) => epochs.at(-1)?.last ?? -1));
  for (let epoch = 0; epoch <= last; epoch++) {
    const own = lanes.flatMap((epochs) => epochs.filter((one) => one.first <= epoch && epoch <= one.last));
    const sum = (column: (typeof columns)[number]) =>
      own.reduce<number | null>(
        (total, one) => (total === null || one[column] === null ? null : total + one[column]),
        0,
      );
    const counts = Object.fromEntries(columns.map((column) => [column, sum(column)])) as Pick<
      EpochCoverage,
      (typeof columns)[number]
    >;
    const one = { first: epoch, last: epoch, ...counts };
    const before = merged.at(-1);
    if (before && follows(before, one)) merged[merged.length - 1] = { ...before, last: epoch };
    else merged.push(one);
  }
  return merged;
}

/** Whether an epoch comes after others and has their numbers. */
function follows(before: EpochCoverage, epoch: EpochCoverage): boolean {
  return before.last === epoch.first - 1 && columns.every((column) => before[column] === epoch[column]);
}

const columns = ['trained', 'notApplied', 'skipped', 'unknown', 'repeated', 'missing', 'ahead'] as const;

function noCounts(): Counts {
  return { trained: 0, notApplied: 0, skipped: 0, unknown: 0, repeated: 0 };
}
