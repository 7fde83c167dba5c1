/** How many images may be unusable before a loader gives up. */
import { DataError } from './errors.ts';
import { type DataPosition, drawnOf } from './order.ts';

/** What has been drawn so far; only the position outlives the loader. */
export interface Progress {
  readonly position: DataPosition;
  readonly seen: number;
  readonly skipped: number;
  readonly skippedInARow: number;
  readonly reasons: readonly string[];
}

export interface SkipLimit {
  /** Images of the source; Infinity while that is not known. */
  readonly numImages: number;
  /** Where the loader began. */
  readonly position: DataPosition;
  readonly maximumSkippedShare: number;
  /** The share is that of so many images in a row at least. */
  readonly minimumImages: number;
}

/** How many reasons an error quotes. */
const quotedReasons = 5;

export function startProgress(position: DataPosition): Progress {
  return { position, seen: 0, skipped: 0, skippedInARow: 0, reasons: [] };
}

/** After one more image of a lane, which was used, or left out for a reason. */
export function advance(progress: Progress, lane: number, skippedBecause: string | undefined): Progress {
  const { seen, skipped, skippedInARow, reasons } = progress;
  const drawn = { position: progress.position.with(lane, progress.position[lane]! + 1), seen: seen + 1 };
  if (!skippedBecause) return { ...drawn, skipped, skippedInARow: 0, reasons };
  return {
    ...drawn,
    skipped: skipped + 1,
    skippedInARow: skippedInARow + 1,
    reasons: reasons.length < quotedReasons ? [...reasons, skippedBecause] : reasons,
  };
}

/** Throws a {@link DataError} `TOO_MANY_SKIPPED` or `NO_IMAGES`. */
export function checkSkipped(limit: SkipLimit, { seen, skipped, skippedInARow, reasons }: Progress): void {
  const { numImages, position, maximumSkippedShare, minimumImages } = limit;
  const quoted = `The first reasons: ${reasons.join('; ')}.`;
  // A good image comes up at least once in any two epochs' length.
  if (skippedInARow >= 2 * numImages) {
    throw new DataError('NO_IMAGES', `None of the ${numImages} images can be used. ${quoted}`);
  }
  // Counted against all of every stretch (of a small source: epoch) that was begun: its bad images may come first, and if
  // they are too many its end need not be seen.
  const before = drawnOf(position) % minimumImages;
  const stretch = Math.ceil((before + seen) / minimumImages) * minimumImages;
  if (skipped > maximumSkippedShare * stretch + 1e-6) {
    throw new DataError(
      'TOO_MANY_SKIPPED',
      `${skipped} of ${seen} images could not be used, more than the share of ${maximumSkippedShare} that is allowed. ` +
        `${quoted} Repair or remove them, or raise the share.`,
    );
  }
}
