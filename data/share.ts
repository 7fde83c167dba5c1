/**
 * One rank's share of every batch. A batch is the same whatever the number of ranks: each rank knows which image is meant
 * for each row of all, and makes the crops of its own rows.
 *
 *   rows 0 .. B-1 of a batch     | rank 0 | rank 1 | rank 2 | rank 3 |
 *   round 0: candidates            0 1 2    3 x 5    6 7 8    x 10 11     x: cannot be used
 *   agree:   failed rows 4 and 9 get the next two of the order, on every rank
 *   round 1: candidates                       12                13
 *
 * Which images fail is the only thing that a rank cannot compute, so it is all that ranks tell each other: once per round,
 * and there is one round unless an image cannot be used.
 */
import { DataError, type SkipReason } from './errors.ts';

/** A row of the whole batch whose image cannot be used. Plain data, to be sent as it is. */
export interface FailedRow extends SkipReason {
  readonly row: number;
  /** Index of the image in the source. */
  readonly index: number;
  readonly name: string;
  readonly epoch: number;
}

/** What a rank found out in one round. */
export interface ShareRound {
  /** Batches that this loader made before. */
  readonly batch: number;
  /** Counts within the batch, from 0. */
  readonly round: number;
  /** Of this rank's rows, by row. */
  readonly failed: readonly FailedRow[];
}

export interface Share {
  /** First row of the batch that is this rank's. */
  readonly firstRow: number;
  readonly rows: number;
  /**
   * Tells the other ranks what failed here, and resolves with what failed on all ranks, by row. Every rank calls it for the
   * same batches and rounds in the same order; a rank whose loader has failed calls it no more, so that whoever runs the
   * ranks has to close the others'. The signal is given when the loader is closed; it then waits no longer.
   */
  agree(round: ShareRound, signal: AbortSignal): Promise<readonly FailedRow[]>;
}

/** The share of one rank of `numRanks` of equal size. Throws a {@link DataError} `BAD_OPTION` where they cannot be equal. */
export function shareRows(batchSize: number, rank: number, numRanks: number): Pick<Share, 'firstRow' | 'rows'> {
  if (!Number.isInteger(batchSize / numRanks) || !Number.isInteger(rank) || rank < 0 || rank >= numRanks) {
    throw new DataError('BAD_OPTION', `Rank ${rank} of ${numRanks} has no equal share of ${batchSize} rows.`);
  }
  const rows = batchSize / numRanks;
  return { firstRow: rank * rows, rows };
}

/** All rows: a single rank agrees with itself. */
export function wholeBatch(batchSize: number): Share {
  return { firstRow: 0, rows: batchSize, agree: async ({ failed }) => failed };
}

/**
 * What failed on all ranks in this round, by row.
 *
 * Throws a {@link DataError} `RANKS_DISAGREE` where the others' failures are not about the images that this rank expects in
 * those rows, or `LOADER_CLOSED` where the signal comes first.
 */
export async function agreeOn(
  share: Share,
  round: ShareRound,
  candidates: readonly { readonly row: number; readonly index: number; readonly epoch: number }[],
  signal: AbortSignal,
): Promise<ReadonlyMap<number, FailedRow>> {
  const failed = await beforeAbort(share.agree(round, signal), signal);
  const expected = new Map(candidates.map((candidate) => [candidate.row, candidate]));
  const agreed = new Map<number, FailedRow>();
  for (const row of failed) {
    const here = expected.get(row.row);
    if (here?.index !== row.index || here.epoch !== row.epoch || agreed.has(row.row)) throw disagreement(round, row);
    agreed.set(row.row, row);
  }
  const lost = round.failed.find(({ row }) => !agreed.has(row));
  if (lost) throw disagreement(round, lost);
  return agreed;
}

function disagreement({ batch, round }: ShareRound, { row, index, name }: FailedRow): DataError {
  return new DataError(
    'RANKS_DISAGREE',
    `The ranks do not agree on row ${row} of batch ${batch}, round ${round}, where one has image ${index} (${name}). ` +
      'All ranks need the same images, seed, batch size and position.',
  );
}

export function closedError(): DataError {
  return new DataError('LOADER_CLOSED', 'The loader was closed.');
}

/** A rank that is gone never answers; closing must not wait for it. */
async function beforeAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    promise.catch(() => undefined);
    throw closedError();
  }
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(closedError());
    signal.addEventListener('abort', stop);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
