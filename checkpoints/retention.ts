/** Which checkpoints are kept, and how one is removed. */
import { randomUUID } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { writeError } from './atomic-file.ts';

export interface RetentionPolicy {
  /** Newest checkpoints that are kept; at least 1. */
  readonly keepLast: number;
  /** Checkpoints of a multiple of so many steps are kept for ever. */
  readonly keepEvery?: number | null;
}

/** Where no run says what is kept. */
export const KEEP_ALL: RetentionPolicy = { keepLast: Number.MAX_SAFE_INTEGER };

/**
 * Why a checkpoint is kept.
 *
 * - `latest`: the run goes on from it.
 * - `last`: one of the newest.
 * - `every`: of a multiple of `keepEvery` steps.
 * - `abandoned`: past the latest, because it is damaged or the training was taken up again from before it; left alone until a
 *   later step is saved.
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

/** @throws CheckpointError CHECKPOINT_WRITE_FAILED */
export async function removeCheckpoint(folder: string): Promise<void> {
  try {
    await removeFolder(folder);
  } catch (cause) {
    throw writeError(folder, cause);
  }
}

/**
 * Removes a checkpoint's folder, or one that another process may be about to publish. Renamed first: a removal that is
 * interrupted, or overtaken by a publication, must not leave half a checkpoint under a good name. The next save clears the rest.
 * @throws the system's error, ENOENT where it is gone
 */
export async function removeFolder(folder: string): Promise<void> {
  const removed = path.join(path.dirname(folder), `.tmp-removed-${randomUUID().slice(0, 8)}`);
  await rename(folder, removed);
  // A rank that was not told yet may still be writing into it, and another process may clear it, too.
  await rm(removed, { recursive: true, force: true, maxRetries: 5 });
}
