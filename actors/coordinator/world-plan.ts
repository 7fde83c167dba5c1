/** Decisions about worlds, as functions of plain data. */
/** How many ranks a training may have. */
export interface RankRange {
  readonly minimum: number;
  readonly maximum: number;
}

/** `4`, or `2..4` for as many as there are. */
export function parseRankRange(text: string): RankRange | undefined {
  const match = /^(\d+)(?:\.\.(\d+))?$/.exec(text.trim());
  if (!match) return undefined;
  const minimum = Number(match[1]);
  const maximum = match[2] === undefined ? minimum : Number(match[2]);
  return minimum >= 1 && maximum >= minimum ? { minimum, maximum } : undefined;
}

/** The largest number of ranks, of those that are there and allowed, that can share the training; 0 if there is none. */
export function worldSizeFor(
  available: number,
  { minimum, maximum }: RankRange,
  canShare: (size: number) => boolean,
): number {
  for (let size = Math.min(available, maximum); size >= minimum; size--) if (canShare(size)) return size;
  return 0;
}

/** The next step after `step` at which all ranks have to come together: for a checkpoint, a measurement, or the end. */
export function nextBarrier(step: number, total: number, intervals: readonly (number | null)[]): number {
  const next = intervals.map((every) => (every === null ? total : (Math.floor(step / every) + 1) * every));
  return Math.min(total, ...next);
}

/** Ranks that compute so much longer than the others, step after step, hold all of them up. */
export function slowRanks(busySeconds: readonly number[], factor = 2): number[] {
  if (busySeconds.length < 2) return [];
  return busySeconds.flatMap((seconds, rank) => {
    const others = busySeconds.filter((_, other) => other !== rank).sort((a, b) => a - b);
    const median = others[Math.floor((others.length - 1) / 2)]!;
    return seconds > factor * median ? [rank] : [];
  });
}
