/** Which checkpoints are kept, and how one is removed. */
import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { writeError } from './atomic-file.ts';

export interface RetentionPolicy {
  /** Newest checkpoints that are kept; at least 1. */
  readonly keepLast: number;
  /** Checkpoints of a multiple of so many steps are kept for ever. */
  readonly keepEvery?: number | null;
}

/**
 * Why a checkpoint is kept.
 *
 * - `latest`: the run goes on from it.
 * - `last`: one of the newest.
 * - `every`: of a multiple of `keepEvery` steps.
 * - `abandoned`: past the latest, of a training that was taken up again from before it; left alone until its step is saved
 *   again.
 */
export type KeptBecause = 'latest' | 'last' | 'every' | 'abandoned';

/** @param steps in any order. @param latest step that the run goes on from. @returns by step; none: to be removed. */
export function retained(
  steps: readonly number[],
  latest: number,
  { keepLast, keepEvery }: RetentionPolicy,
): Map<number, KeptBecause[]> {
  const sorted = [...steps].sort((one, other) => one - other);
  const last = new Set(sorted.filter((step) => step <= latest).slice(-keepLast));
  const reasons = (step: number): KeptBecause[] => {
    if (step > latest) return ['abandoned'];
    return [
      ...(step === latest ? (['latest'] as const) : []),
      ...(last.has(step) ? (['last'] as const) : []),
      ...(keepEvery && step % keepEvery === 0 ? (['every'] as const) : []),
    ];
  };
  return new Map(sorted.map((step) => [step, reasons(step)]));
}

/**
 * Removes a checkpoint's folder. Renamed first: a removal that is interrupted must not leave half a checkpoint under a good
 * name; the next save clears the rest.
 * @throws CheckpointError CHECKPOINT_WRITE_FAILED
 */
export async function removeCheckpoint(folder: string): Promise<void> {
  const removed = path.join(path.dirname(folder), `.tmp-removed-${path.basename(folder)}`);
  try {
    await rename(folder, removed);
    await rm(removed, { recursive: true });
  } catch (cause) {
    throw writeError(folder, cause);
  }
}
